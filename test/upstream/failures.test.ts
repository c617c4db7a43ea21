import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { createUpstreamClient } from '../../src/upstream/client.ts';
import { openServer } from '../metrics/server.ts';
import { admin } from '../support/admin.ts';
import { freePort } from '../support/command.ts';
import { entriesOf, onlyEntry, waitFor } from '../support/journal.ts';
import { pathOf, startTestStub, type TestStub, VALID } from '../support/stub.ts';
import { answering, startRawUpstream, startUpstream, type TestUpstream } from './servers.ts';

const MIB = 1024 * 1024;
const SECRET = 'a-key-that-nobody-may-see';
const MAYBE = / The request may have taken effect there: look before you send it again\./;

const post = (stub: TestStub) =>
  stub.create(VALID, { headers: { authorization: `Bearer ${SECRET}`, 'x-chatcaptain-key': undefined } });

/** What the caller is told, and the journal, of an upstream that does not answer. */
const rows: [name: string, speak: Parameters<typeof startRawUpstream>[1], status: 502 | 504, says: RegExp][] = [
  [
    'resets the connection',
    (socket) => socket.resetAndDestroy(),
    502,
    / closed the connection before it had answered \(ECONNRESET\)\./,
  ],
  [
    'closes the connection',
    (socket) => socket.destroy(),
    502,
    / closed the connection before it had answered \(\w+\)\./,
  ],
  ['hangs', () => {}, 504, / did not begin to answer within 400 ms\. .* STUB_UPSTREAM_TIMEOUT gives it longer\.$/],
  [
    'trickles',
    (socket) => {
      socket.write('HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{');
      const timer = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(timer));
    },
    504,
    / did not come to the end of its answer within 400 ms\./,
  ],
  [
    'sends garbage',
    (socket) => socket.end('\0\xff\x16 no HTTP\r\n\r\n'),
    502,
    / answered with what is no HTTP \(HPE_\w+\)\./,
  ],
  [
    'breaks off',
    (socket) => socket.end('HTTP/1.1 201 Created\r\ncontent-length: 41\r\n\r\n{"conversationId":"'),
    502,
    / closed the connection in the middle of its answer \(ECONNRESET\)\./,
  ],
  [
    'breaks off in a chunk',
    (socket) => socket.end('HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n29\r\n{"conversationId":"'),
    502,
    / closed the connection in the middle of its answer \(ECONNRESET\)\./,
  ],
  [
    'sends a chunk that is none',
    (socket) => socket.end('HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'),
    502,
    / answered with what is no HTTP \(HPE_INVALID_CHUNK_SIZE\)\./,
  ],
  [
    'has a status that there is not',
    (socket) => socket.end('HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n'),
    502,
    / answered with the status 999, which there is not\./,
  ],
  [
    'wants to speak something else than HTTP',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    502,
    / answered with the status 101, which nobody has asked for\./,
  ],
  [
    'never comes to the end of its head',
    (socket) => socket.write('HTTP/1.1 201 Created\r\nx-a: '),
    504,
    / did not begin to answer /,
  ],
  [
    'has a head without end',
    (socket) => socket.end(`HTTP/1.1 201 Created\r\n${`x-a: ${'a'.repeat(1000)}\r\n`.repeat(100)}\r\n`),
    502,
    / answered with what is no HTTP \(HPE_HEADER_OVERFLOW\)\./,
  ],
];

for (const [name, speak, status, says] of rows) {
  t.test(`${status}: an upstream that ${name} is asked once, and the answer says what happened`, async (t) => {
    const upstream = await startRawUpstream(t, speak);
    const stub = await startTestStub(t, { upstream: upstream.url, upstreamTimeout: 400 });
    await assertFailed(t, stub, upstream, { status, says });
    t.equal(upstream.connections(), 1, 'it is not sent a second time');
  });
}

async function assertFailed(
  t: Test,
  stub: TestStub,
  { url }: Pick<TestUpstream, 'url'>,
  { status, says }: { status: number; says: RegExp },
): Promise<void> {
  const answer = await post(stub);
  t.match(answer, { status, json: { statusCode: status, message: says } });
  const { message } = answer.json;
  t.ok(message.startsWith(`The upstream ${url} `), message);
  t.notMatch(message, SECRET);
  const { decisions, upstream: side, response } = await onlyEntry(t, stub, message);
  t.same(response.body, answer.json);
  t.match(decisions, [{ step: 'upstream', outcome: 'failed', detail: message }]);
  t.match(side, { url: url + pathOf('my-chatbot'), status: null, drift: [] });
  t.notMatch(JSON.stringify(side), SECRET);
  t.ok((side?.durationMs ?? -1) >= 0);
}

