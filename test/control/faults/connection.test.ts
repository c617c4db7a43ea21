import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { resolveSettings } from '../../../src/config.ts';
import { openContext } from '../../../src/context.ts';
import { createLogger } from '../../../src/logging.ts';
import { buildServer } from '../../../src/server.ts';
import { admin } from '../../support/admin.ts';
import { pathOf, startTestStub, type TestStub, VALID } from '../../support/stub.ts';
import { faultSteps, firedOf, journal, makeFault, select } from './support.ts';

const KINDS = ['reset', 'empty', 'truncate', 'garbage'] as const;
type Kind = (typeof KINDS)[number];

const GARBAGE = '\x00\xff\x16\x03\x7f\x80\r\n\xfe\x01\r\n\r\n';
const CUT = '{"conversationId":"';

const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
const body = JSON.stringify(VALID);

/** A request as bytes. */
function bytesOf(chatbotId: string): string {
  const lines = Object.entries({ host: 'localhost', ...headers, 'content-length': body.length });
  return `POST ${pathOf(chatbotId)} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

function open(stub: { url: string }): Socket {
  const { hostname, port } = new URL(stub.url);
  return connect({ port: Number(port), host: hostname, allowHalfOpen: true });
}

/** What a client sees on the wire: the bytes, and how the connection ended. */
async function wire(stub: TestStub, bytes: string): Promise<{ text: string; ended: string }> {
  const socket = open(stub);
  let text = '';
  let ended = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  socket.on('end', () => socket.end(() => (ended ||= 'FIN')));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ended = String(error.code);
  });
  socket.write(bytes);
  await once(socket, 'close').catch(() => {});
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return { text, ended };
}

/** What an HTTP client makes of it. */
function ask(stub: TestStub, chatbotId: string, agent = new Agent()): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request(stub.url + pathOf(chatbotId), { method: 'POST', headers, agent }, (response) => {
      response.on('error', (error: NodeJS.ErrnoException) => resolve(`${response.statusCode}, then ${error.code}`));
      response.on('end', () => resolve(`${response.statusCode}, whole`));
      response.resume();
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code} ${error.message}`));
    outgoing.end(body);
  });
}

