// GET /__admin/openapi.json
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';

/** `register` adds the control plane to the server that describes it. */
const document: FastifyPluginAsync<{ register: (app: FastifyInstance) => Promise<void> }> = async (
  app,
  { register },
) => {
  let describing: Promise<FastifyInstance> | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, async () => {
    // Built at the first request for it.
    describing ??= import('./openapi.ts').then((room) => room.describeControl(register));
    return (await describing).swagger();
  });
};
export default document;
