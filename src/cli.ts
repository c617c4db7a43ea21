#!/usr/bin/env node
// The command line. Nothing that needs a newer Node, and nothing heavy, is imported before the version is known.
import { catchSignals, dieBy, FOR_THE_COMMAND, firstSignal } from './commands/signals.ts';
import { problemWithNode } from './node-version.ts';
import { setTimeout } from './timers.ts';

const problem = problemWithNode();

if (problem !== undefined) {
  process.stderr.write(`error: ${problem}\n`);
  process.exitCode = 2;
} else {
  const argv = withDefaultCommand(process.argv.slice(2));
  const isServer = argv[0] === 'serve';
  const isWrapper = argv[0] === 'exec';
  const leave = (code: number): never => process.exit(code);
  // Before the rest is loaded: a signal that comes meanwhile would be lost where this is process 1 of a container.
  // Other commands than these two are ended by signals as usual.
  const signal = isServer ? firstSignal(leave) : new Promise<never>(() => {});
  const caught = catchSignals(isWrapper ? FOR_THE_COMMAND : []);
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // A reader that goes away (`| head -1`) is no failure of ours, and a server goes on without its log.
    if (code === 'EPIPE' || isServer) return;
    process.stderr.write(`error: the output could not be written (${code})\n`);
    process.exitCode = 1;
  });
  const { run } = argv[0] === 'readyz' ? await import('./commands/probe.ts') : await import('./commands/program.ts');
  const ending = await run(argv, signal, caught);
  if (typeof ending === 'string') {
    caught.release();
    dieBy(ending, leave);
  } else {
    process.exitCode ||= ending;
    // A log that nobody reads must not keep a stopped server from leaving, nor a request that nobody ends.
    if (isServer || isWrapper) setTimeout(() => process.exit(), 500).unref();
  }
}

/** `serve` is what a command line without a command means. */
function withDefaultCommand(argv: string[]): string[] {
  const [first] = argv;
  const asksForServe = first === undefined || (first.startsWith('-') && !/^(-h|--help|-V|--version)$/.test(first));
  return asksForServe ? ['serve', ...argv] : argv;
}
