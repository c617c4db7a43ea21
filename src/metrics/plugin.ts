// GET /metrics: unauthenticated like the health checks, since a scraper has no token.
import type { FastifyPluginAsync } from 'fastify';
import type { ServerContext } from '../context.ts';
import type { Recorder } from '../control/requests/record.ts';
import { named } from '../named.ts';
import { RefusedError } from '../v1/errors.ts';

export interface MetricsOptions {
  context: ServerContext;
  recorder: Pick<Recorder, 'observe'>;
}

const metrics: FastifyPluginAsync<MetricsOptions> = async (app, { context, recorder }) => {
  // Asked every few seconds for months: only what goes wrong is worth a line.
  const quiet = { logLevel: 'warn' } as const;
  if (context.settings.metrics === 'off') {
    app.get('/metrics', quiet, async () => {
      throw new RefusedError(404, 'Nothing is measured here. Start the stub with STUB_METRICS=on, or --metrics on.');
    });
    return;
  }

  // Loaded only here: with the setting off, nobody pays for the library.
  const { startMeasuring } = await import('./measure.ts');
  const { registry, stop } = startMeasuring(context, recorder);
  app.addHook('onClose', async () => stop());
  app.get('/metrics', quiet, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
};
export default named(metrics);
