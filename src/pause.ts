import { setMaxListeners } from 'node:events';
import fp from 'fastify-plugin';
import { sleep } from './timers.ts';

/** The longest delay that can be asked for, in milliseconds. */
export const MAX_DELAY = 60_000;

declare module 'fastify' {
  interface FastifyInstance {
    /** Aborted when the server begins to close: nothing should wait any longer. */
    closing: AbortSignal;
    /** Resolves after this many milliseconds, or early when the server closes: an answer is late then, not lost. */
    pause: (milliseconds: number) => Promise<void>;
  }
}

export default fp(
  async (app) => {
    const closing = new AbortController();
    setMaxListeners(0, closing.signal);
    app.addHook('preClose', async () => closing.abort());
    app.decorate('closing', closing.signal);
    app.decorate('pause', (milliseconds: number) =>
      sleep(milliseconds, undefined, { signal: closing.signal }).catch(() => {}),
    );
  },
  { name: 'pause' },
);
