import { once } from 'node:events';
import { connect } from 'node:net';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import type { RequestView } from '../../../src/control/requests/view.ts';
import { type Answer, pathOf, send, sendRaw, startTestStub, type TestStub, VALID } from '../../support/stub.ts';

const ask = (stub: Pick<TestStub, 'url'>, body: unknown): Promise<Answer> =>
  send(stub.url, {
    path: '/__admin/requests/wait',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const namesIn = ({ json }: Answer): string[] =>
  json.requests.map(({ request }: RequestView) => (request.body as typeof VALID).name);

t.test('a wait answers with the first that match, those of the past included', async (t) => {
  const stub = await startTestStub(t);
  for (const name of ['1', 'x', '2', '3']) await stub.create({ ...VALID, name }, { chatbotId: 'a' });
  const match = { chatbotId: 'a', body: { name: { $regex: '\\d' } } };
  t.same(namesIn(await ask(stub, { match, timeoutMs: 0 })), ['1']);
  t.same(namesIn(await ask(stub, { match, count: 2 })), ['1', '2']);
  const waiting = ask(stub, { match, count: 5, timeoutMs: 60_000 });
  for (const name of ['4', 'y', '5', '6']) await stub.create({ ...VALID, name }, { chatbotId: 'a' });
  t.same(namesIn(await waiting), ['1', '2', '3', '4', '5']);
  const { json } = await waiting;
  t.match(json.requests[0], { chatbotId: 'a', status: 201, decisions: [{ step: 'parsed' }, {}, {}, {}, {}, {}] });
});

t.test('no request is missed or counted twice, however waits and requests fall together', async (t) => {
  const stub = await startTestStub(t);
  const waits: Promise<Answer>[] = [];
  const creates: Promise<Answer>[] = [];
  for (let index = 0; index < 40; index++) {
    creates.push(stub.create({ ...VALID, name: `${index}` }, { chatbotId: 'a' }));
    waits.push(
      ask(stub, {
        match: { chatbotId: index % 2 === 0 ? 'a' : { $regex: '^a$' } },
        count: 40,
        timeoutMs: 60_000,
      }),
    );
  }
  await Promise.all(creates);
  const { json } = await stub.send({ method: 'GET', path: '/__admin/requests?chatbotId=a' });
  const order = json.requests.map(({ id }: RequestView) => id);
  t.equal(order.length, 40);
  for (const answer of await Promise.all(waits)) {
    t.same(
      answer.json.requests.map(({ id }: RequestView) => id),
      order,
    );
  }
});

t.test('500 waiters at once get each its own request', async (t) => {
  const stub = await startTestStub(t);
  const chatbots = Array.from({ length: 500 }, (_, index) => `c${index}`);
  const waits = chatbots.map((chatbotId) => ask(stub, { match: { chatbotId, status: 201 }, timeoutMs: 60_000 }));
  for (const chatbotId of chatbots) await stub.create({ ...VALID, name: chatbotId }, { chatbotId });
  t.same((await Promise.all(waits)).flatMap(namesIn), chatbots);
});

t.test('a wait in vain is a 408 with what came nearest, and why it missed', async (t) => {
  const stub = await startTestStub(t);
  const wait = (match: object, more = {}) => ask(stub, { match, timeoutMs: 20, ...more });
  t.match(
    (await wait({ chatbotId: 'a' })).json.detail,
    '0 of 1 requests matched within 20 ms. No request of chatbot a has arrived.',
  );
  t.match((await wait({})).json, { detail: /No request has arrived\.$/, nearMisses: [] });
  await stub.create({ name: 'older' }, { chatbotId: 'a' });
  await stub.create({ ...VALID, name: 'John', email: 'x' }, { chatbotId: 'a' });
  await stub.create({ name: 'newer' }, { chatbotId: 'a' });
  await stub.create({ name: 'newest', email: 'x@y.z' }, { chatbotId: 'a' });
  await stub.create({ ...VALID, name: 'Johnny' }, { chatbotId: 'b' });
  const answer = await wait({ chatbotId: 'a', status: 201, body: { name: { $regex: '^John' }, email: 'x@y.z' } });
  t.equal(answer.status, 408);
  t.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
  t.match(answer.json, { found: 0, requests: [], title: 'Request Timeout' });
  t.equal(
    answer.json.detail,
    `0 of 1 requests matched within 20 ms. Nearest: POST ${pathOf('a')} 400: status is 400, not 201; body/name is "newest" and does not match ^John.`,
  );
  t.match(
    answer.json.nearMisses.map(({ request, mismatches }: { request: RequestView; mismatches: object }) => [
      (request.request.body as typeof VALID).name,
      mismatches,
    ]),
    [
      [
        'newest',
        [
          { field: 'status', expected: 201, actual: 400 },
          { field: 'body/name', expected: { $regex: '^John' }, actual: 'newest' },
        ],
      ],
      ['John', [{ field: 'status' }, { field: 'body/email', expected: 'x@y.z', actual: 'x' }]],
      ['newer', [{ field: 'status' }, { field: 'body/name' }, { field: 'body/email', expected: 'x@y.z' }]],
    ],
  );
  t.notOk('actual' in answer.json.nearMisses[2].mismatches[2], 'nothing is there');
  const some = await wait({ chatbotId: 'a', body: { name: { $regex: 'e' } } }, { count: 4 });
  t.match(some.json, { found: 3, requests: [{}, {}, {}], nearMisses: [{ request: { status: 400 } }] });
  t.match(some.json.detail, /^3 of 4 /);
  const far = await wait({ chatbotId: { $exists: true }, body: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 } });
  t.match(far.json.detail, /Nearest: .*\/b\/.* 201: body\/a is absent, not 1; .*body\/e is absent, not 5; 2 more\.$/);
});

t.test('near misses are looked for among the newest thousand', async (t) => {
  const stub = await startTestStub(t);
  await stub.create({ ...VALID, name: 'nearest' }, { chatbotId: 'a' });
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(Array.from({ length: 50 }, () => stub.create({ name: 'far' }, { chatbotId: 'a' })));
  }
  const { json } = await ask(stub, {
    match: { chatbotId: 'a', status: 201, body: { name: 'x' } },
    timeoutMs: 0,
  });
  t.same(new Set(json.nearMisses.map(({ request }: { request: RequestView }) => request.status)), new Set([400]));
});

