#!/usr/bin/env node
// The command line. Nothing is imported before the version of Node is known to be able to load it.
import process from 'node:process';

const OLDEST = [22, 18] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `error: chatcaptain-stub needs Node ${OLDEST.join('.')} or newer; this is ${process.versions.node}.\n`,
  );
  process.exitCode = 2;
} else {
  const { run } = await import('./commands/program.ts');
  process.exitCode = await run(process.argv.slice(2), (code) => process.exit(code));
}
