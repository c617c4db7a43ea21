// GET /__admin/openapi.json
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { named } from '../named.ts';
import { once } from '../once.ts';

/** `register` adds the control plane to the server that describes it. */
const document: FastifyPluginAsync<{ register: (app: FastifyInstance) => Promise<void> }> = async (
  app,
  { register },
) => {
  // Built at the first request for it.
  const description = once(async () => (await import('./openapi.ts')).describeControl(register));
  app.get('/openapi.json', { schema: { hide: true } }, () => description());
};
export default named(document);
