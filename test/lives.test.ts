import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

interface Left {
  resources: string[];
  files: number;
  listeners: number[];
  heap: number;
}

t.test('200 stubs in one process leave nothing behind, and nothing keeps the process', async (t) => {
  const program = fileURLToPath(new URL('support/lives.ts', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--expose-gc', program]);
  t.equal(stderr, '', 'no warning, as of too many listeners');
  const [first, quarter, ...rest] = JSON.parse(stdout) as [Left, Left, ...Left[]];
  for (const { resources, files, listeners } of [quarter, ...rest]) {
    t.same(resources, first.resources, 'no socket, timer, watcher or thread');
    t.equal(files, first.files, 'no open file');
    t.same(listeners, first.listeners, 'no listener on what outlives a stub');
  }
  // Node itself still compiles during the first lives, and forgets what it compiled later on.
  const growth = (rest.at(-1) as Left).heap - quarter.heap;
  t.ok(growth < 400_000, `memory is flat: ${growth} bytes more after 150 lives`);
});
