import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { entriesOf, onlyEntry, waitFor } from '../../support/journal.ts';
import { type Answer, PERMISSION, pathOf, sendRaw, startTestStub, type TestStub, VALID } from '../../support/stub.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const TOKEN = { authorization: 'Bearer test-token' };
const BODY = JSON.stringify(VALID);

t.test('every request on the data plane leaves one entry, whatever becomes of it', async (t) => {
  const stub = await startTestStub(t);
  const post = { path: pathOf('x'), headers: { ...TOKEN, ...JSON_TYPE }, body: BODY };
  const rows: [name: string, sent: Parameters<TestStub['send']>[0], status: number, step: string, says: RegExp][] = [
    ['created', post, 201, 'stored', /^[A-Za-z0-9]{20}$/],
    ['an invalid body', { ...post, body: '{"name":1}' }, 400, 'validated', /name must be a string/],
    ['malformed JSON', { ...post, body: '{"name"' }, 400, 'parsed', /not valid JSON/],
    ['another media type', { ...post, headers: TOKEN, body: 'a' }, 400, 'parsed', /no Content-Type/],
    [
      'an unreadable media type',
      { ...post, headers: { ...TOKEN, 'content-type': 'foo' } },
      400,
      'parsed',
      /Content-Type/,
    ],
    ['no credential', { ...post, headers: JSON_TYPE }, 401, 'credential', /No credential/],
    ['another method', { ...post, method: 'PUT' }, 405, 'routed', /use POST, OPTIONS/],
    ['a path that is none', { ...post, path: '/v1/inbox/x/nothing' }, 404, 'routed', /^Cannot POST/],
    ['a forgotten /v1', { ...post, path: '/inbox/x/conversations' }, 404, 'routed', /^Cannot POST/],
    ['a body that is too large', { ...post, body: Buffer.alloc(200_000, 32) }, 413, 'parsed', /larger than/],
    ['a bad URL', { ...post, path: '/v1/inbox/%ZZ/conversations' }, 400, 'parsed', /percent-encoded/],
    ['a control character', { ...post, path: pathOf('%00') }, 400, 'parsed', /control character/],
    ['a preference', { ...post, headers: { ...post.headers, prefer: 'code=429' } }, 429, 'preference', /code=429/],
  ];
  for (const [name, sent, status, step, says] of rows) {
    const answer = await stub.send(sent);
    t.equal(answer.status, status, name);
    const entry = await onlyEntry(t, stub, name);
    t.equal(entry.id, answer.headers['x-stub-request-id'], `${name}: id`);
    t.equal(entry.status, status, `${name}: status`);
    t.equal(entry.method, sent.method ?? 'POST', `${name}: method`);
    t.equal(entry.path, sent.path, `${name}: path`);
    t.same(entry.response.body, answer.json, `${name}: what went out`);
    t.ok(entry.durationMs >= 0, `${name}: duration`);
    const decision = entry.decisions.find((one) => one.step === step);
    t.match(decision?.detail, says, `${name}: ${step}`);
  }
});

