import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { resolveSettings } from '../../../src/config.ts';
import { openContext } from '../../../src/context.ts';
import { renderProblem } from '../../../src/control/problem.ts';
import { createArrivals } from '../../../src/control/requests/arrivals.ts';
import replay from '../../../src/control/requests/replay.ts';
import type { RequestView } from '../../../src/control/requests/view.ts';
import { compileValidator } from '../../../src/control/validation.ts';
import { createLogger } from '../../../src/logging.ts';
import { buildServer } from '../../../src/server.ts';
import { startStub } from '../../../src/start.ts';
import { admin, createIn, makeChatbot } from '../../support/admin.ts';
import { waitFor } from '../../support/journal.ts';
import {
  type Answer,
  PERMISSION,
  pathOf,
  send,
  sendRaw,
  startTestStub,
  type TestStub,
  VALID,
} from '../../support/stub.ts';

const idOf = ({ headers }: Answer): string => String(headers['x-stub-request-id']);

async function entryOf(stub: TestStub, id: string): Promise<RequestView> {
  const answer = await admin(stub, 'GET', `/requests/${id}`);
  if (answer.status !== 200) throw new Error(`no entry: ${answer.text}`);
  return answer.json;
}

/** Sends a request again and gives back what became of it. */
async function again(t: Test, stub: TestStub, id: string): Promise<{ status: number | null; entry: RequestView }> {
  const { status, json } = await admin(stub, 'POST', `/requests/${id}/replay`);
  t.equal(status, 201, JSON.stringify(json));
  t.same(Object.keys(json), ['id', 'status', 'replayOf']);
  t.equal(json.replayOf, id);
  const entry = await entryOf(stub, json.id);
  t.equal(entry.request.headers['x-stub-replay-of'], id, 'the journal says what it repeats');
  t.not(entry.id, id);
  return { status: json.status, entry };
}

const OF_THE_CONNECTION = ['connection', 'content-length', 'transfer-encoding', 'expect', 'x-stub-replay-of'];

/** What the sender said, without what is about the connection. */
function said({ method, path, query, request }: RequestView): object {
  const headers = Object.entries(request.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name));
  return { method, path, query, ...request, headers: Object.fromEntries(headers) };
}

const last = ({ decisions }: RequestView) => decisions.at(-1);

t.test('a request that was right is right again: the same words, the same token, another conversation', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'a/b ü'.replace('/', '-') });
  const headers = { 'x-twice': ['a', 'b'], 'accept-language': 'de', referer: 'http://localhost/x?token=abc' };
  const answer = await createIn(stub, made, { note: 'ä 🎉', channelId: 'web' }, headers);
  t.equal(answer.status, 201);
  const first = await entryOf(stub, idOf(answer));
  t.match(first.decisions[1], { step: 'credential', outcome: 'passed', tokenId: made.tokenId });

  const { status, entry } = await again(t, stub, first.id);
  t.equal(status, 201);
  t.match(entry, { status: 201, chatbotId: made.chatbotId });
  t.same(said(entry), said(first));
  t.equal(entry.request.headers['connection'], 'close');
  t.match(entry.decisions[1], first.decisions[1] as object);
  t.not(last(entry)?.detail, last(first)?.detail);
  t.equal(stub.rows().length, 2);
  const third = await again(t, stub, entry.id);
  t.equal(third.status, 201, 'what was sent again can be sent again');
});

t.test('every way to send the credential counts again, that of STUB_TOKEN, too', async (t) => {
  const stub = await startTestStub(t, { token: 'the-token-of-the-settings' });
  const own = stub.mint([{ permission: PERMISSION, resource: 'chatbots/mine' }]);
  const rows: [name: string, headers: OutgoingHttpHeaders, tokenId: string][] = [
    ['Bearer', { authorization: `Bearer ${own.credential}` }, own.token.id],
    ['x-chatcaptain-key', { authorization: undefined, 'x-chatcaptain-key': own.credential }, own.token.id],
    ['both', { authorization: `bearer ${own.credential}`, 'x-chatcaptain-key': own.credential }, own.token.id],
    ['STUB_TOKEN', { authorization: 'Bearer the-token-of-the-settings' }, 'STUB_TOKEN'],
  ];
  for (const [name, headers, tokenId] of rows) {
    const answer = await stub.create(VALID, { chatbotId: 'mine', headers });
    t.equal(answer.status, 201, name);
    const { status, entry } = await again(t, stub, idOf(answer));
    t.equal(status, 201, name);
    t.match(entry.decisions[1], { step: 'credential', tokenId }, name);
    const text = JSON.stringify(entry);
    for (const secret of [own.credential, 'the-token-of-the-settings']) t.notOk(text.includes(secret), name);
  }
});

