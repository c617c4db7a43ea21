// GET /: what this server is, and where things are. A page for a browser, JSON for a program.
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { asksForPage } from '../accept.ts';
import type { Settings } from '../config.ts';
import { named } from '../named.ts';
import { packageVersion } from '../package-root.ts';
import { errorBody } from '../v1/errors.ts';
import { DESCRIPTION, linksOf, NAME, tryLine } from './contents.ts';

const ALLOW = 'GET, HEAD, OPTIONS';

const indexPage: FastifyPluginAsync<{ settings: Pick<Settings, 'metrics'> }> = async (app, { settings }) => {
  app.get('/', async (request, reply) => {
    reply.headers({
      vary: 'Accept',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const contents = {
      name: NAME,
      version: packageVersion(),
      description: DESCRIPTION,
      links: linksOf(settings),
      try: tryLine(originOf(request)),
    };
    if (asksForPage(request.headers.accept)) {
      // Loaded and built for the first who looks at it.
      const { CONTENT_SECURITY_POLICY, renderPage } = await import('./page.ts');
      reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
      return reply.type('text/html; charset=utf-8').send(renderPage(contents));
    }
    const links = Object.fromEntries(contents.links.map(({ name, path }) => [name, path]));
    return { ...contents, links };
  });
  // Browsers ask for it by themselves.
  app.get('/favicon.ico', async (_request, reply) => reply.code(204).header('cache-control', 'max-age=86400').send());
  refuseOtherMethods(app);
};
export default named(indexPage);

function refuseOtherMethods(app: FastifyInstance): void {
  const refuse = async ({ method }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply.header('allow', ALLOW);
    if (method === 'OPTIONS') return reply.code(204).send();
    const message = `Cannot ${method} /: use ${ALLOW}. The API is under /v1.`;
    return reply.code(405).type('application/json; charset=utf-8').send(errorBody(405, message));
  };
  app.route({
    method: app.supportedMethods.filter((method) => method !== 'GET' && method !== 'HEAD') as HTTPMethods[],
    url: '/',
    // Before it is looked at what body there is.
    onRequest: refuse,
    handler: refuse,
  });
}

/** Where the caller has reached this server. A `Host` that is no plain one is not repeated. */
function originOf({ headers: { host = '' } }: FastifyRequest): string {
  return `http://${/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host) ? host : 'localhost'}`;
}