for (const kind of KINDS) {
  const isAnswered = kind === 'truncate';

  t.test(`${kind}: is real on the socket, stores no conversation, and stands in the journal`, async (t) => {
    const stub = await startTestStub(t);
    const fault = await makeFault(stub, { match: { chatbotId: kind }, effect: { connection: kind } });
    const { text, ended } = await wire(stub, bytesOf(kind));
    t.equal(ended, kind === 'reset' ? 'ECONNRESET' : 'FIN');
    const [head, cut] = text.split('\r\n\r\n');
    if (isAnswered) {
      t.match(head, /^HTTP\/1\.1 201 Created\r\nx-stub-request-id: \w{20}\r\n/);
      t.match(head, /\r\ncontent-type: application\/json; charset=utf-8\r\ncontent-length: 41\r\n/);
      t.equal(cut, CUT);
    } else t.equal(text, kind === 'garbage' ? GARBAGE : '');

    const expected: Record<Kind, RegExp> = {
      reset: /^ECONNRESET read ECONNRESET$/,
      empty: /^ECONNRESET socket hang up$/,
      truncate: /^201, then ECONNRESET$/,
      garbage: /^HPE_/,
    };
    t.match(await ask(stub, kind), expected[kind]);
    const failed = fetch(stub.url + pathOf(kind), { method: 'POST', headers, body }).then((answer) => answer.text());
    await t.rejects(failed, isAnswered ? /terminated/ : /fetch failed/);

    t.same(stub.rows(), []);
    t.equal(await firedOf(stub, fault), 3);
    const entries = await journal(stub);
    t.equal(entries.length, 3);
    for (const [index, entry] of entries.entries()) {
      t.same(faultSteps(entry), [
        `applied: fault ${fault.id}: connection ${kind}, ${index + 1} of any number of times`,
      ]);
      t.match(entry, { status: isAnswered ? 201 : null, response_body: isAnswered ? CUT : null, request_body: body });
      t.equal(Object.keys(JSON.parse(entry.response_headers)).length, isAnswered ? 3 : 0, 'what has left, no more');
    }
    t.equal((await stub.create(VALID)).status, 201, 'the server goes on');
  });

  t.test(`${kind}: behind other requests on the same connection, their answers come whole`, async (t) => {
    const stub = await startTestStub(t);
    await makeFault(stub, { match: { chatbotId: 'slow' }, effect: { delayMs: 100 } });
    await makeFault(stub, { match: { chatbotId: kind }, effect: { connection: kind } });
    const { text, ended } = await wire(stub, bytesOf('slow') + bytesOf('quick') + bytesOf(kind) + bytesOf(kind));
    t.equal(ended, kind === 'reset' ? 'ECONNRESET' : 'FIN');
    const ids = stub.rows().map(({ chatbot_id, id }) => [chatbot_id, id]);
    t.same(ids.map(([chatbotId]) => chatbotId).sort(), ['quick', 'slow']);
    const answered = [...text.matchAll(/\{"conversationId":"(\w{20})"\}/g)].map(([, id]) => id);
    t.same(
      answered,
      ['slow', 'quick'].map((name) => ids.find(([chatbotId]) => chatbotId === name)?.[1]),
    );
    const rest = text.slice(text.lastIndexOf('"}') + 2);
    if (isAnswered) t.match(rest, /^HTTP\/1\.1 201 Created[^{]*\{"conversationId":"$/);
    else t.equal(rest, kind === 'garbage' ? GARBAGE : '');

    const entries = (await journal(stub)).filter(({ chatbot_id }) => chatbot_id === kind);
    t.equal(entries.length, 2);
    t.equal(entries[0]?.status, isAnswered ? 201 : null);
    t.match(entries[1], { status: null, decisions: [{}, {}, {}, {}, {}, { step: 'sent', outcome: 'failed' }] });
  });

  t.test(`${kind}: on a connection that is kept, the next request finds a new one`, async (t) => {
    const stub = await startTestStub(t);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.teardown(() => agent.destroy());
    await makeFault(stub, { match: { chatbotId: kind }, effect: { connection: kind }, times: 1 });
    t.equal(await ask(stub, 'other', agent), '201, whole');
    t.not(await ask(stub, kind, agent), '201, whole');
    t.equal(await ask(stub, kind, agent), '201, whole');
  });
}

t.test('a client that is gone before the fault gets its turn is noted as gone', async (t) => {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const stub = await startTestStub(t, { database });
  const made = [await makeFault(stub, { match: { chatbotId: 'slow' }, effect: { delayMs: 60_000 } })];
  for (const kind of KINDS) {
    made.push(await makeFault(stub, { match: { chatbotId: kind }, effect: { connection: kind } }));
  }
  const socket = open(stub);
  socket.write(['slow', ...KINDS].map(bytesOf).join(''));
  for (const fault of made) while ((await firedOf(stub, fault)) === 0);
  socket.resetAndDestroy();
  // The ones behind it are free once the connection is gone; the slow one itself when the server closes.
  while ((await journal(stub)).length < KINDS.length);
  await stub.stub.close();
  const rows = select<{ chatbot_id: string; status: number | null; decisions: string }>(
    stub,
    'SELECT chatbot_id, status, decisions FROM requests',
  );
  t.same(rows.map(({ chatbot_id }) => chatbot_id).sort(), ['slow', ...KINDS].sort());
  for (const { chatbot_id, status, decisions } of rows) {
    t.equal(status, null, chatbot_id);
    t.match(JSON.parse(decisions).at(-1), { step: 'sent', outcome: 'failed' });
  }
});

t.test('a late connection fault breaks the connection when its delay is over', async (t) => {
  const stub = await startTestStub(t);
  const fault = await makeFault(stub, { effect: { connection: 'empty', delayMs: 100 } });
  const begin = performance.now();
  t.same(await wire(stub, bytesOf('a')), { text: '', ended: 'FIN' });
  t.ok(performance.now() - begin >= 99, 'not earlier');
  t.match((await journal(stub)).flatMap(faultSteps), [`applied: fault ${fault.id}: connection empty after 100 ms`]);
  t.equal((await admin(stub, 'GET', '/faults')).status, 200, 'never on the control plane');
});

t.test('many faults that wait for their turn on one connection make no noise', async (t) => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listen);
  t.teardown(() => process.off('warning', listen));
  const stub = await startTestStub(t);
  await makeFault(stub, { match: { chatbotId: 'slow' }, effect: { delayMs: 50 } });
  await makeFault(stub, { match: { chatbotId: 'a' }, effect: { connection: 'empty' } });
  const { text } = await wire(stub, bytesOf('slow') + bytesOf('a').repeat(20));
  t.match(text, /"\}$/);
  t.same(warnings, []);
});

t.test('the log has one line for it, without a status when no answer went out', async (t) => {
  for (const format of ['json', 'pretty'] as const) {
    const destination = new PassThrough();
    const settings = resolveSettings({ options: { database: ':memory:', port: 0, logLevel: 'info' } });
    const context = openContext(settings, await createLogger({ level: 'info', format, destination }));
    context.tokens.register('test-token', 'test', [{ permission: '*', resource: 'chatbots/*' }]);
    const app = await buildServer(context);
    t.teardown(() => app.close());
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    for (const kind of KINDS) {
      const { id } = await context.faults.create({ match: { chatbotId: kind }, effect: { connection: kind } });
      destination.read();
      await t.rejects(fetch(url + pathOf(kind), { method: 'POST', headers, body }).then((answer) => answer.text()));
      const text = String(destination.read());
      const why = `fault applied: fault ${id}: connection ${kind}, 1 of any number of times`;
      if (format === 'json') {
        const line = JSON.parse(text);
        t.match(line, { method: 'POST', path: pathOf(kind), why, msg: 'answered' });
        t.equal(line.status, kind === 'truncate' ? 201 : undefined);
      } else {
        const status = kind === 'truncate' ? '201' : 'no answer';
        t.match(text, `POST ${pathOf(kind)} ${status} in `);
        t.match(text, why);
      }
    }
  }
});
