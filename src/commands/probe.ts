// `readyz` as a health check runs it, every few seconds for months: without commander, which would take most of its time.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { prepareReadyz, READYZ_FLAGS, READYZ_SETTINGS } from './readyz.ts';
import type { Caught, Ending } from './signals.ts';

const OPTIONS: ParseArgsOptionsConfig = Object.fromEntries([
  ...READYZ_SETTINGS.map(({ name }) => [name, { type: 'string' }]),
  ...READYZ_FLAGS.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
]);

/** What `run` of `program.ts` does with a command line that begins with `readyz`. */
export async function run(argv: readonly string[], signal: Promise<NodeJS.Signals>, caught: Caught): Promise<Ending> {
  const ask = prepare(argv);
  return ask ? ask() : (await import('./program.ts')).run(argv, signal, caught);
}

/** Nothing where the full command line is wanted: it has the words for help, and for every mistake. */
function prepare([, ...args]: readonly string[]): (() => Promise<number>) | undefined {
  try {
    return prepareReadyz(parseArgs({ args, options: OPTIONS }).values);
  } catch {
    return undefined;
  }
}