t.test('502: an upstream that is not there, or has no name, and nothing was sent', async (t) => {
  const port = await freePort();
  const refused = { url: `http://127.0.0.1:${port}` };
  const nothing = /Nothing was sent\. Is it running, and is STUB_UPSTREAM right\?$/;
  const stub = await startTestStub(t, { upstream: refused.url });
  await assertFailed(t, stub, refused, { status: 502, says: / refused the connection \(ECONNREFUSED\)\. / });
  t.match((await post(stub)).json.message, nothing);

  const nowhere = { url: 'http://upstream.invalid' };
  const lost = await startTestStub(t, { upstream: nowhere.url, database: `${stub.file}-2` });
  const says =
    / has a name that (?:is not known|cannot be looked up now) \((?:ENOTFOUND|EAI_AGAIN)\)\. Nothing was sent\./;
  await assertFailed(t, lost, nowhere, { status: 502, says });
});

t.test('502: TLS to a server without it, and no TLS to one that has it', async (t) => {
  const plain = await startUpstream(t, answering(201, {}));
  const url = plain.url.replace('http', 'https');
  const stub = await startTestStub(t, { upstream: url });
  await assertFailed(
    t,
    stub,
    { url },
    { status: 502, says: / could not be connected to \(\w+\)\. Nothing was sent\./ },
  );
  t.equal(plain.heard.length, 0);
});

t.test('504: an upstream that takes the connection and does not finish it', async (t) => {
  const silent = await startRawUpstream(t, () => {});
  const url = silent.url.replace('http', 'https');
  const stub = await startTestStub(t, { upstream: url, upstreamTimeout: 300 });
  const says =
    / did not accept the connection within 300 ms\. Nothing was sent\. Is it running, and is STUB_UPSTREAM right\?$/;
  await assertFailed(t, stub, { url }, { status: 504, says });
  // Whatever the whole may take.
  const client = createUpstreamClient({ upstream: url, upstreamTimeout: 60_000, connectTimeout: 50 });
  const request = { method: 'POST', target: '/v1/x', headers: ['Host', client.host], body: Buffer.from('{}') };
  await t.rejects(client.send(request, new AbortController().signal), {
    status: 504,
    message: /within 50 ms\. Nothing/,
  });
});

t.test('what may have taken effect says so, and what may not does not', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => socket.destroy());
  const stub = await startTestStub(t, { upstream: upstream.url });
  t.match((await post(stub)).json.message, MAYBE);
});

t.test('502: an answer beyond 10 MiB is given up as soon as it is; one within passes whole', async (t) => {
  let sent = 0;
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    if (request.url === '/v1/right') return void response.end(Buffer.alloc(10 * MIB, 97));
    const chunk = Buffer.alloc(MIB, 97);
    const more = (): void => {
      while (!response.destroyed && sent < 200 && response.write(chunk)) sent++;
    };
    response.on('drain', more);
    more();
  });
  const stub = await startTestStub(t, { upstream: upstream.url });
  const right = await stub.send({ method: 'GET', path: '/v1/right' });
  t.equal(right.status, 200);
  t.equal(right.text.length, 10 * MIB);
  const large = await stub.send({ method: 'GET', path: '/v1/large' });
  t.match(large, {
    status: 502,
    json: { message: / answered with more than 10485760 bytes, which is the most that is passed on\.$/ },
  });
  t.ok(sent < 100, `${sent} MiB`);
  const [, entry] = await entriesOf(stub);
  t.match(
    entry?.upstream,
    { status: null, response: { headers: { 'content-type': 'text/plain' } } },
    'what it began with',
  );
});

t.test('502: a header that could not be passed on is no HTTP already', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.end(Buffer.from('HTTP/1.1 200 OK\r\nx-a: \x7f\r\ncontent-length: 0\r\n\r\n', 'latin1'));
  });
  const stub = await startTestStub(t, { upstream: upstream.url });
  t.match(await post(stub), { status: 502, json: { message: / answered with what is no HTTP \(HPE_\w+\)\./ } });
});

