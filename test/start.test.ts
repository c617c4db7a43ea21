import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, Server } from 'node:net';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { SettingsError } from '../src/config.ts';
import { startStub } from '../src/index.ts';
import { StartupError } from '../src/startup-error.ts';
import { pathOf, send, VALID } from './support/stub.ts';

async function create(stub: { url: string; token?: string }, chatbotId = 'mine') {
  return send(stub.url, {
    path: pathOf(chatbotId),
    headers: { authorization: `Bearer ${stub.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(VALID),
  });
}

t.test('without options: a free port, in memory, a fresh token, and gone with its scope', async (t) => {
  let url = '';
  {
    await using stub = await startStub();
    url = stub.url;
    t.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    t.match(stub.token, /^CCSB-[0-9A-Za-z]{8}-[0-9A-Za-z]{12}$/);
    t.equal((await create(stub)).status, 201);
  }
  await t.rejects(create({ url }), { code: 'ECONNREFUSED' });
});

t.test('an option given as undefined is not given', async (t) => {
  const options = { port: undefined, database: undefined, logLevel: undefined };
  // @ts-expect-error what a program in JavaScript passes on
  await using stub = await startStub(options);
  t.not(new URL(stub.url).port, '4650');
  t.equal((await create(stub)).status, 201);
});

t.test('several stubs in one process share nothing', async (t) => {
  await using first = await startStub();
  await using second = await startStub();
  t.not(first.url, second.url);
  t.not(first.token, second.token);
  t.equal((await create({ url: second.url, token: first.token as string })).status, 401);
  await first.close();
  t.equal((await create(second)).status, 201);
});

t.test('a connection on which nothing comes does not hold the stub up', async (t) => {
  const stub = await startStub({ shutdownGrace: 60_000 });
  const { hostname, port } = new URL(stub.url);
  const silent = connect(Number(port), hostname);
  silent.on('error', () => {});
  await once(silent, 'connect');
  const before = performance.now();
  await stub.close();
  t.ok(performance.now() - before < 30_000, 'far less than the grace that a request would have');
});

t.test('a request that never comes to its end is given up, and an answer that is never taken', async (t) => {
  const listens = t.capture(Server.prototype, 'listen', Server.prototype.listen);
  await using _stub = await startStub();
  // To wait for it would take minutes. test/endurance/slow.test.ts waits, with limits of seconds.
  t.match(listens()[0]?.receiver, { headersTimeout: 60_000, requestTimeout: 300_000, timeout: 300_000 });
});

t.test('a stub starts in a worker thread, where standard output is no file', async (t) => {
  const source = `
    import { parentPort } from 'node:worker_threads';
    import { startStub } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)};
    const stub = await startStub();
    await stub.chatbot();
    await stub.close();
    parentPort.postMessage('closed');`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  t.teardown(() => worker.terminate());
  t.same(await once(worker, 'message'), ['closed']);
});

t.test('a Node that is too old is told so, before its native module ends the process', async (t) => {
  const { node } = process.versions;
  Object.defineProperty(process.versions, 'node', { value: '22.17.9' });
  t.teardown(() => Object.defineProperty(process.versions, 'node', { value: node }));
  await t.rejects(startStub(), new StartupError('chatcaptain-stub needs Node 22.18 or newer; this is 22.17.9.'));
});

t.test('who waits for a request when the stub closes hears of it at once', async (t) => {
  const stub = await startStub();
  const chatbot = await stub.chatbot();
  const waiting = t.rejects(chatbot.waitFor({}, { timeoutMs: 60_000 }), {
    name: 'StubError',
    message: 'POST /__admin/requests/wait was refused (503): The server closes: nothing comes any more.',
  });
  // Its answer comes after the wait has begun.
  await chatbot.count();
  await stub.close();
  await waiting;
});

t.test('calls that are under way when the stub closes come to their end', async (t) => {
  const stub = await startStub();
  const made = Array.from({ length: 20 }, () => stub.chatbot());
  await stub.close();
  t.equal(new Set((await Promise.all(made)).map(({ chatbotId }) => chatbotId)).size, 20);
});

t.test('close may be called twice, at once and later', async (t) => {
  const stub = await startStub();
  await Promise.all([stub.close(), stub.close()]);
  await stub.close();
  t.pass('no error');
});

t.test('a file keeps conversations and tokens over a restart, and is one file after close', async (t) => {
  const database = path.join(t.testdir(), 'deep', 'down', 'stub.sqlite');
  const first = await startStub({ database });
  const { token } = first;
  t.equal((await create(first)).status, 201);
  await first.close();
  t.ok(existsSync(database));
  t.notOk(existsSync(`${database}-wal`), 'no log is left beside it');

  await using second = await startStub({ database });
  t.equal(second.token, undefined, 'no second token: the first one is stored, as a hash');
  t.equal((await create({ url: second.url, token: token as string })).status, 201);
});

t.test('a fresh token is made again once no stored one is usable', async (t) => {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const first = await startStub({ database });
  await first.close();
  const { default: Sqlite } = await import('better-sqlite3');
  const db = new Sqlite(database);
  db.prepare('UPDATE tokens SET expires_at = created_at').run();
  db.close();
  await using second = await startStub({ database });
  t.type(second.token, 'string');
  t.not(second.token, first.token);
});

t.test('the token of the settings counts while they stand, and is not stored', async (t) => {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const first = await startStub({ database, token: 'known' });
  t.equal(first.token, 'known');
  t.equal((await create({ url: first.url, token: 'known' }, 'any')).status, 201);
  await first.close();
  await using second = await startStub({ database });
  t.equal((await create({ url: second.url, token: 'known' })).status, 401);
});

t.test('options that cannot be used are named all at once', async (t) => {
  // @ts-expect-error an option that does not exist
  const rejected = startStub({ port: 70_000, prot: 1 });
  await t.rejects(rejected, SettingsError);
  await rejected.catch((error) => t.equal(error.problems.length, 2));
});

t.test(
  'a port that is taken, and an address that is not ours: one line that says what to do, and nothing stays open',
  async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    t.teardown(() => server.close());
    const { port } = server.address() as { port: number };
    const database = path.join(t.testdir(), 'stub.sqlite');
    await t.rejects(
      startStub({ port, database }),
      new StartupError(
        `port ${port} on 127.0.0.1 is taken: stop what listens there, or choose another with --port (0 takes a free one)`,
      ),
    );
    t.notOk(existsSync(`${database}-wal`), 'the database is closed');
    await t.rejects(startStub({ host: '192.0.2.1' }), {
      name: 'StartupError',
      message: /192\.0\.2\.1 is no address of this machine/,
    });
  },
);

t.test('a failure to listen that nobody foresaw is passed on as it is', async (t) => {
  await t.rejects(startStub({ host: 'a'.repeat(300) }), { name: /^(?!StartupError)/ });
});

t.test('an IPv6 address stands in brackets', async (t) => {
  await using stub = await startStub({ host: '::1' });
  t.match(stub.url, /^http:\/\/\[::1\]:\d+$/);
});

t.test('a host name is one address, and one that is not known is one line', async (t) => {
  await using stub = await startStub({ host: 'localhost' });
  t.match(stub.url, /^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/);
  await t.rejects(startStub({ host: 'no-such-host.invalid' }), {
    name: 'StartupError',
    message: /^no-such-host\.invalid is not known as a host name/,
  });
});

t.test('a request that has begun when the server closes is answered, not refused', async (t) => {
  const stub = await startStub();
  const { hostname, port } = new URL(stub.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = once(socket, 'close');
  const [begin, end] = [`POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\n`, `content-length: 0\r\n\r\n`];
  await new Promise((resolve) => socket.write(begin, resolve));
  // Answered after the beginning has arrived.
  await send(stub.url, { method: 'GET', path: '/livez' });
  const closed = stub.close();
  socket.write(end);
  await ended;
  t.match(text, /^HTTP\/1\.1 401 /);
  await closed;
});
