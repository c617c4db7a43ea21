// GET /livez, GET /readyz: unauthenticated, for a container's health check.
import type { FastifyPluginAsync } from 'fastify';
import { named } from './named.ts';

const health: FastifyPluginAsync = async (app) => {
  // Asked every few seconds for months: only what goes wrong is worth a line.
  const quiet = { logLevel: 'warn' } as const;
  const probe = app.db.prepare('SELECT 1');
  app.get('/livez', quiet, async () => ({ status: 'ok' }));
  // A server listens only after its migrations, so what is left to ask is whether the database answers.
  app.get('/readyz', quiet, async (request, reply) => {
    try {
      probe.get();
      return { status: 'ok' };
    } catch (error) {
      request.log.error({ err: error }, 'not ready');
      return reply.code(503).send({ status: 'unavailable', check: 'database' });
    }
  });
};
export default named(health);
