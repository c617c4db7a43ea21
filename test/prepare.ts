// tap's first run after an installation loads its default plugins before it has built itself without them, and its
// TypeScript plugin cannot load this project's compiler. So it is built first: once for each `npm ci`, it takes seconds.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const built = new URL('../node_modules/@tapjs/test/test-built/dist/esm/index.js', import.meta.url);

if (readFileSync(built, 'utf8').includes('@tapjs/typescript')) {
  process.stdout.write('building tap with the plugins of .taprc …\n');
  process.exitCode = spawnSync('tap build', { shell: true, stdio: 'inherit' }).status ?? 1;
}
