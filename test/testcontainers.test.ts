// Without an engine: what would be started is a stub in this process. test/container/ has the real one.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { type Stub, startStub } from '../src/index.ts';
import { StartedStubContainer, StubContainer } from '../src/testcontainers.ts';
import { pathOf, send, VALID } from './support/stub.ts';

/** Shows what it would ask of the engine. */
class ShownContainer extends StubContainer {
  get shown() {
    const { environment, filesToCopy, directoriesToCopy, exposedPorts, startupTimeoutMs, waitStrategy } = this;
    return { environment, filesToCopy, directoriesToCopy, exposedPorts, startupTimeoutMs, waitStrategy };
  }
}

const container = (): ShownContainer => new ShownContainer('chatcaptain-stub');

/** Lets every start be that of a stub in this process, with the tokens that the container was given. */
function withoutEngine(t: Test): Stub[] {
  const stubs: Stub[] = [];
  t.capture(
    GenericContainer.prototype,
    'start',
    async function (this: GenericContainer): Promise<StartedTestContainer> {
      const { STUB_TOKEN: token = 'token', STUB_ADMIN_TOKEN: adminToken = '' } = (this as ShownContainer).shown
        .environment;
      const stub = await startStub({ token, adminToken });
      t.teardown(() => stub.close());
      stubs.push(stub);
      const { hostname, port } = new URL(stub.url);
      const getMappedPort = (inside: number) => (inside === 4650 ? Number(port) : Number.NaN);
      return { getHost: () => hostname, getMappedPort } as unknown as StartedTestContainer;
    },
  );
  return stubs;
}

t.test('each setting is the variable that the image reads', async (t) => {
  const all = container().withToken('token').withAdminToken('admin').withSeed(7);
  t.same(all.shown.environment, { STUB_TOKEN: 'token', STUB_ADMIN_TOKEN: 'admin', STUB_SEED: '7' });
  t.same(container().withSeed('seven').shown.environment, { STUB_SEED: 'seven' });
  t.same(container().shown.environment, {});
});

t.test('fixtures are copied to where the image reads them, readable for its user', async (t) => {
  const folder = t.testdir({ 'shop.yaml': '' });
  const source = path.join(folder, 'shop.yaml');
  t.match(container().withFixtures(source).shown, {
    filesToCopy: [{ source, target: '/fixtures/shop.yaml', mode: 0o644 }],
    directoriesToCopy: [],
  });
  t.match(container().withFixtures(folder).shown, {
    filesToCopy: [],
    directoriesToCopy: [{ source: folder, target: '/fixtures', mode: 0o755 }],
  });
  t.throws(() => container().withFixtures(path.join(folder, 'nowhere')), { code: 'ENOENT', message: /nowhere/ });
});

t.test('it waits for readiness, looks often, and stops waiting for what has ended', async (t) => {
  t.match(container().shown, {
    exposedPorts: [4650],
    startupTimeoutMs: 30_000,
    waitStrategy: { path: '/readyz', port: 4650, readTimeoutMs: 200, options: { abortOnContainerExit: true } },
  });
});

t.test('its handle reaches the control plane with a token that was made for this container', async (t) => {
  const stubs = withoutEngine(t);
  const first = await container().start();
  const second = await container().start();
  t.type(first, StartedStubContainer);
  t.equal(first.getUrl(), stubs[0]?.url);
  t.equal(first.getPort(), Number(new URL(first.getUrl()).port));
  t.match(first.getAdminToken(), /^[\w-]{36}$/);
  t.not(first.getAdminToken(), second.getAdminToken());

  const handle = first.handle();
  t.equal(handle.adminToken, first.getAdminToken());
  const { chatbotId, token } = await handle.chatbot();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await send(first.getUrl(), { path: pathOf(chatbotId), headers, body: JSON.stringify(VALID) });
  t.equal(answer.status, 201);
  t.match(await handle.scope(chatbotId).conversations(), [{ id: answer.json.conversationId }]);
  t.same(await second.handle().scope(chatbotId).conversations(), []);

  await handle.close();
  await t.rejects(handle.requests(), { name: 'StubError', message: /closed/ });
  t.equal((await first.handle().requests()).length, 1, 'the server runs on, for a fresh handle');
});

t.test('an admin token of its own choice is the one; an empty one is none', async (t) => {
  withoutEngine(t);
  const chosen = await container().withAdminToken('secret').start();
  t.equal(chosen.getAdminToken(), 'secret');
  t.same(await chosen.handle().requests(), []);
  const empty = await container().withAdminToken('').start();
  t.match(empty.getAdminToken(), /^[\w-]{36}$/);
  t.same(await empty.handle().requests(), []);
});

t.test('reuse without an admin token is refused before anything starts, and goes with one', async (t) => {
  const stubs = withoutEngine(t);
  await t.rejects(container().withReuse().start(), { message: /choose its token, withAdminToken/ });
  t.same(stubs, []);
  const reused = await container().withReuse().withAdminToken('secret').start();
  t.equal(reused.getAdminToken(), 'secret');
});

t.test('a start keeps the process alive, whatever it waits for', async (t) => {
  const source = `
    import { GenericContainer } from 'testcontainers';
    import { StubContainer } from '${new URL('../src/testcontainers.ts', import.meta.url)}';
    GenericContainer.prototype.start = () => {
      return new Promise((_, reject) => setTimeout(reject, 300, new Error('it has ended')).unref());
    };
    await new StubContainer('chatcaptain-stub').start().catch((error) => console.log(error.message));`;
  const script = ['--input-type=module', '--eval', source];
  t.equal((await promisify(execFile)(process.execPath, script)).stdout, 'it has ended\n');
});