/** The bytes of a wait on a connection that the client keeps. */
function waitRequest(body: object): string {
  const text = JSON.stringify(body);
  return `POST /__admin/requests/wait HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}

t.test('a request that was not answered is a near miss, too', async (t) => {
  const stub = await startTestStub(t);
  const { hostname, port } = new URL(stub.url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.write(`POST ${pathOf('a')} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n`);
  await once(socket, 'data');
  socket.resetAndDestroy();
  const { json } = await ask(stub, { match: { chatbotId: 'a', status: null }, timeoutMs: 60_000 });
  t.match(json.requests, [{ status: null }]);
  const answer = await ask(stub, { match: { chatbotId: 'a', status: 201 }, timeoutMs: 0 });
  t.match(answer.json.detail, `Nearest: POST ${pathOf('a')} (not answered): status is absent, not 201.`);
});

t.test('a wait ends with a 503 when the server closes, which does not wait for the connection', async (t) => {
  const stub = await startTestStub(t, { shutdownGrace: 60_000 });
  const waits = ['a', 'b'].map((chatbotId) =>
    sendRaw(stub.url, waitRequest({ match: { chatbotId }, timeoutMs: 60_000 })),
  );
  // On a connection behind theirs: they wait when it is answered.
  await ask(stub, { match: {}, timeoutMs: 0 });
  await stub.stub.close();
  for (const answer of await Promise.all(waits)) t.match(answer, /^HTTP\/1\.1 503 .*The server closes.*"found":0/s);
});

t.test('a client that ends its side of the connection ends its wait', async (t) => {
  const stub = await startTestStub(t);
  const { hostname, port } = new URL(stub.url);
  const bytes = waitRequest({ match: { chatbotId: 'a' }, timeoutMs: 60_000 });
  for (const isLater of [false, true]) {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.write(bytes);
    if (isLater) await ask(stub, { match: {}, timeoutMs: 0 });
    socket.end();
    const [answer] = await once(socket.setEncoding('utf8'), 'data');
    t.match(answer, /^HTTP\/1\.1 408 .*The client closed its side/s, isLater ? 'later' : 'together with its request');
    socket.destroy();
  }
});

t.test('many waits on one connection are answered in turn, and warn of nothing', async (t) => {
  const stub = await startTestStub(t);
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  process.on('warning', hear);
  t.teardown(() => process.off('warning', hear));
  const wait = waitRequest({ match: { chatbotId: 'a' }, timeoutMs: 1 });
  const last = wait.replace('host: localhost', 'host: localhost\r\nconnection: close');
  const answers = await sendRaw(stub.url, wait.repeat(11) + last);
  t.equal(answers.match(/HTTP\/1\.1 408/g)?.length, 12);
  t.same(warnings, []);
});

t.test('a wait is over in time while another process keeps the journal from being written', async (t) => {
  const stub = await startTestStub(t);
  const other = new Sqlite(stub.file);
  other.exec('BEGIN IMMEDIATE');
  const create = stub.create(VALID, { chatbotId: 'a' });
  // On a connection behind: what was asked for before now waits for the lock.
  await stub.send({ method: 'GET', path: '/__admin/clock' });
  const { status, json } = await ask(stub, { match: { chatbotId: 'b' }, timeoutMs: 0 });
  other.exec('ROLLBACK');
  other.close();
  t.equal(status, 408);
  t.match(
    json.detail,
    /There was no time to look for what came nearest\. There was no time to read all of the journal/,
  );
  t.equal((await create).status, 201);
});