t.test('what the token may do counts as it is now', async (t) => {
  const stub = await startTestStub(t);
  const { token, credential } = stub.mint([{ permission: PERMISSION, resource: 'chatbots/mine' }]);
  const headers = { authorization: `Bearer ${credential}` };
  const good = idOf(await stub.create(VALID, { chatbotId: 'mine', headers }));
  const denied = idOf(await stub.create(VALID, { chatbotId: 'other', headers }));
  t.match(await again(t, stub, denied), { status: 403, entry: { decisions: [{}, { tokenId: token.id }, {}] } });

  await admin(stub, 'DELETE', `/tokens/${token.id}`);
  for (const id of [good, denied]) {
    const { status, entry } = await again(t, stub, id);
    t.equal(status, 401);
    t.match(last(entry), { step: 'credential', outcome: 'refused', detail: 'The token is revoked' });
    t.equal(last(entry)?.tokenId, undefined);
  }
  const made = await makeChatbot(stub, { expiresIn: 60 });
  const fleeting = idOf(await createIn(stub, made));
  await admin(stub, 'PUT', `/clock?chatbotId=${made.chatbotId}`, { advanceMs: 61_000 });
  t.match(last((await again(t, stub, fleeting)).entry), { detail: 'The token is expired' });
  const gone = await makeChatbot(stub);
  await createIn(stub, gone);
  const [kept] = (await admin(stub, 'GET', `/requests?chatbotId=${gone.chatbotId}`)).json.requests;
  t.equal((await again(t, stub, kept.id)).status, 201);
  await admin(stub, 'PUT', `/snapshots/empty`);
  t.equal(stub.rows().filter(({ chatbot_id }) => chatbot_id === 'mine').length, 1, 'what was refused stored nothing');
});

t.test('a request that was refused for its credential is sent with what the journal has of it', async (t) => {
  const stub = await startTestStub(t);
  const rows: [name: string, headers: OutgoingHttpHeaders, says: RegExp][] = [
    ['none', { authorization: undefined }, /^No credential/],
    ['a wrong one', { authorization: 'Bearer wrong-credential' }, /unknown/],
    ['another scheme', { authorization: 'Basic d3Jvbmc6b25l' }, /must be Bearer/],
    ['a wrong key', { authorization: undefined, 'x-chatcaptain-key': 'wrong-credential' }, /unknown/],
    ['a name that was one', { authorization: 'Bearer wrong-credential', 'wrong-credential': 'x' }, /unknown/],
  ];
  for (const [name, headers, says] of rows) {
    const first = idOf(await stub.create(VALID, { headers }));
    const { status, entry } = await again(t, stub, first);
    t.equal(status, 401, name);
    t.match(last(entry), { step: 'credential', outcome: 'refused', detail: says }, name);
  }
  t.same(stub.rows(), []);
});

