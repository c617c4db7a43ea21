import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { renderPage } from '../../src/index-page/page.ts';
import { startStub } from '../../src/start.ts';
import { entriesOf } from '../support/journal.ts';
import { send, sendRaw, startTestStub } from '../support/stub.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const SAFE = { vary: 'Accept', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

t.test('a program is told what this server is and where things are, and each of them is there', async (t) => {
  const stub = await startTestStub(t);
  for (const accept of [undefined, '*/*', 'application/json']) {
    const answer = await stub.send({ method: 'GET', path: '/?x', ...(accept && { headers: { accept } }) });
    t.equal(answer.status, 200);
    t.match(answer.headers, { ...SAFE, 'content-type': 'application/json; charset=utf-8' });
    const { description, try: line, ...rest } = answer.json;
    t.same(rest, {
      name: 'chatcaptain-stub',
      version,
      links: {
        api: '/v1',
        inspector: '/__admin/ui',
        docs: '/docs',
        controlPlane: '/__admin',
        controlPlaneOpenapi: '/__admin/openapi.json',
        openapi: '/openapi.json',
        vendorOpenapi: '/openapi.vendor.json',
        livez: '/livez',
        readyz: '/readyz',
      },
    });
    t.match(description, /^A stand-in for the ChatCaptain API/);
    t.ok(
      line.startsWith(`curl -i ${stub.url}/v1/inbox/my-chatbot/conversations -H "authorization: Bearer $STUB_TOKEN"`),
    );
  }
  for (const path of ['/docs', '/__admin/openapi.json', '/openapi.json', '/openapi.vendor.json', '/livez', '/readyz']) {
    t.equal((await stub.send({ method: 'GET', path })).status, 200, path);
  }
  t.same(await entriesOf(stub), [], 'it is no business of the journal');
});

