// How a property is tried: with the same values in every run, unless FUZZ_SEED and FUZZ_RUNS say otherwise.
import fc from 'fast-check';
import type { Test } from 'tap';

export const SEED = Number(process.env['FUZZ_SEED'] ?? 20261126);
const RUNS = process.env['FUZZ_RUNS'];

/** How long a property is tried when nobody asks for a number of runs, in milliseconds. */
const LONG_ENOUGH = 12_000;

/** Tries a property, and says on failure with what seed, and with what smallest value, it failed. */
export async function holds<T>(t: Test, runs: number, property: fc.IAsyncProperty<T>): Promise<void> {
  const bounds =
    RUNS === undefined ? { numRuns: runs, interruptAfterTimeLimit: LONG_ENOUGH } : { numRuns: Number(RUNS) };
  const result = await fc.check(property, { seed: SEED, ...bounds });
  t.ok(result.numRuns > 0, `tried ${result.numRuns} times with FUZZ_SEED=${SEED}`);
  if (!result.failed) return;
  t.comment(`${(result.errorInstance as Error).message}\n${await fc.asyncDefaultReportMessage(result)}`);
  t.fail(`it fails; to repeat it: FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS ?? runs}`);
}
