import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { RequestView } from '../../../src/control/requests/view.ts';
import { startTestStub, type TestStub, VALID } from '../../support/stub.ts';

interface Reader {
  headers: Headers;
  /** Resolves with the next event; with `undefined` when the stream has ended. */
  next(): Promise<RequestView | undefined>;
  leave(): Promise<void>;
}

async function read(t: Test, stub: TestStub, query = '', headers: Record<string, string> = {}): Promise<Reader> {
  const leaving = new AbortController();
  const response = await fetch(`${stub.url}/__admin/requests/stream${query}`, { headers, signal: leaving.signal });
  t.equal(response.status, 200);
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  /** The next piece of the stream between two empty lines, as it came. */
  async function piece(): Promise<string | undefined> {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end !== -1) {
        const found = text.slice(0, end);
        text = text.slice(end + 2);
        return found;
      }
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += value;
    }
  }
  t.equal(await piece(), 'retry: 1000');
  return {
    headers: response.headers,
    async next() {
      const found = await piece();
      if (found === undefined) return undefined;
      const [, id, data] = /^event: request\nid: (\S+)\ndata: (.+)$/.exec(found) ?? [];
      const view = JSON.parse(String(data)) as RequestView;
      t.equal(view.id, id);
      return view;
    },
    async leave() {
      await reader.cancel().catch(() => {});
      leaving.abort();
    },
  };
}

async function idsIn(stub: TestStub, query = ''): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  do {
    const path = `/__admin/requests?limit=1000${query}${cursor && `&cursor=${cursor}`}`;
    const { json } = await stub.send({ method: 'GET', path });
    ids.push(...json.requests.map(({ id }: RequestView) => id));
    cursor = json.nextCursor ?? '';
  } while (cursor !== '');
  return ids;
}

async function take(reader: Reader, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(String((await reader.next())?.id));
  return ids;
}

t.test('requests are streamed as they are answered, each once and in order, from the moment of asking', async (t) => {
  const stub = await startTestStub(t);
  await stub.create(VALID, { chatbotId: 'before' });
  const all = await read(t, stub);
  const one = await read(t, stub, '?chatbotId=c1');
  t.equal(all.headers.get('content-type'), 'text/event-stream');
  t.equal(all.headers.get('cache-control'), 'no-store');
  t.match(all.headers.get('x-stub-request-id'), /^[A-Za-z0-9]{20}$/);
  await Promise.all(
    Array.from({ length: 60 }, (_, index) => stub.create({ ...VALID, name: 'a\nb' }, { chatbotId: `c${index % 3}` })),
  );
  t.same(await take(all, 60), (await idsIn(stub)).slice(1));
  t.same(await take(one, 20), await idsIn(stub, '&chatbotId=c1'));
  await stub.send({ path: '/v1', headers: { authorization: 'Bearer test-token' } });
  const view = await all.next();
  const { json } = await stub.send({ method: 'GET', path: `/__admin/requests/${view?.id}` });
  t.same(view, json, 'an event holds what the journal shows');
  await all.leave();
  await one.leave();
});

t.test('a stream is resumed behind the last event, without loss and without repetition', async (t) => {
  const stub = await startTestStub(t);
  // More than are read at once.
  for (let count = 0; count < 150; count++) await stub.create(VALID, { chatbotId: count % 2 ? 'a' : 'b' });
  const ids = await idsIn(stub);
  const rows: [query: string, headers: Record<string, string>, expected: string[]][] = [
    ['', { 'last-event-id': String(ids[20]) }, ids.slice(21)],
    [`?lastEventId=${ids[147]}`, {}, ids.slice(148)],
    [`?lastEventId=${ids[0]}`, { 'last-event-id': String(ids[148]) }, ids.slice(149)],
    [`?chatbotId=a&lastEventId=${ids[100]}`, {}, ids.filter((_, index) => index > 100 && index % 2)],
    ['?lastEventId=unknown', {}, ids],
  ];
  for (const [query, headers, expected] of rows) {
    const reader = await read(t, stub, query, headers);
    const later = stub.create(VALID, { chatbotId: 'a' });
    t.same(await take(reader, expected.length), expected, query);
    const { headers: answered } = await later;
    t.equal((await reader.next())?.id, answered['x-stub-request-id'], 'and goes on');
    await reader.leave();
    await stub.send({ method: 'DELETE', path: '/__admin/requests?chatbotId=nobody' });
    ids.push(String(answered['x-stub-request-id']));
    for (const [, , others] of rows) if (others !== ids) others.push(String(answered['x-stub-request-id']));
  }
});

