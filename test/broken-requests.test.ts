import { connect } from 'node:net';
import t from 'tap';
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
