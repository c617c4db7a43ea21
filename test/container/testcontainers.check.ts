// StubContainer on a real engine, with the image that check.sh has built: npm run test:testcontainers. One line a check,
// then "N passed, N failed"; the exit status is 0 when nothing failed.
import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { getContainerRuntimeClient, Network } from 'testcontainers';
import { connectStub, StubError } from '../../src/index.ts';
import { type StartedStubContainer, StubContainer } from '../../src/testcontainers.ts';

// What takes containers away after a process that was killed is an image of its own, which not every machine can pull.
process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

const IMAGE = 'chatcaptain-stub:check';
const root = new URL('../../', import.meta.url);
const scratch = mkdtempSync(path.join(tmpdir(), 'chatcaptain-stub-check-'));
const times: number[] = [];
let passed = 0;
let failed = 0;

async function check(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    passed++;
    process.stdout.write(`ok - ${name}\n`);
  } catch (error) {
    failed++;
    const lines = (error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n');
    process.stdout.write(`not ok - ${name}\n${lines.map((line) => `#   ${line}\n`).join('')}`);
  }
}

const stub = (): StubContainer => new StubContainer(IMAGE);

async function start(container = stub()): Promise<StartedStubContainer> {
  const before = performance.now();
  const started = await container.start();
  times.push(performance.now() - before);
  return started;
}

/** Posts a conversation as a program on this machine would. */
async function create(container: StartedStubContainer, chatbotId: string, token: string) {
  const response = await fetch(`${container.getUrl()}/v1/inbox/${chatbotId}/conversations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'John Doe', channelId: 'web' }),
  });
  return { status: response.status, ...((await response.json()) as { conversationId?: string }) };
}

async function statusOf(container: StartedStubContainer, target: string, adminToken?: string): Promise<number> {
  const headers = adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` };
  return (await fetch(container.getUrl() + target, { headers })).status;
}

/** Fixtures that only their owner may read, as a careful umask makes them. */
function writeFixtures(name: string, chatbotId: string): string {
  const file = path.join(scratch, name);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `chatbots:\n  - id: ${chatbotId}\n    tokens: [{ token: token-of-${chatbotId} }]\n`);
  chmodSync(file, 0o600);
  return file;
}

await check('starts, is ready, and says where', async () => {
  await using container = await start();
  equal(await statusOf(container, '/readyz'), 200);
  equal(container.getUrl(), `http://${container.getHost()}:${container.getPort()}`);
  equal(container.getPort(), container.getMappedPort(4650));
});

await check('its handle makes a chatbot, waits for its 201, and shows what was stored', async () => {
  await using container = await start();
  await using chatbot = await container.handle().chatbot();
  const waiting = chatbot.waitFor({ status: 201 }, { timeoutMs: 5000 });
  const { status, conversationId } = await create(container, chatbot.chatbotId, chatbot.token);
  equal(status, 201);
  const [request] = await waiting;
  deepEqual(request.response.body, { conversationId });
  const conversations = await chatbot.conversations();
  deepEqual(
    conversations.map(({ id }) => id),
    [conversationId],
  );
});

await check('the control plane is 401 without its token, which was made for this container', async () => {
  await using container = await start();
  await using other = await start();
  notEqual(container.getAdminToken(), other.getAdminToken());
  equal(await statusOf(container, '/__admin/settings'), 401);
  equal(await statusOf(container, '/__admin/settings', other.getAdminToken()), 401);
  equal(await statusOf(container, '/__admin/settings', container.getAdminToken()), 200);
});

await check('withAdminToken: what connectStub needs, and nothing else will do', async () => {
  await using container = await start(stub().withAdminToken('admin-of-the-check'));
  equal(container.getAdminToken(), 'admin-of-the-check');
  await using handle = await connectStub(container.getUrl(), { adminToken: 'admin-of-the-check' });
  equal((await handle.requests()).length, 0);
  await rejects(connectStub(container.getUrl(), { adminToken: 'another' }), StubError);
});

await check('withToken: it may do everything on every chatbot', async () => {
  await using container = await start(stub().withToken('token-of-the-check'));
  equal((await create(container, 'any', 'token-of-the-check')).status, 201);
  equal((await create(container, 'any', 'another')).status, 401);
});

