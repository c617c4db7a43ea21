// Clients that send more than they should: what the server takes of it is bounded, and a good one is served meanwhile.
import t from 'tap';
import { admin } from '../support/admin.ts';
import { sendRaw } from '../support/stub.ts';
import { BODY, calms, HEAD, open, servesMeanwhile, startLimited, untilClosed, WHOLE } from './support/limited.ts';

// Each has a server of its own.
t.jobs = 2;
const options = { buffered: true };

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const LATE = `${HEAD}prefer: delay=5000\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

for (const [name, bytes, connections] of [
  ['requests that are told to wait', LATE, 5],
  ['requests whose answers nobody takes', WHOLE, 1],
  ['waits', waitFor('nobody'), 5],
  ['event streams', 'GET /__admin/requests/stream HTTP/1.1\r\nhost: localhost\r\n\r\n', 5],
] as const) {
  t.test(`of ${name}, sent without an end, only as many are taken as a connection may have`, options, async (t) => {
    const server = await startLimited(t, {}, { shutdownGrace: 100 });
    for (let count = 0; count < 50; count++) await server.create();
    const before = await server.held();
    const sockets = await open(server, connections);
    const flood = Buffer.from(bytes.repeat(20_000));
    for (const socket of sockets) socket.write(flood);
    await sleep(1000);
    await calms(server);
    await servesMeanwhile(t, server, sleep(1000));
    const more = ((await server.held()).bytes - before.bytes) / 1024 / 1024;
    // A hundred thousand of them would be many hundred.
    t.ok(more < 80, `${more.toFixed(1)} MB are held for them`);
    for (const socket of sockets) socket.destroy();
    // That they have gone is seen when they are answered: nothing is read until then.
    t.ok((await server.recovers(before)) < 20, 'memory is back');
  });
}

function waitFor(chatbotId: string): string {
  const body = JSON.stringify({ match: { chatbotId }, timeoutMs: 5000 });
  const head = 'POST /__admin/requests/wait HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  return `${head}content-length: ${body.length}\r\n\r\n${body}`;
}

t.test('requests that were held back are all answered, in order', options, async (t) => {
  const server = await startLimited(t, { underWay: 10 });
  const [socket] = await open(server, 1);
  if (!socket) return;
  const closed = untilClosed(socket);
  const late = WHOLE.replace('host: x', 'host: x\r\nprefer: delay=20');
  const one = `${late}${WHOLE.repeat(30)}GET /v1/a HTTP/1.1\r\nhost: x\r\nexpect: more\r\n\r\n`;
  socket.write(one.repeat(30));
  socket.end(WHOLE);
  const statuses = (await closed).match(/HTTP\/1\.1 \d+/g)?.map((line) => line.slice(9));
  t.same(statuses, [...Array.from({ length: 30 }, () => [...Array(31).fill('201'), '404']).flat(), '201']);
  const { json } = await admin(server, 'POST', '/requests/count', { match: { chatbotId: 'bad', status: 201 } });
  t.equal(json.count, 30 * 31 + 1);
});

t.test(
  'floods of headers are refused as soon as they are too much, and as many as fit are read',
  options,
  async (t) => {
    const server = await startLimited(t, {});
    await server.create();
    const before = await server.held();
    const names = (count: number) => Array.from({ length: count }, (_, index) => `h${index}:\r\n`).join('');
    const rows: [name: string, bytes: string, answer: RegExp][] = [
      ['900 of them', WHOLE.replace('host: x', `${names(900)}host: x`), /^HTTP\/1\.1 201 /],
      [
        '3000 of them',
        WHOLE.replace('host: x', `${names(3000)}host: x`),
        /^HTTP\/1\.1 431 .*16 KiB together, or more than 1000/s,
      ],
      ['without an end', `${HEAD}${'a: b\r\n'.repeat(200_000)}`, /^HTTP\/1\.1 431 /],
      ['one without an end', `${HEAD}a: ${'b'.repeat(2_000_000)}`, /^HTTP\/1\.1 431 /],
      [
        'a trailer without an end',
        `${HEAD}transfer-encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(200_000)}`,
        /^HTTP\/1\.1 (400|431) |^$/,
      ],
      [
        'an extension of a chunk without an end',
        `${HEAD}transfer-encoding: chunked\r\n\r\n1;${'a'.repeat(2_000_000)}`,
        /^HTTP\/1\.1 (400|413) |^$/,
      ],
    ];
    for (const [name, bytes, answer] of rows) {
      const sockets = await open(server, 10);
      const closed = sockets.map(untilClosed);
      for (const socket of sockets) socket.end(bytes);
      const answers = await servesMeanwhile(t, server, Promise.all(closed));
      // A reset may take an answer with it: there is more to be read that nobody reads.
      const wrong = answers.filter((text) => text !== '' && !answer.test(text));
      t.same(wrong, [], name);
    }
    t.ok((await server.recovers(before)) < 20, 'memory is back');
  },
);

t.test('a server that is taken for a proxy says so, behind the answers that are due', options, async (t) => {
  const server = await startLimited(t, {});
  const connect = 'CONNECT api.example:443 HTTP/1.1\r\nhost: api.example:443\r\n\r\n';
  const text = await sendRaw(server.url, connect);
  t.match(text, /^HTTP\/1\.1 400 .*x-stub-request-id: .*"message":"This server is no proxy/s);
  const both = await sendRaw(server.url, `${WHOLE.replace('host: x', 'host: x\r\nprefer: delay=20')}${connect}`);
  t.same(both.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 201', 'HTTP/1.1 400']);
});