t.test('a stream takes the filters of the list, and means the same by them', async (t) => {
  const stub = await startTestStub(t);
  const filters = [
    'method=POST',
    'method=get',
    'status=201',
    'status=4xx',
    'status=5XX',
    'status=none',
    'path=/v1/inbox/c1/conversations',
    'path=/v1/inbox/c1',
    'text=GR%C3%9CSSE',
    'text=TOKEN%20IS%20unknown',
    'text=nowhere%20to%20be%20found',
    'chatbotId=c1&status=201&text=ada',
    'method=POST&status=2xx&path=/v1/inbox/c1/conversations&text=Ada',
  ];
  const readers = await Promise.all(filters.map((filter) => read(t, stub, `?${filter}`)));
  const reset = { match: { chatbotId: 'c2' }, effect: { connection: 'reset' } };
  await stub.send({
    path: '/__admin/faults',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(reset),
  });
  for (const chatbotId of ['c1', 'c2', 'c3']) {
    for (const name of ['Ada', 'Grüße', 'Grüsse']) await stub.create({ ...VALID, name }, { chatbotId }).catch(() => {});
    await stub.create({ name: 5 }, { chatbotId });
    await stub.create(VALID, { chatbotId, headers: { prefer: 'code=503' } });
    await stub.create(VALID, { chatbotId, headers: { authorization: 'Bearer wrong' } });
  }
  await stub.send({ method: 'GET', path: '/v1/inbox/c1' });
  const counts: number[] = [];
  for (const [index, filter] of filters.entries()) {
    const reader = readers[index] as Reader;
    const listed = await idsIn(stub, `&${filter}`);
    t.same(await take(reader, listed.length), listed, filter);
    const all = await read(t, stub, `?lastEventId=unknown&${filter}`);
    t.same(await take(all, listed.length), listed, `${filter}: of the past, too`);
    counts.push(listed.length);
    for (const one of [reader, all]) await one.leave();
  }
  t.same(counts, [18, 1, 6, 7, 3, 3, 6, 1, 3, 3, 0, 1, 1], 'each filter finds something else');
});

t.test('a stream sends nothing that its filter does not let through', async (t) => {
  const stub = await startTestStub(t);
  const reader = await read(t, stub, '?status=201&text=wanted');
  const make = (name: string, headers = {}) => stub.create({ ...VALID, name }, { headers });
  await make('other');
  await make('wanted', { authorization: 'Bearer wrong' });
  const { headers } = await make('Wanted');
  t.equal((await reader.next())?.id, headers['x-stub-request-id']);
  await reader.leave();
});

t.test('a stream ends cleanly when the server closes, and holds nothing up', async (t) => {
  const stub = await startTestStub(t, { shutdownGrace: 60_000 });
  const readers = [await read(t, stub), await read(t, stub, '?chatbotId=a')];
  await stub.create(VALID, { chatbotId: 'a' });
  for (const reader of readers) t.match(await reader.next(), { chatbotId: 'a' });
  await stub.stub.close();
  for (const reader of readers) t.equal(await reader.next(), undefined);
});

t.test('a stream that is looking through the journal ends cleanly, too', async (t) => {
  const stub = await startTestStub(t, { shutdownGrace: 60_000 });
  await createMany(stub, 'a', 100);
  const readers = [];
  // While the last of them begins, the first is under way.
  for (let opened = 0; opened < 4; opened++) readers.push(await read(t, stub, '?lastEventId=unknown&text=nowhere'));
  await stub.stub.close();
  for (const reader of readers) t.equal(await reader.next(), undefined);
});

