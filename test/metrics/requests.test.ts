import { once } from 'node:events';
import { Agent, get, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { admin } from '../support/admin.ts';
import { PERMISSION, pathOf, sendRaw, startTestStub, type TestStub, VALID } from '../support/stub.ts';
import { type Exposition, growth, scrape } from './exposition.ts';

const CREATE = 'InboxConversationController_createConversation[1]_v1';
const REQUESTS = 'chatcaptain_stub_http_requests_total';
const DURATIONS = 'chatcaptain_stub_http_request_duration_seconds';

const body = JSON.stringify(VALID);
const HEAD = `POST ${pathOf('x')} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer test-token\r\ncontent-type: application/json\r\n`;
const POST = `${HEAD}content-length: ${body.length}\r\n\r\n${body}`;

const start = (t: Test) => startTestStub(t, { metrics: 'on' });

/** What one request, or several, have added: how many by operation and status, without the scrapes themselves. */
function counted(before: Exposition, after: Exposition): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [labels, count] of Object.entries(growth(before, after, REQUESTS))) {
    const [, operation, status] = /^\{operation="(.+)",status="(.+)"\}$/.exec(labels) ?? [];
    if (operation !== 'metrics' || status !== '200') found[`${operation} ${status}`] = count;
  }
  return found;
}

/** Scrapes until this many requests have been counted: what a client that is gone has left cannot be waited for otherwise. */
async function countedLater(stub: TestStub, before: Exposition, total: number): Promise<Record<string, number>> {
  for (;;) {
    const found = counted(before, await scrape(stub));
    if (Object.values(found).reduce((sum, count) => sum + count, 0) >= total) return found;
  }
}

function open({ url }: { url: string }): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  return socket;
}

const kinds = ['reset', 'empty', 'truncate', 'garbage'] as const;

t.test('each request is counted once, by its operation and its status', async (t) => {
  const stub = await start(t);
  const { credential } = stub.mint([{ permission: PERMISSION, resource: 'chatbots/other' }]);
  const admitted = { host: 'localhost', connection: 'close' };
  const raw = (bytes: string) => () => sendRaw(stub.url, bytes);
  const own =
    (method: string, path: string, headers = {}) =>
    () =>
      stub.send({ method, path, headers });
  const rows: [name: string, send: () => Promise<unknown>, counted: string][] = [
    ['a conversation', () => stub.create(VALID), `${CREATE} 201`],
    ['a trailing slash and a query', own('POST', `${pathOf('x')}/?a=b`), `${CREATE} 401`],
    [
      'no permission',
      () => stub.create(VALID, { headers: { authorization: `Bearer ${credential}` } }),
      `${CREATE} 403`,
    ],
    ['an invalid body', () => stub.create({}), `${CREATE} 400`],
    ['no JSON', () => stub.create('{'), `${CREATE} 400`],
    ['a large body', () => stub.create('x'.repeat(200_000)), `${CREATE} 413`],
    ['a preference', () => stub.create(VALID, { headers: { prefer: 'code=429' } }), `${CREATE} 429`],
    ['a control character', own('POST', pathOf('%00')), `${CREATE} 400`],
    ['another method', own('DELETE', pathOf('x')), 'unknown 405'],
    ['the methods', own('OPTIONS', pathOf('x')), 'unknown 204'],
    ['no path of the API', own('GET', '/v1/nothing'), 'unknown 404'],
    ['no path at all', own('GET', '/nothing'), 'unknown 404'],
    ['the root', own('GET', '/'), 'index 200'],
    ['a broken path', own('POST', '/v1/inbox/%ZZ/conversations'), 'unknown 400'],
    ['a broken path of the control plane', own('GET', '/__admin/%ZZ'), 'control 400'],
    ['the control plane', own('GET', '/__admin/chatbots'), 'control 200'],
    [
      'in another spelling',
      raw('GET http://localhost/%5F_admin/clock HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'),
      'control 200',
    ],
    ['nothing of it', own('GET', '/__admin/nothing'), 'control 404'],
    ['another method of it', own('PUT', '/__admin/chatbots'), 'control 405'],
    ['another site', own('GET', '/__admin/chatbots', { ...admitted, origin: 'https://example.com' }), 'control 403'],
    ['the page', own('GET', '/docs'), 'docs 200'],
    ['a file of it', own('GET', '/docs/static/swagger-ui.css'), 'docs 200'],
    ['the document', own('GET', '/openapi.json'), 'openapi 200'],
    ["the vendor's", own('HEAD', '/openapi.vendor.json'), 'openapi 200'],
    ['alive', own('GET', '/livez'), 'health 200'],
    ['ready', own('HEAD', '/readyz/'), 'health 200'],
    ['another method of ours', own('POST', '/metrics'), 'unknown 404'],
    ['no Host', raw('GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n'), 'health 400'],
    [
      'an Expect that nobody knows',
      raw(POST.replace('\r\n\r\n', '\r\nexpect: this\r\nconnection: close\r\n\r\n')),
      `${CREATE} 201`,
    ],
    ['no HTTP', raw('hello\r\n\r\n'), 'unreadable 400'],
    ['no header', raw(`${HEAD}broken\r\n\r\n`), 'unreadable 400'],
    ['too many headers', raw(`GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(17_000)}\r\n\r\n`), 'unreadable 431'],
    ['a broken chunk', raw(`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n`), 'unreadable 400'],
  ];
  let before = await scrape(stub);
  for (const [name, send, expected] of rows) {
    await send();
    const after = await scrape(stub);
    t.same(counted(before, after), { [expected]: 1 }, name);
    const operation = expected.replace(/ \d+$/, '');
    const timed = { ...(operation !== 'unreadable' && { [`{operation="${operation}"}`]: 1 }) };
    const { ['{operation="metrics"}']: scrapes, ...others } = growth(before, after, `${DURATIONS}_count`);
    t.same(others, timed, `${name}: and its time, where it has one`);
    t.equal(scrapes, 1);
    before = after;
  }
});

