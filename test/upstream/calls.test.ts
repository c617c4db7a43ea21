// Nothing but STUB_UPSTREAM can make the stub call out.
import { readdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { admin } from '../support/admin.ts';
import { freePort } from '../support/command.ts';
import { pathOf, sendRaw, startTestStub, type TestStub, VALID } from '../support/stub.ts';
import { answering, startUpstream } from './servers.ts';

const SOURCES = new URL('../../src/', import.meta.url);

/** Who in src/ may open a connection, and to whom. The page of the inspector runs in a browser, under a policy of its own. */
const CALLERS: Record<string, string> = {
  'upstream/client.ts': 'STUB_UPSTREAM',
  'contract/send.ts': 'the server that the command verify is pointed at',
  'control/requests/send-again.ts': 'this server, for a replay',
  'commands/readyz.ts': 'the server that the health check asks',
  'handle/over-http.ts': 'the stub that a test connects to',
};

/** What opens one: a value of these modules, or a global. */
const WAYS = [
  /import (?!type\b)[^;]*?\b(?:request|get|Agent|ClientRequest|globalAgent|WebSocket)\b[^;]*? from 'node:https?'/,
  /import (?!type\b)[^;]*?(?<!type )\b(?:connect|createConnection|Socket)\b[^;]*? from 'node:net'/,
  /from 'node:(?:tls|dgram|http2|inspector)'|from 'undici'/,
  /(?<![\w.*`])fetch\(|new (?:WebSocket|EventSource)\(/,
];

t.test('only these files of src/ can open a connection', async (t) => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.tsx?$/.test(name) && !name.startsWith('inspector/page/'),
  );
  t.ok(files.length > 150);
  const found = files.filter((name) => {
    // Without comments, in which an example may call.
    const text = readFileSync(new URL(name, SOURCES), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    return WAYS.some((way) => way.test(text));
  });
  t.same(found.sort(), Object.keys(CALLERS).sort());
});

t.test('the client of the upstream is loaded by the setting alone', async (t) => {
  const importers = (target: string): string[] =>
    readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => {
      if (!/\.tsx?$/.test(name)) return false;
      const text = readFileSync(new URL(name, SOURCES), 'utf8');
      return new RegExp(`(?:import (?!type\\b)[^;]*? from |import\\()'[./]*(?:upstream/)?${target}\\.ts'`).test(text);
    });
  t.same(importers('client').sort(), ['upstream/forward.ts', 'upstream/pass-through.ts']);
  t.same(importers('forward'), ['upstream/pass-through.ts']);
  t.same(importers('pass-through'), ['server.ts']);
  const server = readFileSync(new URL('server.ts', SOURCES), 'utf8');
  t.match(
    server,
    /settings\.upstream === undefined \? undefined : \(await import\('\.\/upstream\/pass-through\.ts'\)\)/,
  );
});

/** The ports to which this process opens connections while it does this. */
async function portsCalled(t: Test, work: () => Promise<void>): Promise<Set<number>> {
  const ports = new Set<number>();
  const { connect } = Socket.prototype;
  function spy(this: Socket, ...args: unknown[]): Socket {
    const [first] = [args].flat(2) as [{ port?: number } | number];
    ports.add(Number(typeof first === 'object' ? first.port : first));
    return Reflect.apply(connect, this, args);
  }
  Socket.prototype.connect = spy as typeof connect;
  t.teardown(() => {
    Socket.prototype.connect = connect;
  });
  await work();
  Socket.prototype.connect = connect;
  return ports;
}

/** Names a server in every place of a request in which one could be named. */
async function nameEverywhere(stub: TestStub, url: string): Promise<void> {
  const { host } = new URL(url);
  const naming = {
    referer: url,
    origin: url,
    forwarded: `host=${host}`,
    'x-forwarded-host': host,
    'x-stub-upstream': url,
    'stub-upstream': url,
    upstream: url,
    'x-original-url': url,
    'x-http-destinationurl': url,
    prefer: `upstream="${url}", callback="${url}"`,
    link: `<${url}>; rel="callback"`,
  };
  await stub.create({ ...VALID, name: url, callback: url, upstream: url, webhook: { url } }, { headers: naming });
  await sendRaw(
    stub.url,
    `POST ${url}${pathOf('x')} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`,
  );
  await sendRaw(stub.url, `GET /v1/x HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  await sendRaw(stub.url, `CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  await stub.send({ method: 'GET', path: `${pathOf('x')}?url=${encodeURIComponent(url)}&upstream=${url}` });
  await admin(stub, 'POST', '/faults', { match: {}, effect: { status: 307, headers: { location: url } }, times: 1 });
  await stub.create(VALID);
  const { json } = await admin(stub, 'GET', '/requests');
  for (const { id } of json.requests) await admin(stub, 'POST', `/requests/${id}/replay`);
  await admin(stub, 'PUT', '/settings', { upstream: url });
  await admin(stub, 'POST', '/settings', { upstream: url });
  await admin(stub, 'POST', '/reset?all=true', { upstream: url });
  for (const state of ['a chatbot', url]) {
    await admin(stub, 'POST', '/provider-states', { state, params: { upstream: url, url }, action: 'setup' });
  }
  for (const path of ['/requests', '/settings', '/openapi.json', '/ui']) await admin(stub, 'GET', `${path}?url=${url}`);
  for (const path of ['/', '/docs', '/openapi.json', '/readyz', '/livez'])
    await stub.send({ method: 'GET', path, headers: naming });
}

t.test('whatever a request names, no connection is opened but those to the stub itself', async (t) => {
  const stub = await startTestStub(t);
  const silent = await freePort();
  const ports = await portsCalled(t, () => nameEverywhere(stub, `http://127.0.0.1:${silent}`));
  t.same([...ports], [Number(new URL(stub.url).port)]);
});

t.test('with the setting, one is opened to the upstream and to nobody else', async (t) => {
  const upstream = await startUpstream(t, answering(201, {}));
  const stub = await startTestStub(t, { upstream: upstream.url });
  const silent = await freePort();
  const ports = await portsCalled(t, () => nameEverywhere(stub, `http://127.0.0.1:${silent}`));
  t.same([...ports].sort(), [stub.url, upstream.url].map((url) => Number(new URL(url).port)).sort());
});
