// tap's first run after an installation loads its default plugins before it has built itself without them, and its
// TypeScript plugin cannot load this project's compiler. So it is built first: once, it takes some seconds.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../.tap/plugins', import.meta.url))) {
  process.stdout.write('building tap with the plugins of .taprc …\n');
  process.exitCode = spawnSync('tap build', { shell: true, stdio: 'inherit' }).status ?? 1;
}