t.test('what was wrong is wrong in the same way, and right once nothing breaks it any more', async (t) => {
  const stub = await startTestStub(t);
  const bytes = Buffer.from([0xff, 0x00, 0xfe]);
  const key = { authorization: 'Bearer test-token' };
  const json = { ...key, 'content-type': 'application/json' };
  const rows: [name: string, answer: Answer][] = [
    ['malformed JSON', await stub.create('{"name": ')],
    ['bytes', await stub.create(bytes)],
    ['JSON with a mark in front', await stub.create(`\ufeff${JSON.stringify(VALID)}`)],
    ['text', await stub.create('plain', { headers: { 'content-type': 'text/plain' } })],
    ['an invalid body', await stub.create({ name: 5 })],
    ['a property twice', await stub.create('{"name": 5, "name": "Ada", "channelId": "web"}')],
    ['no body', await stub.send({ path: pathOf('a'), headers: key })],
    ['a body with GET', await stub.send({ method: 'GET', path: pathOf('a'), headers: json, body: '{"a": 1}' })],
    ['a query and a slash', await stub.create(VALID, { chatbotId: 'a', headers: { 'x-a': '' } })],
    ['another method', await stub.send({ method: 'DELETE', path: `${pathOf('a')}/?a=b&c` })],
    ['the methods', await stub.send({ method: 'OPTIONS', path: pathOf('a') })],
    ['no such path', await stub.send({ method: 'GET', path: '/nothing//a/../%2e?' })],
    ['another host', await stub.send({ method: 'GET', path: '//evil.example/v1', headers: { host: 'evil.example' } })],
    ['a broken path', await stub.create(VALID, { chatbotId: '%ZZ' })],
    ['a control character', await stub.create(VALID, { chatbotId: '%00' })],
    ['a preference', await stub.create(VALID, { headers: { prefer: 'code=429' } })],
    ['an error', await stub.create(VALID, { headers: { prefer: 'error="no"' } })],
    ['an Expect', await stub.create(VALID, { headers: { expect: 'wonders' } })],
  ];
  for (const [name, answer] of rows) {
    const first = await entryOf(stub, idOf(answer));
    const { status, entry } = await again(t, stub, first.id);
    t.equal(status, answer.status, name);
    t.same(said(entry), said(first), name);
    t.equal(entry.request.headers['expect'], undefined, name);
    t.same(
      entry.decisions.filter(({ step }) => step !== 'stored'),
      first.decisions.filter(({ step }) => step !== 'stored'),
      `${name}: for the same reasons`,
    );
  }

  const made = await makeChatbot(stub);
  const fault = await admin(stub, 'POST', '/faults', {
    match: { chatbotId: made.chatbotId },
    effect: { status: 429 },
  });
  const broken = idOf(await createIn(stub, made));
  t.equal((await again(t, stub, broken)).status, 429);
  await admin(stub, 'DELETE', `/faults/${fault.json.id}`);
  t.equal((await again(t, stub, broken)).status, 201);
});

t.test('one without Host is sent without, where that was what is wrong with it', async (t) => {
  const stub = await startTestStub(t);
  const path = pathOf('a');
  const ended = 'connection: close\r\n\r\n';
  for (const [version, status] of [
    ['1.1', 400],
    ['1.0', 401],
  ] as const) {
    const text = await sendRaw(stub.url, `POST ${path} HTTP/${version}\r\n${ended}`);
    const [, id = ''] = /x-stub-request-id: (\w+)/.exec(text) ?? [];
    t.equal((await again(t, stub, id)).status, status, version);
  }
});

t.test('one that came as HTTP/1.0 and without Host is refused for its own reason again', async (t) => {
  const stub = await startTestStub(t);
  const headers = 'authorization: Bearer test-token\r\ncontent-type: application/json\r\ncontent-length: 2';
  const text = await sendRaw(stub.url, `POST ${pathOf('a')} HTTP/1.0\r\n${headers}\r\n\r\n{}`);
  const [, id = ''] = /x-stub-request-id: (\w+)/.exec(text) ?? [];
  const { status, entry } = await again(t, stub, id);
  t.equal(status, 400);
  t.match(last(entry), { step: 'validated', outcome: 'refused' });
  t.same(entry.decisions, (await entryOf(stub, id)).decisions);
});

t.test('headers are sent byte by byte as they came, whatever the body is', async (t) => {
  const stub = await startTestStub(t);
  for (const body of [JSON.stringify({ ...VALID, name: 'Zoë' }), Buffer.from([0xff]), undefined]) {
    const first = await entryOf(
      stub,
      idOf(await stub.create(body, { headers: { 'x-name': 'caf\u00e9 \u00c3\u00a9' } })),
    );
    const { entry } = await again(t, stub, first.id);
    t.equal(entry.request.headers['x-name'], first.request.headers['x-name'], String(body));
  }
});

