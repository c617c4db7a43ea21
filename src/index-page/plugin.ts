// GET /: what this server is, and where things are. A page for a browser, JSON for a program.
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { asksForPage } from '../accept.ts';
import type { Settings } from '../config.ts';
import { named } from '../named.ts';
import { packageVersion } from '../package-root.ts';
import { originForm } from '../planes.ts';
import { RefusedError } from '../v1/errors.ts';
import { DESCRIPTION, linksOf, NAME, tryLine } from './contents.ts';

const ALLOW = 'GET, HEAD, OPTIONS';

const indexPage: FastifyPluginAsync<{ settings: Pick<Settings, 'metrics' | 'upstream'> }> = async (
  app,
  { settings },
) => {
  // What the answers of a failure name, too. A path may be somebody's secret.
  const upstream = settings.upstream && new URL(settings.upstream).origin;
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
      ...(upstream && { upstream }),
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
};
export default named(indexPage);

/**
 * Answers what is asked of the index page otherwise than by looking at it; returns whether it was. For the server's handler
 * of what finds no route: a route for each other method would be made at every start.
 */
export function refuseAtIndex(
  { method, url }: FastifyRequest,
  reply: FastifyReply,
  refuse: (error: RefusedError) => void,
): boolean {
  if (!/^\/?(?:\?.*)?$/s.test(originForm(url))) return false;
  reply.header('allow', ALLOW);
  if (method === 'OPTIONS') reply.code(204).send();
  else refuse(new RefusedError(405, `Cannot ${method} /: use ${ALLOW}. The API is under /v1.`));
  return true;
}

/** Where the caller has reached this server. A `Host` that is no plain one is not repeated. */
function originOf({ headers: { host = '' } }: FastifyRequest): string {
  return `http://${/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host) ? host : 'localhost'}`;
}