/** Opens a stream on a bare socket, which does not read before it is told to. */
async function openRaw(stub: TestStub, query = ''): Promise<Socket> {
  const { hostname, port } = new URL(stub.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => {});
  socket.write(`GET /__admin/requests/stream${query} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await once(socket, 'readable');
  return socket;
}

/** Reads what has come and comes to a socket until it ends, or `count` events are there. */
async function idsFrom(socket: Socket, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const ids: string[] = [];
  // Only what ends no line yet is kept: looking through megabytes again with each piece that comes takes minutes.
  let begun = '';
  for await (const chunk of socket.setEncoding('latin1')) {
    const lines = (begun + chunk).split('\n');
    begun = lines.pop() as string;
    for (const line of lines) {
      const [, id] = /^id: (\S+)$/.exec(line) ?? [];
      if (id !== undefined) ids.push(id);
    }
    if (ids.length >= count) break;
  }
  return ids;
}

/** Fills the journal with more than the buffers between the two ends of a connection take. */
async function createMany(stub: TestStub, chatbotId: string, count: number): Promise<void> {
  const name = 'x'.repeat(100_000);
  for (let made = 0; made < count; made += 10) {
    await Promise.all(Array.from({ length: 10 }, () => stub.create({ ...VALID, name }, { chatbotId })));
  }
}

t.test('a reader that does not read is dropped when too much comes up, and can resume where it was', async (t) => {
  const stub = await startTestStub(t);
  await createMany(stub, 'a', 150);
  const one = await openRaw(stub, '?lastEventId=unknown&chatbotId=a');
  // What holds no such text is heard of, and not sent.
  const other = await openRaw(stub, '?lastEventId=unknown&text=/inbox/a/');
  let got: string[] = [];
  let ids: string[] = [];
  // Where more comes up before the buffers are full than after, nobody has to be dropped.
  for (let attempt = 0; attempt < 20 && got.length === ids.length; attempt++) {
    const all = await openRaw(stub, '?lastEventId=unknown');
    // Server and test take turns in one process: so many turns fill the buffers, however busy the machine is.
    for (let turn = 0; turn < 200; turn++) await stub.send({ method: 'GET', path: '/livez' });
    await createMany(stub, 'b', 20);
    ids = await idsIn(stub);
    got = await idsFrom(all, ids.length);
  }
  t.ok(got.length < ids.length, 'it was dropped before it had all');
  t.same(got, ids.slice(0, got.length), 'what it got was in order');
  // The last event may have come in part.
  const last = String(got.at(-2));
  const rest = ids.slice(ids.indexOf(last) + 1);
  const reader = await read(t, stub, '', { 'last-event-id': last });
  t.same(await take(reader, rest.length), rest);
  await reader.leave();
  t.same(await idsFrom(one, 150), ids.slice(0, 150), 'what other chatbots do counts against nobody');
  t.same(await idsFrom(other, 150), ids.slice(0, 150), 'nor does what its filter keeps out');
});

t.test('a reader that does not read does not hold up the closing of the server', async (t) => {
  const stub = await startTestStub(t, { shutdownGrace: 60_000 });
  await createMany(stub, 'a', 150);
  const socket = await openRaw(stub, '?lastEventId=unknown');
  await stub.stub.close();
  socket.destroy();
});

t.test('a reader that ends its side of the connection ends its stream', async (t) => {
  const stub = await startTestStub(t);
  const socket = await openRaw(stub);
  socket.end();
  socket.resume();
  await once(socket, 'end');
  const again = await openRaw(stub);
  again.resetAndDestroy();
  t.equal((await stub.create(VALID)).status, 201);
});

t.test('a stream is refused like everything else that is asked wrongly', async (t) => {
  const stub = await startTestStub(t);
  const ask = (query: string, headers = {}) =>
    stub.send({ method: 'GET', path: `/__admin/requests/stream${query}`, headers });
  t.match(await ask('?chatbot=a'), { status: 400, json: { detail: /did you mean chatbotId\?/ } });
  t.match(await ask('?status=9'), { status: 400, json: { detail: /a class such as 4xx, or none/ } });
  t.match(await ask('?text='), { status: 400 });
  t.match(await ask('?limit=5'), { status: 400 });
  t.match(await ask('', { origin: 'https://elsewhere.example' }), { status: 403 });
  const head = await stub.send({ method: 'HEAD', path: '/__admin/requests/stream' });
  t.equal(head.status, 405, 'an answer without a body that would not end');
});

t.test('two hundred read at once, and those whose connection was reset make room, first on it or not', async (t) => {
  const stub = await startTestStub(t);
  const { hostname, port } = new URL(stub.url);
  const socket = connect(Number(port), hostname);
  socket.write('GET /__admin/requests/stream HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(250));
  await once(socket, 'data');
  const ask = async (): Promise<Response> => {
    const response = await fetch(`${stub.url}/__admin/requests/stream`);
    if (response.status === 200) await response.body?.cancel();
    return response;
  };
  const refused = await ask();
  t.equal(refused.status, 429);
  t.equal(refused.headers.get('retry-after'), '1');
  t.match(await refused.json(), { detail: /There are 200 readers already/ });
  socket.resetAndDestroy();
  let { status } = refused;
  for (let tries = 0; tries < 100 && status !== 200; tries++) {
    // Nothing is read from such a connection. What is written to it shows that nobody is there.
    await stub.create(VALID);
    ({ status } = await ask());
  }
  t.equal(status, 200);
});