t.test('a client that goes away ends the request to the upstream, and the journal says so', async (t) => {
  const closed = Promise.withResolvers<void>();
  const upstream = await startRawUpstream(t, (socket) => socket.on('close', closed.resolve));
  const stub = await startTestStub(t, { upstream: upstream.url });
  const { port } = new URL(stub.url);
  const client = connect(Number(port), '127.0.0.1');
  client.write(`POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`);
  while (upstream.connections() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  client.destroy();
  await closed.promise;
  const [entry] = await waitFor(stub, { chatbotId: 'x' });
  // It has said that it sends nothing more; whether anybody hears the answer is not known.
  t.match(entry, { status: 502, upstream: { status: null } });
  t.match(entry?.decisions, [
    { step: 'upstream', outcome: 'failed', detail: 'given up, since the client had closed the connection' },
    { step: 'sent', outcome: 'failed' },
  ]);
});

t.test('a client that goes away while a fault delays it costs the upstream nothing', async (t) => {
  const upstream = await startUpstream(t, answering(201, {}));
  const stub = await startTestStub(t, { upstream: upstream.url });
  await admin(stub, 'POST', '/faults', { match: {}, effect: { delayMs: 300 } });
  const client = connect(Number(new URL(stub.url).port), '127.0.0.1');
  client.write(`POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  client.destroy();
  await waitFor(stub, { chatbotId: 'x' });
  t.equal(upstream.connections(), 0);
});

t.test('a client that breaks off in its body is 400 in the journal, and nothing goes out', async (t) => {
  const upstream = await startUpstream(t, answering(201, {}));
  const stub = await startTestStub(t, { upstream: upstream.url });
  const client = connect(Number(new URL(stub.url).port), '127.0.0.1');
  client.write(`POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{}`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  client.destroy();
  const [entry] = await waitFor(stub, { chatbotId: 'x' });
  t.match(entry, { status: 400, decisions: [{ step: 'parsed', outcome: 'refused' }] });
  t.equal(upstream.connections(), 0);
});

t.test('413: of a body that is too large the rest is not read, for as long as it may come', async (t) => {
  const upstream = await startUpstream(t, answering(201, {}));
  const stub = await startTestStub(t, { upstream: upstream.url, bodyLimit: 1024 });
  const client = connect(Number(new URL(stub.url).port), '127.0.0.1').on('error', () => {});
  let heard = '';
  client.setEncoding('latin1').on('data', (text) => {
    heard += text;
  });
  const closed = new Promise<string>((resolve) => client.on('close', () => resolve('closed')));
  client.write(
    `POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n800\r\n${'x'.repeat(2048)}\r\n`,
  );
  const open = new Promise((resolve) => setTimeout(() => resolve('open'), 2000));
  t.equal(await Promise.race([closed, open]), 'closed');
  t.match(heard, /^HTTP\/1\.1 413 .*\r\nconnection: close\r\n/is);
  t.equal(upstream.connections(), 0);
  client.destroy();
});

t.test('a shutdown waits for the upstream, and gives it up after its grace', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    setTimeout(
      () => socket.end('HTTP/1.1 201 Created\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}'),
      300,
    );
  });
  const patient = await startTestStub(t, { upstream: upstream.url, shutdownGrace: 20_000 });
  const answer = post(patient);
  while (upstream.connections() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await patient.stub.close();
  t.equal((await answer).status, 201);

  const silent = await startRawUpstream(t, () => {});
  const file = `${patient.file}-2`;
  const hasty = await startTestStub(t, { upstream: silent.url, shutdownGrace: 100, database: file });
  const lost = post(hasty).catch((error) => error.code);
  while (silent.connections() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const since = performance.now();
  await hasty.stub.close();
  t.ok(performance.now() - since < 10_000);
  t.equal(await lost, 'ECONNRESET');
  const again = await startTestStub(t, { database: file });
  t.match(await entriesOf(again), [{ status: null, upstream: { status: null } }], 'and it is in the journal');
});

t.test('508: an upstream that leads back to the stub, by itself or over another one, is no endless loop', async (t) => {
  const port = await freePort();
  const stub = await startTestStub(t, { port, upstream: `http://127.0.0.1:${port}` });
  t.match(await post(stub), {
    status: 508,
    json: { message: / leads back to this stub\. Set STUB_UPSTREAM to another server\.$/ },
  });
  t.match(
    (await entriesOf(stub)).map(({ decisions: [first] }) => first),
    [
      { step: 'upstream', outcome: 'refused', detail: /leads back/ },
      { step: 'upstream', outcome: 'failed', detail: / answered 508 / },
    ],
  );

  const [here, there] = [await freePort(), await freePort()];
  const one = await startTestStub(t, { port: here, upstream: `http://127.0.0.1:${there}`, database: ':memory:' });
  const other = await startTestStub(t, { port: there, upstream: one.url, database: ':memory:' });
  t.equal((await post(one)).status, 508);
  t.equal((await entriesOf(one)).length, 2);
  t.equal((await entriesOf(other)).length, 1);
});

t.test('many at once wait for their turn, each for its own answer', async (t) => {
  let most = 0;
  let now = 0;
  const upstream = await startUpstream(t, (request, response) => {
    most = Math.max(most, ++now);
    setTimeout(() => {
      now--;
      response.writeHead(200, { 'content-type': 'text/plain' }).end(request.url);
    }, 500);
  });
  const stub = await startTestStub(t, { upstream: upstream.url });
  const answers = await Promise.all(
    Array.from({ length: 250 }, (_, index) => stub.send({ method: 'GET', path: `/v1/x/${index}` })),
  );
  t.ok(answers.every(({ text }, index) => text === `/v1/x/${index}`));
  t.ok(most > 10 && most <= 100, `${most} at once`);
});

t.test('500: an error that is none of the upstream is one of the stub', async (t) => {
  const { app } = await openServer(t, { upstream: 'http://127.0.0.1:1', metrics: 'off', logLevel: 'silent' });
  // No connection could bring such a header.
  const answer = await app.inject({ method: 'POST', url: pathOf('x'), headers: { 'x-a': '\u20ac' } });
  t.equal(answer.statusCode, 500);
  t.same(answer.json(), { message: 'Internal server error', error: 'Internal Server Error', statusCode: 500 });
});