t.test('a browser is shown a page that needs nothing else and lets nothing else in', async (t) => {
  const stub = await startTestStub(t);
  const { status, headers, text } = await stub.send({ method: 'GET', path: '/', headers: { accept: BROWSER } });
  t.equal(status, 200);
  t.match(headers, { ...SAFE, 'content-type': 'text/html; charset=utf-8' });
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(text) ?? [];
  const digest = createHash('sha256').update(style).digest('base64');
  t.equal(
    headers['content-security-policy'],
    `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  t.match(text, /^<!doctype html>\n<html lang="en">/);
  t.match(text, /<meta name="viewport" content="width=device-width, initial-scale=1">/);
  t.match(text, /<h1>chatcaptain-stub<\/h1>/);
  t.ok(text.includes(`Version ${version}`));
  t.match(style, /prefers-color-scheme: dark/);
  t.notMatch(text, /<script|\son\w+=|\sstyle=|https?:\/\/(?!127\.0\.0\.1)|url\(/i, 'no script, nothing from elsewhere');
  const targets = [...text.matchAll(/<a href="([^"]+)">/g)].map(([, target]) => String(target));
  t.ok(targets.length >= 7);
  for (const target of targets.filter((one) => one !== '/__admin/ui')) {
    t.equal((await stub.send({ method: 'GET', path: target })).status, 200, target);
  }
});

t.test('the metrics are named only where there are any', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on' });
  const { json } = await stub.send({ method: 'GET' });
  t.equal(json.links.metrics, '/metrics');
  const page = await stub.send({ method: 'GET', headers: { accept: BROWSER } });
  t.match(page.text, /<a href="\/metrics">/);
});

t.test('with an upstream both say where requests go and whose credential is wanted', async (t) => {
  const own = await startTestStub(t);
  const stub = await startTestStub(t, { upstream: 'http://api.example.com:8080/a-secret' });
  const { json } = await stub.send({ method: 'GET' });
  t.equal(json.upstream, 'http://api.example.com:8080');
  const { text } = await stub.send({ method: 'GET', headers: { accept: BROWSER } });
  t.match(text, 'every request to <code>/v1</code> goes to <code>http://api.example.com:8080</code>');
  t.match(text, 'what it creates is really created there');
  t.match(
    text,
    'With a credential of that server in <code>STUB_TOKEN</code>, and a chatbot of its own for <code>my-chatbot</code>:',
  );
  t.notMatch(text, /shown at its start|a-secret/);
  t.notOk('upstream' in (await own.send({ method: 'GET' })).json);
  const without = await own.send({ method: 'GET', headers: { accept: BROWSER } });
  t.match(without.text, /shown at its start/);
  t.notMatch(without.text, /Passing through|of that server/);
});

t.test('no credential and no setting is on it', async (t) => {
  const secret = 'a-secret-of-this-test';
  await using stub = await startStub({ token: `${secret}-1`, adminToken: `${secret}-2`, seed: `${secret}-3` });
  for (const accept of [BROWSER, '*/*']) {
    const answer = await send(stub.url, { method: 'GET', headers: { accept, authorization: `Bearer ${secret}-1` } });
    t.equal(answer.status, 200);
    t.notOk(`${JSON.stringify(answer.headers)}${answer.text}`.includes(secret));
  }
});

t.test('what a caller sends is not repeated as it came', async (t) => {
  const stub = await startTestStub(t);
  const hosts = ['"><script>alert(1)</script>', "x';rm -rf", 'a b', 'user@host', 'host/path', '[::1', 'x:123456'];
  for (const host of hosts) {
    for (const accept of [BROWSER, '*/*']) {
      const { text } = await stub.send({ method: 'GET', headers: { host, accept } });
      t.ok(text.includes('curl -i http://localhost/v1/'), host);
      t.notOk(text.includes(host), host);
    }
  }
  for (const host of ['example.com', 'stub:4650', '[::1]:4650', '127.0.0.1:80']) {
    const { json } = await stub.send({ method: 'GET', headers: { host } });
    t.ok(json.try.includes(`http://${host}/v1/`), host);
  }
  t.match(await sendRaw(stub.url, 'GET / HTTP/1.0\r\n\r\n'), /curl -i http:\/\/localhost\/v1/, 'no Host at all');
  const link = { name: 'x', path: `/"'<>&`, title: '<b>', about: '&amp;' };
  const page = renderPage({ name: '<i>', version: '"', description: "'", links: [link], try: '</code>' });
  t.match(page, /<a href="\/&quot;&#39;&lt;&gt;&amp;">&lt;b&gt;<\/a>/);
  t.notMatch(page, /<i>|<b>|<\/code><\/code>/);
});

t.test('HEAD is as GET without the body; every other method is refused and says which there are', async (t) => {
  const stub = await startTestStub(t);
  for (const accept of [BROWSER, '*/*']) {
    const [get, head] = [
      await stub.send({ method: 'GET', headers: { accept } }),
      await stub.send({ method: 'HEAD', headers: { accept } }),
    ];
    t.equal(head.text, '');
    for (const name of ['content-type', 'content-length', 'vary', 'content-security-policy']) {
      t.equal(head.headers[name], get.headers[name], name);
    }
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) {
    const answer = await stub.send({ method, body: method === 'POST' ? '{' : '' });
    t.match(answer, {
      status: 405,
      headers: { allow: 'GET, HEAD, OPTIONS', link: undefined },
      json: {
        message: `Cannot ${method} /: use GET, HEAD, OPTIONS. The API is under /v1.`,
        error: 'Method Not Allowed',
      },
    });
  }
  const { text } = await stub.send({ method: 'POST' });
  t.match(text, /^\{"message":".*","error":"Method Not Allowed","statusCode":405\}$/, 'like every error of the API');
  t.match(await stub.send({ method: 'OPTIONS' }), { status: 204, headers: { allow: 'GET, HEAD, OPTIONS' } });
  t.match(await stub.send({ method: 'GET', path: '/favicon.ico' }), { status: 204, text: '' });
  t.same(await entriesOf(stub), []);
});
