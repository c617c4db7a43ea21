import { catchSignals } from './signals.ts';

/**
 * Runs work that a signal breaks off in order: it clears up what it has begun. Resolves with the exit code, or with the
 * signal when that is what ended it.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<0 | NodeJS.Signals> {
  const breaking = new AbortController();
  const caught = catchSignals(['SIGINT', 'SIGTERM', 'SIGHUP']);
  caught.pass = () => breaking.abort();
  const [outcome] = await Promise.allSettled([work(breaking.signal)]);
  caught.release();
  if (outcome.status === 'fulfilled') return 0;
  if (caught.first) return caught.first;
  throw outcome.reason;
}
