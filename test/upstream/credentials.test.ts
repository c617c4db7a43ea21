import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { serve } from '../support/command.ts';
import { type Answer, pathOf, send, VALID } from '../support/stub.ts';
import { startRawUpstream, startUpstream } from './servers.ts';

const KEY = 'odd/credential+of/theirs==';
const JSON_TYPE = { 'content-type': 'application/json' };

t.test(
  'the credential reaches the upstream, and is nowhere else: no file, no log, no answer of the control plane',
  async (t) => {
    const escaped = [...KEY].map((character) => `\\u00${character.charCodeAt(0).toString(16)}`).join('');
    const ways: Record<string, (write: (headers: object, body: string | Buffer) => void) => void> = {
      plain: (write) =>
        write({ 'x-echo': KEY, 'set-cookie': `session=${KEY}`, authorization: `Bearer ${KEY}` }, `{"error":"${KEY}"}`),
      escaped: (write) => write({ location: `/x?note=${encodeURIComponent(KEY)}` }, `{"error":"${escaped}"}`),
      named: (write) => write({}, `{"${KEY}":1}`),
      packed: (write) => write({ 'content-encoding': 'gzip' }, gzipSync(`{"error":"${KEY}"}`)),
      unreadable: (write) => write({ 'content-encoding': 'own' }, Buffer.from(`own:${KEY}`)),
      binary: (write) => write({ 'content-type': 'image/x' }, Buffer.concat([Buffer.from(KEY), Buffer.of(255)])),
    };
    const upstream = await startUpstream(t, (request, response) => {
      const way = ways[String(request.headers['x-way'])];
      way?.((headers, body) => response.writeHead(201, { 'content-type': 'application/json', ...headers }).end(body));
    });
    const broken = await startRawUpstream(t, (socket) => {
      socket.end(`HTTP/1.1 201 Created\r\nx-echo: ${KEY}\r\ncontent-length: 100\r\n\r\n{"error":"${KEY}`);
    });
    const cwd = t.testdir();
    const stub = await serve(t, ['--upstream', upstream.url, '--log-level', 'trace', '--shutdown-grace', '0'], { cwd });
    const other = ['--upstream', broken.url, '--log-level', 'trace', '--database', 'other.sqlite'];
    const second = await serve(t, other, { cwd });
    const body = JSON.stringify({ ...VALID, name: `my ${KEY}`, [KEY]: KEY });
    for (const credential of [
      { authorization: `Bearer ${KEY}` },
      { 'x-chatcaptain-key': KEY },
      { authorization: `Basic ${KEY}` },
    ]) {
      for (const way of Object.keys(ways)) {
        const headers = { ...JSON_TYPE, ...credential, 'x-way': way };
        const target = `${pathOf('x')}?note=${encodeURIComponent(KEY)}&token=${KEY}`;
        const response = await fetch(stub.url + target, {
          method: 'POST',
          headers,
          body: way === 'packed' ? gzipSync(body) : body,
        }).catch(() => undefined);
        t.equal(response?.status, 201, way);
        // What is passed back is not touched.
        if (way === 'plain') t.equal(response?.headers.get('x-echo'), KEY);
        await response?.arrayBuffer().catch(() => {});
      }
      t.equal(
        (await send(second.url, { path: pathOf('x'), headers: { ...JSON_TYPE, ...credential }, body })).status,
        502,
      );
    }
    t.equal(upstream.heard.length, 18);
    for (const { rawHeaders } of upstream.heard)
      t.ok(
        rawHeaders.some((text) => text.includes(KEY)),
        'it was passed on',
      );

    const answers: Answer[] = [];
    for (const { url } of [stub, second]) {
      for (const target of ['/requests?limit=1000', '/requests?format=har', '/settings', '/faults']) {
        answers.push(await send(url, { method: 'GET', path: `/__admin${target}` }));
      }
      const late = JSON.stringify({ match: { status: 299 }, timeoutMs: 0 });
      answers.push(await send(url, { path: '/__admin/requests/wait', headers: JSON_TYPE, body: late }));
    }
    t.equal(answers[0]?.json.requests.length, 18);
    t.equal(answers[5]?.json.requests.length, 3);
    const places: [string, string][] = [
      ...answers.map((answer, index): [string, string] => [`answer ${index}`, answer.text]),
      ['standard output', stub.stdout() + second.stdout()],
      ['standard error', stub.stderr() + second.stderr()],
      ...readdirSync(cwd, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }): [string, string] => [name, readFileSync(path.join(parentPath, name), 'latin1')]),
    ];
    t.ok(
      places.some(([name]) => name.endsWith('-wal')),
      'the log of the database is among them',
    );
    const key = encodeURIComponent(KEY);
    const secrets = [KEY, KEY.toLowerCase(), key, KEY.replaceAll('/', '\\/'), KEY.replaceAll('/', '~1'), escaped];
    for (const [name, text] of places) {
      for (const secret of secrets) t.notOk(text.includes(secret), `${name} without ${secret}`);
    }
    t.match(stub.stdout(), /answered 201 in|upstream/, 'the log tells of them');
  },
);
