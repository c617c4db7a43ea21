import type { OutgoingHttpHeaders } from 'node:http';
import t, { type Test } from 'tap';
import { resolveSettings } from '../../src/config.ts';
import { openContext } from '../../src/context.ts';
import { isLoopback } from '../../src/control/admission.ts';
import control from '../../src/control/plugin.ts';
import { createLogger } from '../../src/logging.ts';
import { buildServer } from '../../src/server.ts';
import { startStub } from '../../src/start.ts';
import { admin } from '../support/admin.ts';
import { send, sendRaw, startTestStub } from '../support/stub.ts';

/** Every route of the control plane, from the table that the server itself walks. */
async function routesOf(t: Test): Promise<{ method: string; url: string }[]> {
  const settings = resolveSettings({ options: { database: ':memory:' } });
  const context = await openContext(settings, await createLogger({ level: 'silent', format: 'json' }));
  const app = await buildServer(context);
  t.teardown(() => app.close());
  const routes: { method: string; url: string }[] = [];
  const { default: Fastify } = await import('fastify');
  const walked = Fastify();
  walked.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) routes.push({ method: name, url });
  });
  const { default: pause } = await import('../../src/pause.ts');
  await walked.register(pause);
  await walked.register(control, { prefix: '/__admin', context });
  await walked.ready();
  t.teardown(() => walked.close());
  return routes;
}

t.test('off the loopback every route asks for the admin token, whatever the method', async (t) => {
  const routes = await routesOf(t);
  t.ok(routes.length > 25, `${routes.length} routes`);
  await using stub = await startStub({ host: '0.0.0.0' });
  const url = stub.url.replace('0.0.0.0', '127.0.0.1');
  t.match(stub.adminToken, /^CCSB-\w{8}-\w{12}$/, 'one is made when none is set');
  const paths = [...routes, { method: 'GET', url: '/__admin/no-such-thing' }, { method: 'PATCH', url: '/__admin' }];
  for (const { method, url: pattern } of paths) {
    const path = pattern.replace(/:\w+/g, 'x');
    for (const authorization of [undefined, 'Bearer wrong', `Basic ${stub.adminToken}`, `Bearer ${stub.token}`]) {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await send(url, { method, path, headers });
      t.equal(answer.status, 401, `${method} ${path} ${authorization?.slice(0, 12)}`);
      t.match(answer.headers['www-authenticate'], /^Bearer realm=/);
      if (method !== 'HEAD')
        t.match(answer.json.detail, /Send Authorization: Bearer TOKEN with the value of STUB_ADMIN_TOKEN/);
    }
  }
  for (const path of ['/__admin/%ZZ', '/__admin/tokens/%ff']) {
    const answer = await send(url, { method: 'GET', path });
    t.match([answer.status, answer.headers['content-type']], [401, /problem/], path);
    const authorization = `Bearer ${stub.adminToken}`;
    const known = await send(url, { method: 'GET', path, headers: { authorization } });
    t.match(known.json, { status: 400, detail: /not valid percent-encoded/ }, path);
    t.equal(known.headers['cache-control'], 'no-store');
  }
  const flood = await sendRaw(url, 'POST /__admin/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n');
  t.match(flood, /^HTTP\/1\.1 401 .*connection: close/is, 'a body that nobody wants is not waited for');
  const good = await send(url, {
    method: 'GET',
    path: '/__admin/clock',
    headers: { authorization: `bearer ${stub.adminToken}`, host: 'stub.internal:4650' },
  });
  t.equal(good.status, 200, 'with it, any name of the server will do');
});

t.test('what counts is the address that it listens on, not what its name looks like', async (t) => {
  const settings = resolveSettings({ options: { database: ':memory:', host: 'dev.localhost' } });
  const logger = await createLogger({ level: 'silent', format: 'json' });
  const away = openContext(settings, logger, { address: '0.0.0.0' });
  t.match(away.adminToken, /^CCSB-/, 'the hosts file may say anything');
  t.equal(openContext(settings, logger, { address: '127.0.0.1' }).adminToken, undefined);
});

t.test('a name of this machine that leads to the loopback is good as a Host', async (t) => {
  const settings = resolveSettings({ options: { database: ':memory:', host: 'stub.test' } });
  const logger = await createLogger({ level: 'silent', format: 'json' });
  const app = await buildServer(openContext(settings, logger, { address: '127.0.0.1' }));
  t.teardown(() => app.close());
  const ask = (host: string) => app.inject({ url: '/__admin/clock', headers: { host } });
  t.equal((await ask('Stub.test:4650')).statusCode, 200);
  t.equal((await ask('other.test:4650')).statusCode, 403);
});