await check('withSeed: two at once give the same ids, and see nothing of each other', async () => {
  const seeded = () => start(stub().withSeed(7).withToken('token-of-the-check'));
  await using first = await seeded();
  await using second = await seeded();
  const made = await create(first, 'shop', 'token-of-the-check');
  equal(made.status, 201);
  equal((await second.handle().requests()).length, 0);
  deepEqual(await second.handle().scope('shop').conversations(), []);
  deepEqual(await create(second, 'shop', 'token-of-the-check'), made);
  equal((await first.handle().requests()).length, 1);
});

await check('withFixtures: a file, readable only for its owner', async () => {
  await using container = await start(stub().withFixtures(writeFixtures('one.yaml', 'one')));
  equal((await create(container, 'one', 'token-of-one')).status, 201);
  const handle = container.handle();
  equal((await handle.reset()).conversations, 1);
  equal((await create(container, 'one', 'token-of-one')).status, 201, 'after a reset');
});

await check('withFixtures: a folder, readable only for its owner', async () => {
  const folder = path.dirname(writeFixtures('folder/two.yaml', 'two'));
  writeFixtures('folder/three.yaml', 'three');
  await using container = await start(stub().withFixtures(folder));
  equal((await create(container, 'two', 'token-of-two')).status, 201);
  equal((await create(container, 'three', 'token-of-three')).status, 201);
});

await check('restart: a fresh handle finds the chatbot, its token and its conversation', async () => {
  await using container = await start();
  const { chatbotId, token } = await container.handle().chatbot();
  equal((await create(container, chatbotId, token)).status, 201);
  await container.restart();
  const scope = container.handle().scope(chatbotId);
  equal((await scope.conversations()).length, 1);
  equal((await create(container, chatbotId, token)).status, 201);
  equal((await scope.conversations()).length, 2);
});

await check('stop: ends by itself when it is given time, with exit code 0', async () => {
  const container = await start();
  const client = await getContainerRuntimeClient();
  await container.stop({ timeout: 10_000, remove: false });
  const stopped = client.container.getById(container.getId());
  const { State } = await client.container.inspect(stopped);
  await client.container.remove(stopped, { removeVolumes: true });
  equal(State.ExitCode, 0);
});

await check('in a network of containers it answers at http://ALIAS:4650', async () => {
  await using network = await new Network().start();
  await using server = await start(stub().withNetwork(network).withNetworkAliases('stub').withToken('token'));
  await using client = await start(stub().withNetwork(network));
  const { chatbotId, token } = await server.handle().chatbot();
  const code = `fetch('http://stub:4650/v1/inbox/${chatbotId}/conversations', {
    method: 'POST',
    headers: { authorization: 'Bearer ${token}', 'content-type': 'application/json' },
    body: '{"name":"John Doe","channelId":"web"}',
  }).then((response) => console.log(response.status))`;
  equal((await client.exec(['node', '-e', code])).output.trim(), '201');
});

await check('withReuse: refused without an admin token; with one, the second start finds the first', async () => {
  await rejects(stub().withReuse().start(), /withAdminToken/);
  const reused = () => stub().withAdminToken(`admin-${process.pid}`).withReuse().start();
  await using first = await reused();
  const { chatbotId } = await first.handle().chatbot();
  const second = await reused();
  equal(second.getId(), first.getId());
  equal((await second.handle().scope(chatbotId).conversations()).length, 0);
  equal(await statusOf(second, `/__admin/chatbots/${chatbotId}`, second.getAdminToken()), 200);
});

await check('a setting that cannot be used is in the error, at once', async () => {
  const before = performance.now();
  await rejects(start(stub().withToken('not a token')), /STUB_TOKEN/);
  ok(performance.now() - before < 10_000, `after ${Math.round(performance.now() - before)} ms`);
});

await check('what the README shows runs', async () => {
  const readme = readFileSync(new URL('README.md', root), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => text);
  const shown = blocks.filter((text) => text.includes("'chatcaptain-stub/testcontainers'"));
  ok(shown.length > 0, 'there is an example');
  for (const text of shown) {
    const source = text
      .replace("'chatcaptain-stub/testcontainers'", JSON.stringify(new URL('src/testcontainers.ts', root).href))
      .replace("StubContainer('chatcaptain-stub')", `StubContainer('${IMAGE}')`);
    match(source, new RegExp(IMAGE));
    const script = ['--input-type=module-typescript', '--eval', source];
    equal((await promisify(execFile)(process.execPath, script)).stdout, '201\n');
  }
});

rmSync(scratch, { recursive: true });
const sorted = times.map(Math.round).sort((a, b) => a - b);
process.stdout.write(`start until ready, in ms: ${sorted.join(', ')}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