t.test('a fault that breaks the connection fires, and the entry is there', async (t) => {
  const stub = await startTestStub(t);
  for (const [connection, status] of [
    ['reset', null],
    ['empty', null],
    ['garbage', null],
    ['truncate', 201],
  ] as const) {
    const made = await makeChatbot(stub);
    const first = idOf(await createIn(stub, made));
    await admin(stub, 'POST', '/faults', { match: { chatbotId: made.chatbotId }, effect: { connection } });
    const repeated = await again(t, stub, first);
    t.equal(repeated.status, status, connection);
    t.equal(repeated.entry.status, status, connection);
    t.match(last(repeated.entry), { step: 'fault', outcome: 'applied' }, connection);
    t.equal((await again(t, stub, repeated.entry.id)).status, status, 'and again');
  }
});

t.test('404 for what the journal does not have, 409 for what it does not have whole', async (t) => {
  const stub = await startTestStub(t, { bodyLimit: 3 * 1024 * 1024 });
  t.match(await admin(stub, 'POST', '/requests/none/replay'), {
    status: 404,
    json: { detail: /^There is no request none\. /, dropped: 0 },
  });
  t.equal((await admin(stub, 'POST', '/requests/none/replay?all=true')).status, 400);
  t.equal((await admin(stub, 'GET', '/requests/none/replay')).status, 405);

  await sendRaw(stub.url, `CONNECT ${pathOf('a')} HTTP/1.1\r\nbad header\r\n\r\n`);
  await sendRaw(stub.url, `POST ${pathOf('a')} HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n`);
  const unreadable: RequestView[] = (await admin(stub, 'GET', '/requests')).json.requests;
  t.equal(unreadable.length, 2);
  const max = 1024 * 1024;
  const body = (length: number): string => JSON.stringify({ ...VALID, note: 'x'.repeat(length) });
  const room = max - body(0).length;
  const rows: [id: string, says: RegExp][] = [
    ...unreadable.map(({ id }): [string, RegExp] => [id, /no valid HTTP/]),
    [idOf(await stub.create(body(room + 1))), /longer than 1 MiB/],
    [idOf(await stub.create(body(3 * max))), /was not read/],
  ];
  const before = stub.rows().length;
  for (const [id, says] of rows) {
    const { status, json } = await admin(stub, 'POST', `/requests/${id}/replay`);
    t.equal(status, 409);
    t.match(json.detail, says);
  }
  t.equal(stub.rows().length, before);
  t.equal((await again(t, stub, idOf(await stub.create(body(room))))).status, 201, 'exactly 1 MiB is whole');

  const path = pathOf('broken-off');
  const socket = connect(Number(new URL(stub.url).port), '127.0.0.1');
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"nam`);
  await once(socket, 'connect');
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.resetAndDestroy();
  const [left] = await waitFor(stub, { path });
  t.match(left, { status: null });
  t.match(await admin(stub, 'POST', `/requests/${left?.id}/replay`), { status: 409, json: { detail: /not read/ } });
});

t.test('headers that have become too large are refused, and their entry is named', async (t) => {
  const stub = await startTestStub(t);
  // Just below the 16 KiB that Node takes.
  let length = 16_384;
  let answer: Answer;
  do {
    length -= 10;
    answer = await stub.create(VALID, { headers: { 'x-long': 'x'.repeat(length) } });
  } while (answer.status === 431);
  t.equal(answer.status, 201);
  const { status, json } = await admin(stub, 'POST', `/requests/${idOf(answer)}/replay`);
  t.match([status, json.status], [201, 431]);
  t.equal((await entryOf(stub, json.id)).status, 431);
});

