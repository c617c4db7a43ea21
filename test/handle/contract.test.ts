import t from 'tap';
import { connectStub, startStub } from '../../src/index.ts';
import { serve } from '../support/command.ts';
import { handleContract } from '../support/handle-contract.ts';

t.test('startStub: a stub in this process', async (t) => handleContract(t, await startStub()));

t.test('startStub: with an admin token, which its own calls know', async (t) => {
  await handleContract(t, await startStub({ adminToken: 'only-for-the-handle' }));
});

t.test('connectStub: a stub in another process', async (t) => {
  const { url } = await serve(t, ['--database', ':memory:'], { cwd: t.testdir() });
  await handleContract(t, await connectStub(url));
  t.equal((await fetch(`${url}/readyz`)).status, 200, 'which runs on');
});

t.test('connectStub: with an admin token', async (t) => {
  const { url } = await serve(t, ['--database', ':memory:', '--admin-token', 'secret'], { cwd: t.testdir() });
  await handleContract(t, await connectStub(`${url}/__admin/`, { adminToken: 'secret' }));
});
