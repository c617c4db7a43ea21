import { gzipSync } from 'node:zlib';
import t from 'tap';
import { admin, conversationIds, inFile, makeChatbot } from '../support/admin.ts';
import { entriesOf, onlyEntry } from '../support/journal.ts';
import { pathOf, sendRaw, startTestStub, VALID } from '../support/stub.ts';
import { answering, startUpstream } from './servers.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const KEY = { 'x-chatcaptain-key': 'a-key-of-the-upstream' };
const BODY = JSON.stringify(VALID);
const CREATED = { conversationId: '0VbpPWTqloiVzGlYWPCj' };

const valuesOf = (rawHeaders: string[], name: string): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);

t.test('against a second stub: conversations arrive there, and the journal holds both sides', async (t) => {
  const other = await startTestStub(t, { database: ':memory:' });
  const { chatbotId, token } = await makeChatbot(other, { channels: ['web'] });
  const stub = await startTestStub(t, { upstream: other.url });
  const post = (body: unknown, headers: object = { authorization: `Bearer ${token}` }) =>
    stub.send({ path: pathOf(chatbotId), headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });

  const created = await post({ ...VALID, channelId: 'web' });
  t.equal(created.status, 201);
  t.same(await conversationIds(other, chatbotId), [created.json.conversationId]);
  t.same(stub.rows(), [], 'nothing is stored here');

  const entry = await onlyEntry(t, stub, 'created');
  const [theirs] = await entriesOf(other);
  t.equal(entry.id, created.headers['x-stub-request-id']);
  t.match(entry, {
    status: 201,
    chatbotId,
    request: { headers: { authorization: 'Bearer [redacted]' }, body: { channelId: 'web' } },
    response: { body: created.json },
    upstream: {
      url: `${other.url}${pathOf(chatbotId)}`,
      status: 201,
      request: { headers: { authorization: 'Bearer [redacted]', host: new URL(other.url).host } },
      response: { headers: { 'x-stub-request-id': theirs?.id } },
      drift: [],
    },
  });
  t.same(
    entry.decisions.map(({ step, outcome }) => `${step} ${outcome}`),
    ['upstream passed', 'contract passed'],
  );

  // Each judgement is the upstream's.
  t.match((await post({ ...VALID, channelId: 'fax' })).json, { error: /fax/ });
  t.equal((await post({ name: 1 })).status, 400);
  t.equal((await post(VALID, { authorization: 'Bearer unknown-to-anybody' })).status, 401);
  t.equal((await post(VALID, {})).status, 401);
  t.equal((await stub.create(VALID, { chatbotId, headers: { authorization: 'Bearer test-token' } })).status, 201);
  const { link } = (await post({ name: 1 })).headers;
  t.match(link, /^<\/__admin\/requests\/\w+>; rel="describedby"$/, 'the link of the other stub would lead astray');
  t.equal((await admin(stub, 'GET', String(link).replace(/^<\/__admin(.*?)>.*/, '$1'))).status, 200);
});

t.test('a request goes out as it came, but for what is about the connection', async (t) => {
  const upstream = await startUpstream(t, answering(201, CREATED));
  const stub = await startTestStub(t, { upstream: `${upstream.url}/base/` });
  const lines = [
    `POST ${pathOf('a%2Fb')}?x=%20&y=1 HTTP/1.1`,
    'Host: elsewhere',
    'X-Chatcaptain-Key: a-key-of-the-upstream',
    'Content-Type: foo',
    'X-Twice: 1',
    'X-Twice: 2',
    'X-Forwarded-For: 10.0.0.1',
    'Via: 1.0 front',
    'X-Hop: a',
    'Keep-Alive: timeout=5',
    'TE: trailers',
    'Proxy-Authorization: Basic YWJjZGVmZ2g=',
    'Transfer-Encoding: chunked',
    'Connection: close, X-Hop',
    '',
    '4\r\n{"na\r\n3\r\nme"\r\n0\r\n\r\n',
  ];
  t.match(await sendRaw(stub.url, lines.join('\r\n')), /^HTTP\/1\.1 201 /);
  const [heard] = upstream.heard;
  t.match(heard, { method: 'POST', url: `/base${pathOf('a%2Fb')}?x=%20&y=1` });
  t.equal(String(heard?.body), '{"name"', 'malformed, and passed on');
  const via = valuesOf(heard?.rawHeaders ?? [], 'via');
  t.match(via, ['1.0 front', /^1\.1 chatcaptain-stub-[0-9a-f]{16}$/]);
  t.same(heard?.rawHeaders, [
    ...['Host', new URL(upstream.url).host, 'X-Chatcaptain-Key', 'a-key-of-the-upstream', 'Content-Type', 'foo'],
    ...['X-Twice', '1', 'X-Twice', '2', 'X-Forwarded-For', '10.0.0.1', 'Via', '1.0 front'],
    ...['Via', via[1], 'Content-Length', '7', 'Connection', 'close'],
  ]);
  const entry = await onlyEntry(t, stub, 'as it came');
  t.match(entry, { path: pathOf('a%2Fb'), query: 'x=%20&y=1', chatbotId: 'a/b', request: { body: '{"name"' } });
  t.match(entry.upstream?.url, `${upstream.url}/base${pathOf('a%2Fb')}?x=%20&y=1`);
});

