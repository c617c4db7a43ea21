import { readFileSync } from 'node:fs';
import t from 'tap';
import { run } from '../support/command.ts';
import { startTestStub } from '../support/stub.ts';

t.test('prints what /openapi.json answers, without a server and without a database', async (t) => {
  const cwd = t.testdir();
  const { code, stdout } = await run(t, ['openapi'], { cwd });
  t.equal(code, 0);
  const stub = await startTestStub(t);
  t.same(JSON.parse(stdout), (await stub.send({ method: 'GET', path: '/openapi.json' })).json);
});

t.test("--vendor prints the vendor's fragment byte for byte", async (t) => {
  const { stdout } = await run(t, ['openapi', '--vendor'], { cwd: t.testdir() });
  t.equal(stdout, readFileSync(new URL('../../contract/inbox-conversations.openapi.json', import.meta.url), 'utf8'));
});
