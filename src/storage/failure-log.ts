import type { FastifyBaseLogger } from 'fastify';
import { describeFailure } from './failure.ts';

export interface FailureLog {
  /** Hears of each group of writes that failed as a whole. */
  failed(error: unknown, writes: number): void;
  /** Hears of the first group that was stored after that. */
  recovered(): void;
  /** What fails from now on is news: the database was opened anew. */
  forget(): void;
}

/** How long a failure that goes on is not repeated, in milliseconds: a disk may be full for weeks. */
const PAUSE = 60_000;

/** One line when storage begins to refuse, one a minute while it goes on, and one when it is over. */
export function createFailureLog(logger: FastifyBaseLogger, now = () => performance.now()): FailureLog {
  let last: { reason: string; time: number } | undefined;
  let unsaid = 0;

  function forget(): void {
    last = undefined;
    unsaid = 0;
  }

  return {
    failed(err, writes) {
      const reason = describeFailure(err);
      if (last?.reason === reason && now() - last.time < PAUSE) {
        unsaid += writes;
        return;
      }
      const more = unsaid > 0 ? { writesSinceTheLastLine: unsaid } : {};
      logger.error({ err, writes, ...more }, `storage refused a group of writes; none was stored: ${reason}`);
      last = { reason, time: now() };
      unsaid = 0;
    },
    recovered() {
      logger.info('storage takes writes again');
      forget();
    },
    forget,
  };
}