t.test('an answer comes back as it came, but for what is about the connection', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    const redirect = { location: 'https://elsewhere.example/', 'set-cookie': ['a=1', 'b=2'], link: '</x>; rel="next"' };
    const hop = { connection: 'close, x-hop', 'x-hop': '1', 'keep-alive': 'timeout=1', date: 'yesterday' };
    if (request.url === '/v1/redirect') response.writeHead(307, { ...redirect, ...hop }).end();
    else if (request.url === '/v1/bare') {
      response.setHeader('etag', '"1"');
      response.end(Buffer.of(1, 2, 255));
    } else if (request.url === '/v1/unchanged') response.writeHead(304, { etag: '"1"', 'content-length': '5' }).end();
    else if (request.url === '/v1/chunked') {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('in ');
      setTimeout(() => response.end('pieces'), 20);
    } else response.writeHead(409, { 'content-type': 'text/plain', link: '</y>' }).end('no');
  });
  const stub = await startTestStub(t, { upstream: upstream.url });
  const get = (target: string, method = 'GET') => stub.send({ method, path: target, headers: KEY });

  const redirect = await get('/v1/redirect');
  t.equal(redirect.status, 307, 'not followed');
  t.equal(upstream.heard.length, 1);
  t.match(redirect.headers, {
    location: 'https://elsewhere.example/',
    'set-cookie': ['a=1', 'b=2'],
    link: '</x>; rel="next"',
    date: 'yesterday',
    'content-length': '0',
  });
  t.notOk('x-hop' in redirect.headers);
  t.match((await entriesOf(stub)).at(-1), {
    response: { headers: { 'set-cookie': ['[redacted]', '[redacted]'] } },
    upstream: { response: { headers: { 'set-cookie': ['[redacted]', '[redacted]'], 'x-hop': '1' } } },
  });

  const bare = await get('/v1/bare');
  t.match(bare.headers, { etag: '"1"', 'content-length': '3' });
  t.notOk('content-type' in bare.headers, 'none is made up');
  t.match((await entriesOf(stub)).at(-1)?.response, { body: 'AQL/', bodyEncoding: 'base64' });

  t.match(await get('/v1/unchanged'), { status: 304, headers: { etag: '"1"', 'content-length': '5' }, text: '' });
  t.match(await get('/v1/chunked'), { status: 200, headers: { 'content-length': '9' }, text: 'in pieces' });
  const refused = await get('/v1/other');
  t.match(refused, { status: 409, text: 'no' });
  t.match(refused.headers.link, /^<\/y>, <\/__admin\/requests\/\w+>; rel="describedby"$/, 'ours beside theirs');
  t.match(await get('/v1/other', 'HEAD'), { status: 409, text: '' });
});