t.test('nothing that a caller sends becomes a label', async (t) => {
  const stub = await start(t);
  const odd = 'odd-9f3a';
  await stub.create(VALID, { chatbotId: odd });
  await stub.send({ method: 'GET', path: `/${odd}?${odd}=1`, headers: { [odd]: odd } });
  await stub.send({ method: 'PROPFIND', path: `/v1/${odd}` });
  await stub.send({ method: 'GET', path: `/__admin/conversations/${odd}?chatbotId=${odd}` });
  await stub.send({ method: 'GET', path: `/docs/${odd}` });
  await sendRaw(stub.url, `${odd.toUpperCase()} ${odd}\r\n\r\n`);
  const { text, samples } = await scrape(stub);
  t.notMatch(text.toLowerCase(), odd);
  t.notMatch(text, 'PROPFIND');
  const operations = [...samples.keys()].flatMap((key) => /operation="([^"]+)"/.exec(key)?.slice(1) ?? []);
  t.same([...new Set(operations)].sort(), [CREATE, 'control', 'docs', 'unknown', 'unreadable']);
});

t.test('what the connection is broken for has no status, but where an answer had begun', async (t) => {
  const stub = await start(t);
  const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
  for (const kind of kinds) {
    await admin(stub, 'POST', '/faults', { match: { chatbotId: kind }, effect: { connection: kind } });
    const before = await scrape(stub);
    await t.rejects(fetch(stub.url + pathOf(kind), { method: 'POST', headers, body }).then((answer) => answer.text()));
    const status = kind === 'truncate' ? '201' : 'none';
    t.same(counted(before, await scrape(stub)), { [`${CREATE} ${status}`]: 1 }, kind);
  }
  await admin(stub, 'POST', '/faults', { match: { chatbotId: 'x' }, effect: { status: 503 } });
  const before = await scrape(stub);
  await stub.create(VALID, { chatbotId: 'x' });
  t.same(counted(before, await scrape(stub)), { [`${CREATE} 503`]: 1 });
});

