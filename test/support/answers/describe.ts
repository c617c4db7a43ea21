// Writes the documents that every answer in the tests is held to. tap runs it before the tests (.taprc), and would count
// what it loads as covered by them: so a process of its own does the work.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PLACES } from './places.ts';

const COVERAGE = '_TAPJS_PROCESSINFO_COVERAGE_';

if (process.env[COVERAGE] === '0') {
  const { startStub } = await import('../../../src/index.ts');
  const stub = await startStub();
  for (const [path, place] of Object.entries(PLACES)) {
    mkdirSync(new URL('.', place), { recursive: true });
    writeFileSync(place, await (await fetch(stub.url + path)).text());
  }
  await stub.close();
} else {
  const env = { ...process.env, [COVERAGE]: '0' };
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], { env, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