/** Begins to send a request again that will be answered late, and resolves when it has come in. */
async function beginLate(stub: TestStub, init: RequestInit = {}) {
  const made = await makeChatbot(stub);
  const first = idOf(await createIn(stub, made));
  const effect = { delayMs: 400, status: 500 };
  const fault = (await admin(stub, 'POST', '/faults', { match: { chatbotId: made.chatbotId }, effect })).json;
  const call = fetch(`${stub.url}/__admin/requests/${first}/replay`, { method: 'POST', ...init });
  while ((await admin(stub, 'GET', `/faults/${fault.id}`)).json.fired === 0);
  return { first, call };
}

t.test('a caller that leaves ends what it has asked for', async (t) => {
  const stub = await startTestStub(t);
  const leaving = new AbortController();
  const { first, call } = await beginLate(stub, { signal: leaving.signal });
  leaving.abort();
  await t.rejects(call);
  const [entry] = await waitFor(stub, { headers: { 'x-stub-replay-of': first } });
  t.match(last(entry as RequestView), { step: 'sent', outcome: 'failed' }, 'nobody was there for the answer');
});

t.test('a server that closes lets nobody wait', async (t) => {
  const stub = await startTestStub(t, { shutdownGrace: 60_000 });
  const { call } = await beginLate(stub);
  const [answer] = await Promise.all([call, stub.stub.close()]);
  t.equal(answer.status, 503);
  t.match(await answer.json(), { detail: /^No answer came to the request \w{20}: the server closes\.$/ });
});

/** A server whose replays, under `/__admin/hasty`, are given up after so many milliseconds. */
async function startHasty(t: Test, patience: number, beforeItCloses = async (): Promise<void> => {}) {
  const settings = resolveSettings({ options: { database: ':memory:', logLevel: 'silent' } });
  const context = openContext(settings, await createLogger({ level: 'silent', format: 'json' }));
  const app = await buildServer(context);
  await app.register(
    async (scope) => {
      scope.setErrorHandler(renderProblem);
      scope.setValidatorCompiler(compileValidator);
      await scope.register(replay, { context, patience });
    },
    { prefix: '/__admin/hasty' },
  );
  app.addHook('preClose', beforeItCloses);
  const url = await app.listen({ port: 0 });
  t.teardown(async () => {
    await app.close();
    await context.groupCommit.drain();
    context.held.letGo();
  });
  const { credential } = context.tokens.create({ grants: [{ permission: '*', resource: 'chatbots/*' }] });
  const headers = { authorization: `Bearer ${credential}`, 'content-type': 'application/json' };
  return { app, url, headers };
}

t.test('an answer that does not come is given up, and without a connection there is none', async (t) => {
  const { app, url, headers } = await startHasty(t, 100);
  const sent = { path: pathOf('a'), headers: { ...headers, prefer: 'delay=600' }, body: JSON.stringify(VALID) };
  const path = `/__admin/hasty/requests/${idOf(await send(url, sent))}/replay`;
  t.match(await send(url, { path }), { status: 503, json: { detail: /given up after 100 ms/ } });
  const injected = await app.inject({ method: 'POST', url: path });
  t.match(injected.json(), { status: 409, detail: /over no connection/ });
});

t.test('a server that closes already lets nobody wait either', async (t) => {
  const closing = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { app, url, headers } = await startHasty(t, 60_000, async () => {
    closing.resolve();
    await gate.promise;
  });
  const sent = { path: pathOf('a'), headers: { ...headers, prefer: 'delay=600' }, body: JSON.stringify(VALID) };
  const path = `/__admin/hasty/requests/${idOf(await send(url, sent))}/replay`;
  const closed = app.close();
  await closing.promise;
  t.match(await send(url, { path }), { status: 503, json: { detail: /the server closes\.$/ } });
  gate.resolve();
  await closed;
});