t.test('an entry holds what came in and what went out, with the rules that were broken', async (t) => {
  const stub = await startTestStub(t, { seed: 's' });
  const answer = await stub.send({
    path: `${pathOf('a%2Fb')}?x=1&y=%20`,
    headers: { ...TOKEN, ...JSON_TYPE, 'x-mine': 'yes' },
    body: '{"name":1}',
  });
  const entry = (await entriesOf(stub)).at(-1);
  t.match(entry, {
    path: '/v1/inbox/a%2Fb/conversations',
    query: 'x=1&y=%20',
    chatbotId: 'a/b',
    status: 400,
    request: { headers: { 'x-mine': 'yes', authorization: 'Bearer [redacted]' }, body: { name: 1 } },
    response: { headers: { 'x-stub-request-id': answer.headers['x-stub-request-id'] }, body: answer.json },
    seed: 's',
  });
  t.match(entry?.time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  t.match(entry?.decisions.at(-1), {
    step: 'validated',
    outcome: 'refused',
    violations: [
      { pointer: '/channelId', rule: 'required' },
      { pointer: '/name', rule: 'type', got: '1' },
    ],
  });
});

t.test('the entry of a 403 names the token, what it holds and what is needed', async (t) => {
  const stub = await startTestStub(t);
  const { credential } = stub.mint([{ permission: PERMISSION, resource: 'chatbots/a' }], { name: 'ci' });
  await stub.create(VALID, { chatbotId: 'b', headers: { authorization: `Bearer ${credential}` } });
  const { decisions } = await onlyEntry(t, stub, '403');
  t.same(decisions.at(-1), {
    step: 'permission',
    outcome: 'refused',
    detail: `token "ci" holds ${PERMISSION} on chatbots/a; ${PERMISSION} on chatbots/b is needed`,
  });
});

t.test('a request that the parser cannot read leaves exactly one entry', async (t) => {
  const stub = await startTestStub(t);
  const head = `POST ${pathOf('x')}?q=1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer test-token\r\ncontent-type: application/json\r\n`;
  const rows: [name: string, bytes: string, status: number, more: object][] = [
    [
      'a header line without a colon',
      `${head}broken\r\n\r\n`,
      400,
      { path: pathOf('x'), query: 'q=1', chatbotId: 'x' },
    ],
    ['headers past 16 KiB', `${head}a: ${'b'.repeat(17_000)}\r\n\r\n`, 431, { decisions: [{ detail: /16 KiB/ }] }],
    ['a broken chunk', `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`, 400, { chatbotId: 'x', path: pathOf('x') }],
    ['a head without an end', `${head}broken\r\nmore`, 400, { chatbotId: 'x' }],
    ['an encoded path', `${head.replace('/v1', '/%761')}broken\r\n\r\n`, 400, { chatbotId: 'x' }],
    ['another version', `GET ${pathOf('x')} HTTQ/1.1\r\n\r\n`, 400, { method: 'GET', chatbotId: 'x' }],
    ['a method that nobody knows', `${head.replace('POST', 'POSH')}\r\n`, 400, { method: 'POSH', chatbotId: 'x' }],
    ['no version', `GET ${pathOf('x')}\r\nbroken\r\n\r\n`, 400, { method: 'GET', chatbotId: 'x' }],
  ];
  for (const [name, bytes, status, more] of rows) {
    const text = await sendRaw(stub.url, bytes);
    t.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), name);
    const [, id] = /x-stub-request-id: (\S+)/.exec(text) ?? [];
    const entry = await onlyEntry(t, stub, name);
    t.match(entry, { id, status, decisions: [{ step: 'parsed', outcome: 'refused' }], ...more }, name);
    t.match(text, `link: </__admin/requests/${id}>; rel="describedby"\r\n`, `${name}: link`);
    t.notMatch(JSON.stringify(entry), 'test-token', `${name}: no credential`);
  }
});

t.test(
  'a refusal that has no entry has no Link: what is no HTTP at all, and what concerns the control plane',
  async (t) => {
    const stub = await startTestStub(t);
    const rows: [name: string, bytes: string | Buffer][] = [
      ['words', 'hello world\r\n\r\n'],
      ['another protocol', 'EHLO mail.example.com\r\n\r\n'],
      ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
      ['a method in lower case', `post ${pathOf('x')} HTTP/1.1\r\n\r\n`],
      ['a broken request to the control plane', 'GET /__admin/clock HTTP/1.1\r\nhost: x\r\nbroken\r\n\r\n'],
      ['one in another spelling', 'GET http://x/%5F_admin/clock HTTP/1.1\r\nhost: x\r\nbroken\r\n\r\n'],
      ['a broken path below it', 'GET /%5f%5fadmin/%ZZ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'],
    ];
    for (const [name, bytes] of rows) {
      const text = await sendRaw(stub.url, bytes);
      t.match(text, /^HTTP\/1\.1 400 .*x-stub-request-id: /s, name);
      t.notMatch(text, /^link:/m, name);
    }
    t.same(await entriesOf(stub), []);
  },
);

