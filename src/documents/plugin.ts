// GET /openapi.json, /openapi.vendor.json and /docs
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { OpenAPIV3 } from 'openapi-types';
import { named } from '../named.ts';
import { once } from '../once.ts';
import type { Answerer, RegisterOperations } from './openapi.ts';
import { vendorText } from './vendor.ts';

interface DocumentsOptions extends Answerer {
  /** Adds the operations to describe to the server it is given. */
  register: RegisterOperations;
}

const documents: FastifyPluginAsync<DocumentsOptions> = async (app, { register, ...answerer }) => {
  // Each is loaded and built at the first request for it.
  const description = once(async () => (await import('./openapi.ts')).describeOperations(register, answerer));
  const page = once(async () => {
    const { buildDocsPage } = await import('./docs-page.ts');
    return buildDocsPage((await description()).swagger() as OpenAPIV3.Document);
  });

  app.get('/openapi.json', async () => (await description()).swagger());
  app.get('/openapi.vendor.json', async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(vendorText()),
  );

  // HEAD is answered from what GET would get; the connection is this server's own business.
  const forward = async ({ url, headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const answer = await (await page()).inject({ method: 'GET', url, headers: conditional(headers) });
    for (const [name, value] of Object.entries(answer.headers)) {
      if (!HOP_BY_HOP.has(name)) reply.header(name, value);
    }
    return reply.code(answer.statusCode).send(answer.rawPayload);
  };
  app.get('/docs', forward);
  app.get('/docs/*', forward);
};
export default named(documents);

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/** The headers by which a browser asks for what it has not got yet. */
function conditional(headers: FastifyRequest['headers']): Record<string, string> {
  const names = ['if-none-match', 'if-modified-since'] as const;
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}
