import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { NoAnswerError, reasonOf, send } from '../../src/contract/send.ts';
import { notTheStub } from '../support/answers/not-the-stub.ts';

async function listen(t: Test, handle: RequestListener): Promise<string> {
  const server = notTheStub(createServer(handle), 'a server of the contract that is not ours').listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function listenRaw(t: Test, handle: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => handle(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const never = new AbortController().signal;
const get = (url: string, { timeoutMs = 10_000, signal = never } = {}) =>
  send({ method: 'GET', url: new URL(url), headers: {}, body: undefined }, { timeoutMs, signal });

async function reason(url: string, sending = {}): Promise<string> {
  try {
    await get(url, sending);
  } catch (error) {
    if (error instanceof NoAnswerError) return error.message.replace(/^https?:\/\/[^:]+:\d+: /, '');
    throw error;
  }
  return 'answered';
}

t.test('the answer as it came, and a redirect is one', async (t) => {
  const seen: unknown[] = [];
  const url = await listen(t, (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      seen.push([request.method, request.url, request.headers['x-y'], text]);
      response.writeHead(302, { location: '/elsewhere', 'x-z': 'ü' }).end('grüß');
    });
  });
  const outgoing = { method: 'POST', url: new URL(`${url}/a?b`), headers: { 'x-y': '1' }, body: '{"ä":1}' };
  const answer = await send(outgoing, { timeoutMs: 10_000, signal: never });
  t.match(answer, { status: 302, headers: { location: '/elsewhere' }, text: 'grüß' });
  t.same(seen, [['POST', '/a?b', '1', '{"ä":1}']]);
});

t.test('no answer says why', async (t) => {
  const silent = await listen(t, () => {});
  const stuck = await listen(
    t,
    (_request, response) => void response.writeHead(200, { 'content-length': '9' }).write('x'),
  );
  t.equal(await reason(silent, { timeoutMs: 50 }), 'it did not answer within 0.05 s (--timeout)');
  t.equal(await reason(stuck, { timeoutMs: 50 }), 'it did not answer within 0.05 s (--timeout)', 'nor to its end');
  const large = await listen(t, (_request, response) => void response.end('x'.repeat(2 * 1024 * 1024)));
  t.equal(await reason(large), 'its answer is larger than 1048576 bytes');
  const cut = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '9' }).write('x', () => response.destroy());
  });
  t.equal(await reason(cut), 'the connection was closed before the answer was complete (ECONNRESET)');
  const other = await listenRaw(t, (socket) => socket.end('220 mail\r\n'));
  t.match(await reason(other), /^what it answers is not HTTP \(HPE_/);
  t.match(
    await reason(other.replace('http:', 'https:')),
    /^what it speaks is not TLS \((?:EPROTO|ERR_SSL_\w+)\); is it http:/,
  );
  t.equal(await reason('http://127.0.0.1:1'), 'nothing listens there (ECONNREFUSED)');
  for (const status of ['101', '600', '999']) {
    const strange = await listenRaw(t, (socket) => {
      socket.end(`HTTP/1.1 ${status} What\r\nupgrade: x\r\nconnection: upgrade\r\ncontent-length: 0\r\n\r\n`);
    });
    t.equal(await reason(strange), `it answers with the status ${status}, which is no answer`);
  }
});

t.test('what a certificate, a network and a resolver may have against it', (t) => {
  const rows: [code: string | undefined, why: string][] = [
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT); NODE_EXTRA_CA_CERTS=FILE names one that is',
    ],
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'its certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE); NODE_EXTRA_CA_CERTS=FILE names one that is',
    ],
    ['CERT_HAS_EXPIRED', 'its certificate has expired (CERT_HAS_EXPIRED)'],
    ['ENOTFOUND', 'there is no such host (ENOTFOUND)'],
    ['EWHATEVER', 'it cannot be asked (EWHATEVER)'],
    [undefined, 'it cannot be asked (a sentence)'],
  ];
  for (const [code, why] of rows) t.equal(reasonOf(Object.assign(new Error('a sentence'), { code })), why);
  t.end();
});

t.test('broken off, it rejects with what it was broken off with, before and during the answer', async (t) => {
  const breaking = new AbortController();
  const url = await listen(t, () => breaking.abort(new Error('enough')));
  await t.rejects(get(url, { signal: breaking.signal }), new Error('enough'));
  await t.rejects(get(url, { signal: AbortSignal.abort(new Error('at once')) }), new Error('at once'));
});