t.test('a client that breaks off leaves one entry, without a status', async (t) => {
  const stub = await startTestStub(t);
  const { hostname, port } = new URL(stub.url);
  const head = [
    `POST ${pathOf('x')} HTTP/1.1`,
    'host: x',
    'authorization: Bearer test-token',
    'content-type: application/json',
    `content-length: ${BODY.length}`,
    'prefer: delay=1000',
    'expect: 100-continue',
  ].join('\r\n');
  const rows: [name: string, body: string, says: RegExp][] = [
    ['in its body', BODY.slice(1), /closed the connection/],
    ['before a late answer', BODY, /closed the connection/],
  ];
  for (const [name, body, says] of rows) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(`${head}\r\n\r\n`);
    // The server has begun with the request when it says 100 Continue.
    await once(socket, 'data');
    await new Promise<void>((resolve) => socket.write(body, () => resolve()));
    socket.resetAndDestroy();
    const [entry] = await waitFor(stub, { chatbotId: 'x' });
    t.match(entry, { status: null, request: { headers: { host: 'x' } }, response: { headers: {} } }, name);
    t.match(entry?.decisions.at(-1), { step: 'sent', outcome: 'failed', detail: says }, name);
    await onlyEntry(t, stub, name);
  }
});

t.test('what is asked of the stub itself leaves no entry', async (t) => {
  const stub = await startTestStub(t);
  const own = ['/__admin', '/__admin/requests', '/__admin/nothing', '/docs', '/livez', '/readyz', '/openapi.json', '/'];
  for (const path of own) {
    const { headers } = await stub.send({ method: 'GET', path });
    t.equal(headers['link'], undefined, path);
  }
  await sendRaw(stub.url, 'GET /__admin/requests HTTP/1.1\r\nhost: x\r\nbroken\r\n\r\n');
  await sendRaw(
    stub.url,
    'GET http://localhost/__admin/requests HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
  );
  t.same(await entriesOf(stub), []);
});

t.test('a request in the form that is sent to a proxy is the same request', async (t) => {
  const stub = await startTestStub(t);
  const head = `POST http://stub.example${pathOf('x')}?q=1 HTTP/1.1\r\nhost: stub.example\r\nauthorization: Bearer test-token\r\nconnection: close\r\n`;
  t.match(
    await sendRaw(stub.url, `${head}content-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`),
    /^HTTP\/1\.1 201 /,
  );
  t.match(await onlyEntry(t, stub, 'absolute'), { path: pathOf('x'), query: 'q=1', chatbotId: 'x', status: 201 });
});

t.test('the Link of a refusal leads to its entry, and no plain success has one', async (t) => {
  const stub = await startTestStub(t);
  stub.declareChannels('strict', 'only-this');
  const follow = async (answer: Answer): Promise<Answer> => {
    const [, path] = /^<(.+)>; rel="describedby"$/.exec(String(answer.headers['link'])) ?? [];
    return stub.send({ method: 'GET', path: String(path) });
  };
  const refusals: [name: string, answer: Answer][] = [
    ['401', await stub.create(VALID, { headers: { authorization: undefined } })],
    ['400', await stub.create({})],
    ['404', await stub.send({ path: '/v1/nothing' })],
    ['404 outside /v1', await stub.send({ path: '/nothing' })],
    ['405', await stub.send({ method: 'GET', path: pathOf('x') })],
    ['bad URL', await stub.send({ path: '/%ZZ' })],
    ['503 by preference', await stub.create(VALID, { headers: { prefer: 'code=503' } })],
    ['a channel that is none', await stub.create(VALID, { chatbotId: 'strict' })],
  ];
  for (const [name, answer] of refusals) {
    const entry = await follow(answer);
    t.match(entry, { status: 200, json: { id: answer.headers['x-stub-request-id'], status: answer.status } }, name);
  }
  t.equal((await stub.create(VALID)).headers['link'], undefined);
  const preferred = await stub.create(VALID, { headers: { prefer: 'delay=1, code=201' } });
  t.match(preferred, { status: 201 });
  t.equal(preferred.headers['link'], undefined);
});

t.test('the journal says when a client had closed its side before the answer came', async (t) => {
  const stub = await startTestStub(t);
  const { hostname, port } = new URL(stub.url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  const head = `POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer test-token\r\nprefer: delay=200\r\n`;
  socket.end(`${head}content-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`);
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  await once(socket, 'close');
  t.match(text, /^HTTP\/1\.1 201 /, 'it is answered all the same');
  const [entry] = await waitFor(stub, { chatbotId: 'x' });
  t.equal(entry?.status, 201);
  t.match(entry?.decisions.at(-1), { step: 'sent', outcome: 'failed', detail: /closed its side/ });
});
