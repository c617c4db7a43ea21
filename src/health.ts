// GET /livez, GET /readyz: unauthenticated, for a container's health check.
import type { FastifyPluginAsync } from 'fastify';
import type { ServerContext } from './context.ts';
import { named } from './named.ts';
import { packageVersion } from './package-root.ts';
import type { Unready } from './readiness.ts';

const health: FastifyPluginAsync<{ context: ServerContext }> = async (app, { context }) => {
  const { readiness, logger } = context;
  // Asked every few seconds for months: only what goes wrong is worth a line, and that once.
  const quiet = { logLevel: 'warn' } as const;
  let last: string | undefined;

  async function unready(): Promise<Unready | undefined> {
    if (readiness.unready) return readiness.unready;
    const reason = await context.health.problem();
    return reason === undefined ? undefined : { check: 'database', reason };
  }

  function note(found: Unready | undefined): void {
    const text = found && `${found.check}: ${found.reason}`;
    if (text === last) return;
    last = text;
    if (text === undefined) logger.info('ready again');
    else logger.warn(`not ready: ${text}`);
  }

  app.get('/livez', quiet, async () => ({ status: 'ok' }));
  app.get('/readyz', quiet, async (_request, reply) => {
    const found = await unready();
    note(found);
    if (found)
      return reply
        .code(503)
        .header('retry-after', '1')
        .send({ status: 'unavailable', ...found });
    const uptimeSeconds = Math.round(performance.now() - readiness.since) / 1000;
    return { status: 'ok', version: packageVersion(), uptimeSeconds };
  });
};
export default named(health);