t.test('a server that takes no connection any more cannot be sent anything', async (t) => {
  const { app, url } = await startHasty(t, 60_000);
  const first = idOf(await send(url, { path: pathOf('a') }));
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  await new Promise((resolve) => setTimeout(resolve, 50));
  // Only the door: what is connected is answered.
  app.server.close();
  socket.write(`POST /__admin/hasty/requests/${first}/replay HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  t.match(text, /^HTTP\/1\.1 503 .*could not be sent: connect ECONNREFUSED/s);
});

t.test('nobody else comes in with the id or the token of what is under way', async (t) => {
  const arrivals = createArrivals();
  const ends = { localAddress: '127.0.0.1', localPort: 50_000, remoteAddress: '127.0.0.1', remotePort: 4650 };
  const socketOf = (more = {}) => Object.assign(new EventEmitter(), { ...ends, ...more }) as unknown as Socket;
  /** A request as it comes in over this connection. */
  const requestOver = ({ localAddress, localPort, remoteAddress, remotePort }: Partial<Socket>) => {
    const socket = {
      remoteAddress: localAddress,
      remotePort: localPort,
      localAddress: remoteAddress,
      localPort: remotePort,
    };
    return { socket } as unknown as IncomingMessage;
  };
  const seen = (request: IncomingMessage) => [arrivals.idOf(request), arrivals.tokenIdOf(request)];
  const ours = socketOf();
  arrivals.expect(ours, { id: 'new', tokenId: 'token' });
  for (const other of [
    { localPort: 50_001 },
    { localAddress: '127.0.0.2' },
    { remotePort: 4651 },
    { remoteAddress: '127.0.0.2' },
  ]) {
    t.same(seen(requestOver({ ...ends, ...other })), [undefined, undefined], JSON.stringify(other));
  }
  const request = requestOver(ends);
  t.same(seen(request), ['new', 'token'], 'the one that was announced');
  t.equal(arrivals.tokenIdOf(request), 'token', 'for as long as it is answered');
  t.same(seen(requestOver(ends)), [undefined, undefined], 'once');

  arrivals.expect(socketOf(), { id: 'without a token' });
  t.same(seen(requestOver(ends)), ['without a token', undefined]);

  const died = socketOf();
  arrivals.expect(died, { id: 'never sent', tokenId: 'token' });
  died.emit('close');
  t.same(seen(requestOver(ends)), [undefined, undefined], "the port is somebody else's by now");
});

t.test('others that ask at the same time are themselves', async (t) => {
  const stub = await startTestStub(t);
  const { credential } = stub.mint([{ permission: PERMISSION, resource: 'chatbots/mine' }]);
  const first = idOf(
    await stub.create(VALID, { chatbotId: 'mine', headers: { authorization: `Bearer ${credential}` } }),
  );
  const results = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      if (index % 2) {
        const { json } = await admin(stub, 'POST', `/requests/${first}/replay`);
        return [json.status, json.id];
      }
      // What the journal shows of a request is no way in.
      const headers = { authorization: 'Bearer [redacted]', 'x-stub-replay-of': first, 'x-stub-request-id': first };
      const answer = await stub.create(VALID, { chatbotId: 'mine', headers });
      return [answer.status, idOf(answer)];
    }),
  );
  t.same(
    results.map(([status]) => status),
    results.map((_, index) => (index % 2 ? 201 : 401)),
  );
  t.equal(new Set(results.map(([, id]) => id)).size, 60);
  t.equal(stub.rows().length, 31);
});

t.test('it goes to the address at which it was asked for, whatever that is', async (t) => {
  const rows: [host: string, url: (port: string) => string][] = [
    ['::', (port) => `http://[::1]:${port}`],
    ['::', (port) => `http://127.0.0.1:${port}`],
    ['0.0.0.0', (port) => `http://127.0.0.2:${port}`],
  ];
  for (const [host, urlOf] of rows) {
    await using stub = await startStub({ host, adminToken: 'admin', token: 'test-token' });
    const url = urlOf(new URL(stub.url).port);
    const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
    const answer = await fetch(`${url}${pathOf('a')}`, { method: 'POST', headers, body: JSON.stringify(VALID) });
    const target = `${url}/__admin/requests/${answer.headers.get('x-stub-request-id')}/replay`;
    t.equal((await fetch(target, { method: 'POST' })).status, 401, 'for the holder of the admin token only');
    const again = await fetch(target, { method: 'POST', headers: { authorization: 'Bearer admin' } });
    t.match(await again.json(), { status: 201 }, url);
  }
});
