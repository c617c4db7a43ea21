import { setMaxListeners } from 'node:events';
import fp from 'fastify-plugin';
import { clearTimeout, setTimeout } from './timers.ts';

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
    // Not listeners of the signal, of which each that comes or goes would be looked for among all.
    const pausing = new Set<() => void>();
    app.addHook('preClose', async () => {
      closing.abort();
      for (const wake of pausing) wake();
    });
    app.decorate('closing', closing.signal);
    app.decorate('pause', (milliseconds: number) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(wake, closing.signal.aborted ? 0 : milliseconds);
      function wake(): void {
        clearTimeout(timer);
        pausing.delete(wake);
        resolve();
      }
      pausing.add(wake);
      return promise;
    });
  },
  { name: 'pause' },
);
