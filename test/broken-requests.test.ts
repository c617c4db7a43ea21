import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { boot } from '../src/boot.ts';
import { resolveSettings } from '../src/config.ts';
import { createLogger } from '../src/logging.ts';
import { pathOf, sendRaw, startTestStub, VALID } from './support/stub.ts';

t.test('what is no HTTP request is answered in the shape of every other error, and stored nowhere', async (t) => {
  const stub = await startTestStub(t);
  const rows: [name: string, bytes: string, status: number, says: RegExp][] = [
    ['garbage', 'hello\r\n\r\n', 400, /not valid HTTP \(HPE_INVALID_METHOD\)/],
    ['a header without a colon', 'GET / HTTP/1.1\r\nhost: x\r\nbroken\r\n\r\n', 400, /not valid HTTP/],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      400,
      /not valid HTTP/,
    ],
    ['headers past 16 KiB', `GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(17_000)}\r\n\r\n`, 431, /larger than 16 KiB/],
  ];
  for (const [name, bytes, status, says] of rows) {
    const text = await sendRaw(stub.url, bytes);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), name);
    t.match(head, /x-stub-request-id: [A-Za-z0-9]{20}\r\n/, `${name}: request id`);
    t.match(JSON.parse(body), { message: says, statusCode: status }, `${name}: body`);
    t.equal(Number(/content-length: (\d+)/.exec(head)?.[1]), Buffer.byteLength(body), `${name}: length`);
  }
  t.same(stub.rows(), []);
});

t.test('what Node would answer by itself is answered by us, request id and all', async (t) => {
  const stub = await startTestStub(t);
  const body = JSON.stringify(VALID);
  const post = (version: string, ...headers: string[]) =>
    sendRaw(
      stub.url,
      [
        `POST ${pathOf('x')} HTTP/${version}`,
        'authorization: Bearer test-token',
        'content-type: application/json',
        `content-length: ${body.length}`,
        'connection: close',
        ...headers,
        '',
        body,
      ].join('\r\n'),
    );
  const id = /x-stub-request-id: [A-Za-z0-9]{20}\r\n/;
  const withoutHost = await post('1.1');
  t.match(withoutHost, /^HTTP\/1\.1 400 .*"message":"The request has no Host header/s);
  t.match(withoutHost, id);
  t.match(await sendRaw(stub.url, 'GET /nope HTTP/1.1\r\nconnection: close\r\n\r\n'), /^HTTP\/1\.1 400 .*no Host/s);
  t.same(stub.rows(), []);
  const expecting = await post('1.1', 'host: x', 'expect: the-unexpected');
  t.match(expecting, /^HTTP\/1\.1 201 /);
  t.match(expecting, id);
  t.match(await post('1.0'), /^HTTP\/1\.1 201 /, 'HTTP/1.0 has no Host');
  t.equal(stub.rows().length, 2);
});

t.test(
  'a client that breaks off in the middle of its body leaves nothing behind, and the server goes on',
  async (t) => {
    const stub = await startTestStub(t);
    const { hostname, port } = new URL(stub.url);
    for (const end of ['resetAndDestroy', 'destroy', 'end'] as const) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          const head = `POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer test-token\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"name":`;
          socket.write(head, () => socket[end]());
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.resume();
      });
      t.equal((await stub.create(VALID)).status, 201, `after ${end}`);
    }
    t.equal(stub.rows().length, 3);
  },
);

t.test('an answer that is due goes out before the refusal of what follows it', async (t) => {
  const stub = await startTestStub(t);
  const body = JSON.stringify(VALID);
  const head = `POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer test-token\r\ncontent-type: application/json\r\n`;
  for (const prefer of ['', 'prefer: delay=50\r\n']) {
    const text = await sendRaw(
      stub.url,
      `${head}${prefer}content-length: ${body.length}\r\n\r\n${body}garbage\r\n\r\n`,
    );
    t.same(
      [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
      ['201', '400'],
    );
  }
  t.equal(stub.rows().length, 2);
});

t.test('a client that has said it sends nothing more gets its answer', async (t) => {
  const stub = await startTestStub(t);
  const { hostname, port } = new URL(stub.url);
  const body = JSON.stringify(VALID);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('end', () => resolve(received));
    socket.on('error', reject);
    socket.end(
      `POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer test-token\r\nprefer: delay=50\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });
  t.match(text, /^HTTP\/1\.1 201 /);
});

t.test('the log line of a broken request holds none of its bytes', async (t) => {
  const destination = new PassThrough();
  const logger = await createLogger({ level: 'trace', format: 'json', destination });
  const settings = resolveSettings({ options: { port: 0, database: ':memory:', logLevel: 'trace' } });
  const running = await boot(settings, logger);
  t.teardown(() => running.close());
  await sendRaw(running.url, 'GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer top-secret\r\nbroken\r\n\r\n');
  const lines = String(destination.read());
  t.match(lines, 'refused what is no HTTP request');
  t.notMatch(lines, 'top-secret');
  t.notMatch(lines, Buffer.from('top-secret').toString('hex'));
  t.notMatch(lines, [...Buffer.from('top-secret')].join(','));
});

t.test('a body that breaks after its request was answered gets no second answer', async (t) => {
  const stub = await startTestStub(t);
  const { hostname, port } = new URL(stub.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    if (text === '') socket.write('zzz\r\n\r\n');
    text += part;
  });
  socket.write(`GET ${pathOf('a')} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  t.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, text);
  t.match(text, /^HTTP\/1\.1 405 /);
});
