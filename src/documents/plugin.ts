// GET /openapi.json, /openapi.vendor.json and /docs
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { OpenAPIV3 } from 'openapi-types';
import type { RegisterOperations } from './openapi.ts';
import { vendorText } from './vendor.ts';

/** `register` adds the operations to describe to the server it is given. */
const documents: FastifyPluginAsync<{ register: RegisterOperations }> = async (app, { register }) => {
  let describing: Promise<FastifyInstance> | undefined;
  let rendering: Promise<FastifyInstance> | undefined;

  // Each is loaded and built at the first request for it.
  const description = () => (describing ??= import('./openapi.ts').then((room) => room.describeOperations(register)));
  const page = () =>
    (rendering ??= import('./docs-page.ts').then(async (room) =>
      room.buildDocsPage((await description()).swagger() as OpenAPIV3.Document),
    ));

  app.get('/openapi.json', async () => (await description()).swagger());
  app.get('/openapi.vendor.json', async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(vendorText()),
  );

  const forward = async ({ method, url }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { statusCode, headers, rawPayload } = await (await page()).inject({ method: method as 'GET', url });
    return reply.code(statusCode).headers(headers).send(rawPayload);
  };
  app.get('/docs', forward);
  app.get('/docs/*', forward);
};
export default documents;
