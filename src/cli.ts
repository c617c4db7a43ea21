#!/usr/bin/env node
// The command line. Nothing that needs a newer Node, and nothing heavy, is imported before the version is known.
import process from 'node:process';
import { firstSignal } from './commands/signals.ts';

const OLDEST = [22, 18] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  const needed = OLDEST.join('.');
  process.stderr.write(`error: chatcaptain-stub needs Node ${needed} or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 2;
} else {
  const argv = withDefaultCommand(process.argv.slice(2));
  // Before the rest is loaded: a signal that comes meanwhile would be lost where this is process 1 of a container.
  // Other commands than serve are ended by signals as usual.
  const signal = argv[0] === 'serve' ? firstSignal((code) => process.exit(code)) : new Promise<never>(() => {});
  // A reader that goes away (`| head -1`) is no failure of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const { run } = await import('./commands/program.ts');
  process.exitCode = await run(argv, signal);
  // A log that nobody reads must not keep a stopped server from leaving.
  if (argv[0] === 'serve') setTimeout(() => process.exit(), 500).unref();
}

/** `serve` is what a command line without a command means. */
function withDefaultCommand(argv: string[]): string[] {
  const [first] = argv;
  const asksForServe = first === undefined || (first.startsWith('-') && !/^(-h|--help|-V|--version)$/.test(first));
  return asksForServe ? ['serve', ...argv] : argv;
}