t.test('a client that goes away is counted once, without a status', async (t) => {
  const stub = await start(t);
  const rows: [name: string, bytes: string][] = [
    ['in its body', `${HEAD}content-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`],
    ['before a late answer', POST.replace('\r\n\r\n', '\r\nprefer: delay=500\r\nexpect: 100-continue\r\n\r\n')],
    [
      'in the middle of a wait',
      `POST /__admin/requests/wait HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 12\r\n\r\n{"match":{}}`,
    ],
  ];
  for (const [name, bytes] of rows) {
    await admin(stub, 'DELETE', '/requests?all=true');
    const before = await scrape(stub);
    const socket = open(stub);
    socket.write(bytes);
    // The server has begun with the request when it says 100 Continue.
    await once(socket, 'data');
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.resetAndDestroy();
    const operation = name.includes('wait') ? 'control' : CREATE;
    t.same(await countedLater(stub, before, 1), { [`${operation} none`]: 1 }, name);
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.same(counted(before, await scrape(stub)), { [`${operation} none`]: 1 }, `${name}: once`);
  }
});

t.test('those that waited for their turn on a connection that is gone are counted, too', async (t) => {
  const stub = await start(t);
  await admin(stub, 'POST', '/faults', { match: { chatbotId: 'x' }, effect: { delayMs: 200 }, times: 1 });
  await admin(stub, 'POST', '/faults', { match: { chatbotId: 'y' }, effect: { connection: 'reset' } });
  const before = await scrape(stub);
  const socket = open(stub);
  socket.write(POST + POST + POST.replace(pathOf('x'), pathOf('y')));
  while (stub.rows().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  socket.resetAndDestroy();
  const found = await countedLater(stub, before, 3);
  t.equal(found[`${CREATE} none`], 2, 'the slow one and the fault');
  t.same(found, { [`${CREATE} none`]: 2, [`${CREATE} 201`]: 1 }, 'the answer that had been given stands');
});

t.test('requests that share connections, and calls that come past the network, are counted', async (t) => {
  const stub = await start(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 5 });
  t.teardown(() => agent.destroy());
  const post = () =>
    new Promise((resolve, reject) => {
      const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
      request(stub.url + pathOf('x'), { method: 'POST', headers, agent }, (answer) =>
        answer.resume().on('end', resolve),
      )
        .on('error', reject)
        .end(body);
    });
  const before = await scrape(stub);
  await Promise.all(Array.from({ length: 100 }, post));
  await sendRaw(stub.url, POST + POST + POST.replace('\r\n', '\r\nconnection: close\r\n'));
  await stub.stub.chatbot();
  t.same(counted(before, await scrape(stub)), { [`${CREATE} 201`]: 103, 'control 201': 1 });
});

t.test('a stream is counted when it begins, and its time is the one until then', async (t) => {
  const stub = await start(t);
  const before = await scrape(stub);
  const outgoing = get(`${stub.url}/__admin/requests/stream`);
  const [answer] = await once(outgoing, 'response');
  answer.resume().on('error', () => {});
  await new Promise((resolve) => setTimeout(resolve, 1000));
  t.same(counted(before, await scrape(stub)), { 'control 200': 1 });
  outgoing.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const after = await scrape(stub);
  t.same(counted(before, after), { 'control 200': 1 }, 'and not again when it ends');
  t.ok(after.value(`${DURATIONS}_sum`, { operation: 'control' }) < 1);
});

t.test('the time of a request stands in the buckets, in seconds', async (t) => {
  const stub = await start(t);
  const before = await scrape(stub);
  await stub.create(VALID, { headers: { prefer: 'delay=120' } });
  const after = await scrape(stub);
  const grown = growth(before, after, `${DURATIONS}_bucket`);
  const at = (le: string) => grown[`{le="${le}",operation="${CREATE}"}`] ?? 0;
  t.same([at('0.0005'), at('0.1'), at('10'), at('+Inf')], [0, 0, 1, 1]);
  t.ok(after.value(`${DURATIONS}_sum`, { operation: CREATE }) >= 0.12);
  t.ok(after.value(`${DURATIONS}_sum`, { operation: CREATE }) < 10);
});