t.test('everything below /v1 goes out, by any method, and nothing else', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, {
      'content-type': 'text/plain',
      'x-method': request.method as string,
      'content-length': '2',
    });
    response.end(request.method === 'HEAD' ? undefined : 'ok');
  });
  const stub = await startTestStub(t, { upstream: upstream.url });
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PUT', 'PATCH', 'POST', 'TRACE']) {
    for (const path of [pathOf('x'), `${pathOf('x')}/`, '/v1/chatbots/x', '/v1', '/v1/', '/v1//x']) {
      const answer = await stub.send({ method, path, headers: KEY });
      t.match(answer, { status: 200, headers: { 'x-method': method, 'content-length': '2' } }, `${method} ${path}`);
      t.equal(answer.text, method === 'HEAD' ? '' : 'ok');
      t.match(upstream.heard.at(-1), { method, url: path });
    }
  }
  const { length } = upstream.heard;
  const withBody = await stub.send({
    method: 'GET',
    path: '/v1/search',
    headers: { ...KEY, 'content-length': 6 },
    body: 'a body',
  });
  t.equal(withBody.status, 200);
  t.equal(String(upstream.heard.at(-1)?.body), 'a body', 'also that of a GET');
  await stub.send({ method: 'DELETE', path: '/v1/x', headers: { ...KEY, 'content-length': '0' } });
  t.same(valuesOf(upstream.heard.at(-1)?.rawHeaders ?? [], 'content-length'), ['0']);

  for (const [path, status] of [
    ['/inbox/x/conversations', 404],
    ['/v2', 404],
    ['/livez', 200],
    ['/openapi.json', 200],
  ]) {
    t.equal((await stub.send({ method: 'GET', path: String(path) })).status, status, String(path));
  }
  t.match(
    await sendRaw(stub.url, `GET http://127.0.0.1:1/v1/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
    / 200 /,
  );
  t.match(upstream.heard.at(-1), { url: '/v1/x' }, 'what a request names as its server is not asked');
  t.equal(upstream.heard.length, length + 3);
});

t.test(
  'what the stub refuses before it passes anything on: too large a body, an unreadable path, no Host',
  async (t) => {
    const upstream = await startUpstream(t, answering(201, CREATED));
    const stub = await startTestStub(t, { upstream: upstream.url, bodyLimit: 100 });
    const post = (body: string, path = pathOf('x')) => stub.send({ path, headers: { ...JSON_TYPE, ...KEY }, body });
    t.match(await post('x'.repeat(101)), { status: 413, json: { message: 'The body is larger than 100 bytes.' } });
    t.equal((await post(BODY, pathOf('%ZZ'))).status, 400);
    t.match(await sendRaw(stub.url, 'GET /v1/x HTTP/1.1\r\nconnection: close\r\n\r\n'), /^HTTP\/1\.1 400 /);
    t.match(await sendRaw(stub.url, 'PROPFIND /v1/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'), / 405 /);
    t.equal(upstream.heard.length, 0);
    t.equal((await post('x'.repeat(100))).status, 201);
    for (const { upstream: side } of (await entriesOf(stub)).slice(0, -1)) t.equal(side, undefined);
  },
);

t.test('Prefer and faults answer in its place, and nothing goes out', async (t) => {
  const upstream = await startUpstream(t, answering(201, CREATED));
  const stub = await startTestStub(t, { upstream: upstream.url });
  const post = (headers: object = {}, body: unknown = VALID) =>
    stub.send({ path: pathOf('x'), headers: { ...JSON_TYPE, ...KEY, ...headers }, body: JSON.stringify(body) });
  t.match(await post({ prefer: 'code=429' }), { status: 429, headers: { 'preference-applied': 'code=429' } });
  t.match(await post({ prefer: 'error="no"' }), { status: 201, json: { error: 'no' } });
  const add = (match: object, effect: object) => admin(stub, 'POST', '/faults', { match, effect, times: 1 });
  await add({ chatbotId: 'x', name: { $regex: '^John' } }, { status: 503 });
  await add({ channelId: '5' }, { error: 'broken' });
  await add({ email: 'reset@example.com' }, { connection: 'reset' });
  t.equal((await post({}, { ...VALID, name: 'Jane' })).status, 201);
  t.equal(upstream.heard.length, 1, 'a fault for others');
  t.equal((await post()).status, 503);
  t.equal((await post({}, { channelId: 5 })).status, 201);
  t.equal(upstream.heard.length, 2, 'a value that is no text is none of a fault');
  const packed = {
    body: gzipSync(JSON.stringify({ channelId: '5' })),
    headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
  };
  t.match(
    await stub.send({ path: pathOf('x'), ...packed }),
    { json: { error: 'broken' } },
    'also in a compressed body',
  );
  await t.rejects(post({}, { email: 'reset@example.com' }), { code: 'ECONNRESET' });
  t.equal((await post({}, null)).status, 201);
  t.equal(upstream.heard.length, 3);

  // One that only waits here has had its preference; every other is for the upstream.
  t.match(await post({ prefer: 'delay=10' }), { status: 201, headers: { 'preference-applied': 'delay=10' } });
  t.same(valuesOf(upstream.heard.at(-1)?.rawHeaders ?? [], 'prefer'), []);
  await post({ prefer: 'return=minimal' });
  t.same(valuesOf(upstream.heard.at(-1)?.rawHeaders ?? [], 'prefer'), ['return=minimal']);
  const deaf = await startTestStub(t, { upstream: upstream.url, prefer: 'off', database: ':memory:' });
  const answer = await deaf.send({ path: pathOf('x'), headers: { ...KEY, prefer: 'code=429' } });
  t.equal(answer.status, 201);
  t.same(valuesOf(upstream.heard.at(-1)?.rawHeaders ?? [], 'prefer'), ['code=429']);
});

t.test('compressed bodies pass as they are, and the journal has them unpacked', async (t) => {
  const packed = gzipSync(JSON.stringify(CREATED));
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(201, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed);
  });
  const stub = await startTestStub(t, { upstream: upstream.url });
  const body = gzipSync(BODY);
  const response = await fetch(stub.url + pathOf('x'), {
    method: 'POST',
    headers: { ...JSON_TYPE, ...KEY, 'content-encoding': 'gzip' },
    body,
  });
  t.equal(response.headers.get('content-encoding'), 'gzip');
  t.equal(response.headers.get('content-length'), String(packed.length));
  t.same(await response.json(), CREATED);
  t.ok(upstream.heard[0]?.body.equals(body));
  const [entry] = await entriesOf(stub);
  t.match(entry, { request: { body: VALID }, response: { body: CREATED }, upstream: { drift: [] } });
  const again = await admin(stub, 'POST', `/requests/${entry?.id}/replay`);
  t.match(again.json, { status: 409, detail: /credential is not kept/ });

  const anonymous = await fetch(stub.url + pathOf('x'), {
    method: 'POST',
    headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
    body,
  });
  const path = `/requests/${anonymous.headers.get('x-stub-request-id')}/replay`;
  t.match((await admin(stub, 'POST', path)).json, { status: 409, detail: /came compressed/ });
});

t.test('a request without a credential can be sent again, and goes out again', async (t) => {
  const upstream = await startUpstream(t, answering(201, CREATED));
  const stub = await startTestStub(t, { upstream: upstream.url });
  const { headers } = await stub.send({ path: pathOf('x'), headers: JSON_TYPE, body: BODY });
  const again = await admin(stub, 'POST', `/requests/${headers['x-stub-request-id']}/replay`);
  t.match(again, { status: 201, json: { status: 201 } });
  t.equal(upstream.heard.length, 2);
  t.same(valuesOf(upstream.heard[1]?.rawHeaders ?? [], 'x-stub-replay-of'), [], 'which is no business of the upstream');
});

t.test('the document of a stub that passes through declares what it may answer besides', async (t) => {
  const statuses = async (options: object): Promise<string[]> => {
    const stub = await startTestStub(t, { database: ':memory:', ...options });
    const { json } = await stub.send({ method: 'GET', path: '/openapi.json' });
    return Object.keys(json.paths['/v1/inbox/{chatbotId}/conversations'].post.responses);
  };
  const without = await statuses({});
  t.same(
    without.filter((status) => ['502', '504', '508'].includes(status)),
    [],
  );
  t.same((await statuses({ upstream: 'http://127.0.0.1:1' })).sort(), [...without, '502', '504', '508'].sort());
});

t.test('the journal counts what it keeps of the upstream against its limit', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(201, { 'content-type': 'application/json', 'x-long': 'x'.repeat(5000) }).end('{}');
  });
  const stub = await startTestStub(t, { upstream: upstream.url });
  await stub.send({ path: pathOf('x'), headers: JSON_TYPE, body: BODY });
  await entriesOf(stub);
  const { bytes, upstream: side } = inFile(stub, (db) => db.prepare('SELECT bytes, upstream FROM requests').get()) as {
    bytes: number;
    upstream: string;
  };
  t.ok(side.length > 5000);
  t.ok(bytes > 10_000, `${bytes} bytes: both sides`);
});

t.test('an unreachable upstream does not make the stub unready', async (t) => {
  const stub = await startTestStub(t, { upstream: 'http://127.0.0.1:1' });
  t.equal((await stub.send({ method: 'GET', path: '/readyz' })).status, 200);
  t.equal((await stub.create(VALID)).status, 502);
  t.equal((await stub.send({ method: 'GET', path: '/readyz' })).status, 200);
});
