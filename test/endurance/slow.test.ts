// Clients that are slow, say nothing, leave or are broken off: their connections end, and a good one is served meanwhile.
import type { Socket } from 'node:net';
import t from 'tap';
import { admin, inFile } from '../support/admin.ts';
import { BODY, calms, HEAD, open, servesMeanwhile, startLimited, untilClosed, WHOLE } from './support/limited.ts';

/** In production these are minutes. Seconds, since the machine may stop for one. */
const LIMITS = { head: 2000, request: 3000, keepAlive: 1000, quiet: 5000, check: 100 };

// They wait most of the time, each for a server of its own.
t.jobs = 2;
const options = { buffered: true };

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Writes a byte now and then, for as long as the connection lasts. */
async function trickle(socket: Socket, text: string): Promise<void> {
  for (let at = 0; !socket.destroyed; at++) {
    socket.write(text[at % text.length] as string);
    await sleep(100);
  }
}

t.test('what does not arrive in time is answered 408, and its connection closed', options, async (t) => {
  const server = await startLimited(t, LIMITS);
  await server.create();
  const before = await server.held();
  const rows: [name: string, begin: (socket: Socket) => void][] = [
    ['nothing', () => {}],
    ['half a head', (socket) => void socket.write('POST /v1/inbox/bad/conversations HTTP/1.1\r\nhost: x\r\nx-a')],
    ['a head, byte by byte', (socket) => void trickle(socket, 'POST /v1/inbox/bad/conversations HTTP/1.1\r\nx: y')],
    ['half a body', (socket) => void socket.write(`${HEAD}content-length: 1000\r\n\r\n{`)],
    [
      'a body, byte by byte',
      (socket) => {
        socket.write(`${HEAD}content-length: 100000\r\n\r\n`);
        void trickle(socket, ' ');
      },
    ],
    [
      'a body in chunks without an end',
      (socket) => {
        socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
        void trickle(socket, '1\r\n \r\n');
      },
    ],
  ];
  const attack = rows.map(async ([name, begin]) => {
    const sockets = await open(server, 30);
    const closed = sockets.map(untilClosed);
    for (const socket of sockets) begin(socket);
    return [name, await Promise.all(closed)] as const;
  });
  for (const [name, answers] of await servesMeanwhile(t, server, Promise.all(attack))) {
    const good = answers.filter((text) => /^HTTP\/1\.1 408 .*x-stub-request-id: .*did not arrive in time/s.test(text));
    t.equal(good.length, answers.length, name);
  }
  const { json } = await admin(server, 'POST', '/requests/count', { match: { chatbotId: 'bad', status: 408 } });
  t.ok(json.count >= 90, `the journal has them: ${json.count}`);
  t.same((await admin(server, 'GET', '/conversations?chatbotId=bad')).json.conversations, [], 'nothing is stored');
  t.ok((await server.recovers(before)) < 20, 'memory is back');
});

t.test('a connection on which nothing more is asked is closed without a word', options, async (t) => {
  const server = await startLimited(t, LIMITS);
  await server.create();
  const before = await server.held();
  const sockets = await open(server, 100);
  const closed = Promise.all(sockets.map(untilClosed));
  for (const socket of sockets) socket.write(WHOLE);
  const answers = await servesMeanwhile(t, server, closed);
  t.same(new Set(answers.map((text) => text.match(/HTTP\/1\.1 \d+/g)?.join())), new Set(['HTTP/1.1 201']));
  t.ok((await server.recovers(before)) < 20, 'memory is back');
});

t.test('a request that is told to wait longer than requests may take to arrive is answered', options, async (t) => {
  const server = await startLimited(t, LIMITS);
  const match = { chatbotId: 'nobody' };
  const [delayed, waited] = await Promise.all([
    server.create({ prefer: 'delay=3700' }),
    admin(server, 'POST', '/requests/wait', { match, timeoutMs: 3700 }),
  ]);
  t.equal(delayed.status, 201);
  t.match(waited, { status: 408, json: { found: 0 } });
});

