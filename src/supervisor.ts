import type { FastifyBaseLogger } from 'fastify';
import type { Settings } from './config.ts';
import type { ContextOptions } from './context.ts';
import { beginLife, type Life } from './life.ts';
import type { Listener } from './listener.ts';
import type { Readiness } from './readiness.ts';
import { StartupError } from './startup-error.ts';
import { describeFailure } from './storage/failure.ts';
import { isBusy } from './storage/sqlite-error.ts';
import { sleep } from './timers.ts';

/** Pause between two tries to open a database, in milliseconds; the least. */
const RETRY_PAUSE = 1000;

export interface SupervisorOptions {
  settings: Settings;
  logger: FastifyBaseLogger;
  listener: Listener;
  readiness: Readiness;
  /** What each life is begun with. */
  lasting: ContextOptions;
  /** What the first one still needs, such as a token, before it answers. A failure of storage is one of its beginning. */
  prepare: (life: Life) => void;
  /** Ends every waiting. */
  stop: AbortSignal;
}

/** The lives of one server, one after the other: when its database is lost, the next begins as soon as that can be opened. */
export interface Supervision {
  current(): Life;
  /** Resolves when the current one is the last. To be awaited after `stop`. */
  settled: Promise<void>;
}

/**
 * Begins the first life.
 *
 * @throws StartupError when it cannot begin, and the settings do not say to wait
 */
export async function supervise(options: SupervisorOptions): Promise<Supervision> {
  const { settings, logger, listener, readiness, lasting, prepare, stop } = options;
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });

  /** The reason that was logged last. Not that of the readiness: each try changes it. */
  let said: string | undefined;

  const begin = (check: boolean): Promise<Life> => beginLife(settings, logger, { ...lasting, check }, prepare);

  async function beginFirst(): Promise<Life> {
    try {
      return await begin(false);
    } catch (error) {
      if (settings.waitForDatabase === 'off' || !(error instanceof StartupError && error.mayPass)) throw error;
      return persist(() => begin(true));
    }
  }

  /** Tries until it succeeds. */
  async function persist<T>(work: () => T | Promise<T>): Promise<T> {
    for (;;) {
      const before = performance.now();
      let pause = RETRY_PAUSE;
      try {
        return await work();
      } catch (error) {
        note(error);
        // To read a large file takes long, and nothing else is done meanwhile. To wait for a lock is no work.
        if (!isBusy(causeOf(error))) pause = Math.max(pause, 10 * (performance.now() - before));
      }
      await sleep(pause, undefined, { signal: stop });
    }
  }

  /** Says why there is no life now. */
  function note(error: unknown): void {
    const reason = describeFailure(causeOf(error));
    if (said !== reason) {
      logger.error({ err: error }, `not ready: ${reason}; the database is opened as soon as that can be done`);
    }
    said = reason;
    readiness.unready = { check: 'database', reason };
  }

  function answer(): void {
    said = undefined;
    lasting.failures?.forget();
    readiness.unready = undefined;
    listener.handTo(life.app.server);
  }

  async function replace(failure: unknown): Promise<void> {
    note(failure);
    listener.handTo(undefined);
    await life.stop();
    await persist(() => life.end());
    life = await persist(() => begin(true));
    answer();
    logger.info('the database is open again');
  }

  async function guard(): Promise<void> {
    for (;;) {
      const failure = await Promise.race([life.context.lost, stopped]);
      if (stop.aborted) return;
      // Only `stop` ends it early.
      await replace(failure).catch(() => {});
    }
  }

  let life = await beginFirst();
  answer();
  return { current: () => life, settled: guard() };
}

function causeOf(error: unknown): unknown {
  return error instanceof StartupError ? error.cause : error;
}
