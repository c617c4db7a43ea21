import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { send, startTestStub, type TestStub } from '../support/stub.ts';

const UI = '/__admin/ui';

async function assetsOf(stub: TestStub): Promise<string[]> {
  const { text } = await send(stub.url, { method: 'GET', path: UI });
  return [...text.matchAll(/"(\/__admin\/ui\/assets\/[^"]+)"/g)].map(([, asset]) => asset as string);
}

async function fetchBytes(t: Test, url: string, coding?: string): Promise<{ headers: Headers; bytes: Buffer }> {
  const { promise, resolve } = Promise.withResolvers<{ headers: Headers; bytes: Buffer }>();
  const { request } = await import('node:http');
  request(url, { headers: coding === undefined ? {} : { 'accept-encoding': coding } }, async (response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    t.equal(response.statusCode, 200);
    resolve({ headers: new Headers(response.headers as Record<string, string>), bytes: Buffer.concat(chunks) });
  }).end();
  return promise;
}

t.test('each view has its own address, and all of them are the same page', async (t) => {
  const stub = await startTestStub(t);
  const first = await send(stub.url, { method: 'GET', path: UI });
  t.match(first, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' } });
  t.match(first.text, /<script type="module" src="\/__admin\/ui\/assets\/page-\w+\.js">/);
  for (const path of [
    '/',
    '/requests',
    '/requests/0abc',
    '/conversations?chatbotId=a%2Fb',
    '/state',
    '/nowhere/at/all',
  ]) {
    const { status, text } = await send(stub.url, { method: 'GET', path: UI + path });
    t.same([path, status, text === first.text], [path, 200, true]);
  }
  t.match(await send(stub.url, { method: 'HEAD', path: UI }), { status: 200, text: '' });
});

t.test('its files come compressed as the browser takes it, and stay in its cache until they change', async (t) => {
  const stub = await startTestStub(t);
  const assets = await assetsOf(stub);
  t.equal(assets.length, 2);
  for (const asset of assets) {
    const plain = await fetchBytes(t, stub.url + asset);
    t.equal(plain.headers.get('content-encoding'), null);
    t.equal(plain.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    t.match(plain.headers.get('content-type'), asset.endsWith('.js') ? /^text\/javascript/ : /^text\/css/);
    for (const [accepted, coding] of [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip, deflate', 'gzip'],
      ['br;q=0.5, gzip', 'gzip'],
      ['br;q=0, gzip;q=0', null],
      ['zstd', null],
    ] as const) {
      const { headers, bytes } = await fetchBytes(t, stub.url + asset, accepted);
      t.equal(headers.get('content-encoding'), coding, accepted);
      t.equal(headers.get('vary'), 'accept-encoding');
      const decoded = coding === 'br' ? brotliDecompressSync(bytes) : coding === 'gzip' ? gunzipSync(bytes) : bytes;
      t.ok(decoded.equals(plain.bytes), `${asset} as ${coding}`);
    }
    const etag = plain.headers.get('etag') as string;
    const again = await send(stub.url, { method: 'GET', path: asset, headers: { 'if-none-match': etag } });
    t.match(again, { status: 304, text: '' });
    t.match(await send(stub.url, { method: 'GET', path: asset, headers: { 'if-none-match': '"other"' } }), {
      status: 200,
    });
  }
});

t.test('all of it takes less than 60 kB, compressed', async (t) => {
  const stub = await startTestStub(t);
  let size = 0;
  for (const path of [UI, ...(await assetsOf(stub))])
    size += (await fetchBytes(t, stub.url + path, 'gzip')).bytes.length;
  t.ok(size > 10_000 && size < 60_000, `${size} bytes`);
});

t.test('nothing on it can come from elsewhere, be inline, be framed, or turn text into markup', async (t) => {
  const stub = await startTestStub(t);
  for (const path of [UI, ...(await assetsOf(stub))]) {
    const { headers } = await send(stub.url, { method: 'GET', path });
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split('; ')
        .map((directive) => [directive.slice(0, directive.indexOf(' ')), directive.slice(directive.indexOf(' ') + 1)]),
    );
    t.same(policy, {
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': 'data:',
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
    t.match(headers, { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  }
});

t.test('the page itself is for everybody; what it shows is for the holder of the admin token', async (t) => {
  const stub = await startTestStub(t, { adminToken: 'the-admin-token' });
  for (const path of [UI, `${UI}/requests/0abc`, ...(await assetsOf(stub))]) {
    t.match(await send(stub.url, { method: 'GET', path, headers: { 'sec-fetch-site': 'cross-site' } }), {
      status: 200,
    });
  }
  t.match(await send(stub.url, { method: 'GET', path: '/__admin/requests' }), { status: 401 });
});

t.test('it is looked at with GET, and has no other files', async (t) => {
  const stub = await startTestStub(t);
  for (const path of [UI, `${UI}/requests`]) {
    const { status, headers, json } = await send(stub.url, { method: 'POST', path });
    t.same([status, headers.allow, json.status], [405, 'GET, HEAD, OPTIONS', 405]);
    const options = await send(stub.url, { method: 'OPTIONS', path });
    t.same([options.status, options.headers.allow], [204, 'GET, HEAD, OPTIONS']);
  }
  for (const name of ['page-00000000.js', 'main.tsx', '..%2Findex.html', 'constructor']) {
    const { status, json } = await send(stub.url, { method: 'GET', path: `${UI}/assets/${name}` });
    t.match([status, json], [404, { statusCode: 404, message: /Load \/__admin\/ui anew/ }]);
  }
});