t.test('answers that nobody takes cost little, and their connections are closed', options, async (t) => {
  const server = await startLimited(t, LIMITS, { journalBytes: 24 * 1024 * 1024 });
  const large = `${BODY.slice(0, -1)},"x":"${'y'.repeat(90_000)}"}`;
  for (let count = 0; count < 26; count++)
    await Promise.all(Array.from({ length: 10 }, () => server.create({}, large)));
  const before = await server.held();
  const sockets = await open(server, 30);
  for (const socket of sockets) socket.write('GET /__admin/requests?format=har HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await sleep(500);
  await calms(server);
  await servesMeanwhile(t, server, sleep(1500));
  const more = ((await server.held()).bytes - before.bytes) / 1024 / 1024;
  // All of it for each of them would be some 700 MB.
  t.ok(more < 100, `${more.toFixed(1)} MB are held for them`);
  t.ok((await server.recovers(before)) < 20, 'memory is back');
  for (const socket of sockets) socket.destroy();
});

t.test('a client that has said that it sends nothing more keeps no connection open', options, async (t) => {
  const server = await startLimited(t, { ...LIMITS, head: 60_000, request: 60_000, keepAlive: 60_000, quiet: 60_000 });
  await server.create();
  const before = await server.held();
  const rows: [name: string, bytes: string, answer: RegExp][] = [
    ['nothing', '', /^$/],
    ['half a head', HEAD.slice(0, 40), /^HTTP\/1\.1 400 /],
    ['half a body', `${HEAD}content-length: 1000\r\n\r\n{`, /^HTTP\/1\.1 400 /],
    ['a request', WHOLE, /^HTTP\/1\.1 201 /],
    [
      'two, the first of them late',
      `${HEAD}prefer: delay=100\r\ncontent-length: 2\r\n\r\n{}${WHOLE}`,
      /^HTTP\/1\.1 400 .*HTTP\/1\.1 201 /s,
    ],
  ];
  for (const [name, bytes, answer] of rows) {
    const sockets = await open(server, 20);
    const closed = sockets.map(untilClosed);
    for (const socket of sockets) socket.end(bytes);
    const answers = await Promise.all(closed);
    t.equal(answers.filter((text) => answer.test(text)).length, answers.length, `${name}: ${answers[0]?.slice(0, 60)}`);
  }
  t.ok((await server.recovers(before)) < 20, 'memory is back');
});

t.test('clients that reset their connection in the middle of anything leave nothing open', options, async (t) => {
  const database = `${t.testdir()}/stub.sqlite`;
  const server = await startLimited(t, { ...LIMITS, head: 60_000, request: 60_000 }, { database });
  await server.create();
  const before = await server.held();
  const bytes = [`${HEAD}prefer: delay=100\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`, WHOLE, WHOLE].join('');
  const attack = async (): Promise<void> => {
    for (let round = 0; round < 10; round++) {
      const sockets = await open(server, 40);
      for (const [index, socket] of sockets.entries()) {
        socket.write(bytes.slice(0, Math.ceil((bytes.length * (index + 1)) / 40)));
        setTimeout(() => socket.resetAndDestroy(), index % 7);
      }
      await sleep(20);
    }
  };
  await servesMeanwhile(t, server, attack());
  t.ok((await server.recovers(before)) < 20, 'memory is back');
  await sleep(200);
  const stored = inFile({ file: database }, (db) =>
    db.prepare<[], number>("SELECT count(*) FROM conversations WHERE chatbot_id = 'bad'").pluck().get(),
  ) as number;
  const { json } = await admin(server, 'POST', '/requests/count', { match: { chatbotId: 'bad' } });
  t.ok(stored <= json.count, `what is stored, ${stored}, has entries, ${json.count}`);
});