t.test('a token that is set is asked for on the loopback, too', async (t) => {
  const stub = await startTestStub(t, { adminToken: 'admin-of-mine' });
  t.equal(stub.stub.adminToken, 'admin-of-mine');
  t.equal((await admin(stub, 'GET', '/clock')).status, 401);
  t.equal((await admin(stub, 'GET', '/clock', undefined, { authorization: 'Bearer admin-of-mine' })).status, 200);
});

t.test('a page of another site cannot use the control plane of a server on a laptop', async (t) => {
  const stub = await startTestStub(t);
  t.equal(stub.stub.adminToken, undefined);
  const { port } = new URL(stub.url);
  const rows: [name: string, headers: OutgoingHttpHeaders, status: number][] = [
    ['curl', {}, 200],
    ['localhost', { host: `localhost:${port}` }, 200],
    ['a name below localhost', { host: `stub.localhost:${port}` }, 200],
    ['the IPv6 loopback', { host: `[::1]:${port}` }, 200],
    ['another address of the loopback', { host: '127.9.9.9' }, 200],
    ['its own page', { 'sec-fetch-site': 'same-origin', origin: stub.url }, 200],
    ['an address that somebody typed', { 'sec-fetch-site': 'none' }, 200],
    ['DNS rebinding', { host: `evil.example:${port}` }, 403],
    ['a name that only begins like the loopback', { host: '127.0.0.1.evil.example' }, 403],
    ['a name that only ends alike', { host: 'notlocalhost' }, 403],
    ['a name in brackets', { host: '[localhost]' }, 403],
    ['what is no address', { host: '127.0.0.999' }, 403],
    ['what is no name', { host: 'evil.example/.localhost' }, 403],
    ['the scheme of another origin', { origin: stub.url.replace('http', 'ftp') }, 403],
    ['more than an origin', { origin: `${stub.url}/x` }, 403],
    ['an address of the network', { host: '192.168.1.5:4650' }, 403],
    ['a Host that is none', { host: '[::1' }, 403],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another port of this machine', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:3000' }, 403],
    ['an Origin alone', { origin: 'https://evil.example' }, 403],
    ['an Origin of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['a sandboxed page, or a file', { origin: 'null' }, 403],
    ['an event stream', { accept: 'text/event-stream', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, 403],
    ['a picture', { accept: 'image/*', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
  ];
  for (const [name, headers, status] of rows) {
    for (const [method, path] of [
      ['GET', '/clock'],
      ['POST', '/chatbots'],
      ['GET', '/requests/stream'],
    ] as const) {
      if (status === 200 && path !== '/clock') continue;
      const answer = await admin(stub, method, path, undefined, headers);
      t.equal(answer.status, status, `${name}: ${method} ${path}`);
      if (status === 403)
        t.match(answer.json, { title: 'Forbidden', detail: /Use http:\/\/localhost|Only pages of this server/ });
      t.notOk(
        Object.keys(answer.headers).some((header) => header.startsWith('access-control-')),
        'no CORS',
      );
    }
  }
  for (const host of ['Host: \r\n', '']) {
    const answer = await sendRaw(stub.url, `GET /__admin/clock HTTP/1.0\r\n${host}\r\n`);
    t.match(answer, /^HTTP\/1\.1 403 /, 'no name at all');
  }
  t.same((await admin(stub, 'GET', '/tokens')).json, { tokens: [] }, 'nothing was made');
});

t.test('a simple form post is refused, with or without an Origin', async (t) => {
  const stub = await startTestStub(t);
  const types = [
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/jsonx',
  ];
  for (const type of types) {
    for (const body of ['', '{"set":"2026-01-01T00:00:00Z"}']) {
      for (const [method, path] of [
        ['PUT', '/clock'],
        ['POST', '/chatbots'],
        ['POST', '/reset?all=true'],
      ] as const) {
        const headers = { 'content-type': type };
        const answer = await stub.send({ method, path: `/__admin${path}`, headers, body });
        t.equal(answer.status, 415, `${method} ${path} ${type}`);
        t.match(answer.json.detail, /Send Content-Type: application\/json/);
      }
    }
  }
  t.equal((await admin(stub, 'GET', '/clock')).json.frozen, false);
});

t.test('what counts as loopback', async (t) => {
  for (const yes of ['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', '127.0.0.1', '127.1.2.3', '::1']) {
    t.equal(isLoopback(yes), true, yes);
  }
  for (const no of [
    '0.0.0.0',
    '::',
    '[::]',
    '10.0.0.1',
    'example.com',
    'localhost.example.com',
    '1127.0.0.1',
    '',
    '127.0.0.256',
    'a/.localhost',
    '..localhost',
  ]) {
    t.equal(isLoopback(no), false, no);
  }
});
