import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { migrate, shippedMigrations } from '../../src/storage/migrate.ts';
import { admin } from '../support/admin.ts';
import { answeredAsRecorded } from '../support/answers/not-the-stub.ts';
import { serve } from '../support/command.ts';
import { entriesOf } from '../support/journal.ts';
import { pathOf, send, startTestStub, VALID } from '../support/stub.ts';
import { answering, startUpstream } from './servers.ts';

t.test('the start says plainly where requests go, and its curl line is one for the upstream', async (t) => {
  const other = await startTestStub(t, { database: ':memory:', token: 'a-token-of-the-upstream' });
  const stub = await serve(t, ['--upstream', other.url], { cwd: t.testdir() });
  const plainly = `passing through: every request to /v1 goes to ${other.url}, and what it creates is really created there`;
  const line = stub
    .stdout()
    .split('\n')
    .find((text) => text.includes('passing through'));
  t.match(JSON.parse(String(line)), { level: 40, upstream: other.url, msg: plainly });
  const said = stub.stderr();
  t.match(
    said,
    `Passing through: every request to /v1 goes to ${other.url}, and what it creates is really created there.`,
  );
  t.match(said, 'Try it with a credential of that server in STUB_TOKEN, and a chatbot of its own for my-chatbot:');
  t.notMatch(said, /CCSB-/, 'a token of this stub would be of no use');
  const [, curl = ''] = /^ {2}(curl .*)$/m.exec(said) ?? [];
  const env = { ...process.env, STUB_TOKEN: 'a-token-of-the-upstream' };
  t.match((await promisify(execFile)('sh', ['-c', curl], { env })).stdout, /^HTTP\/1\.1 201 /);
  t.equal((await other.stub.requests()).length, 1);
  const settings = await send(stub.url, { method: 'GET', path: '/__admin/settings' });
  t.match(settings.json.settings, { upstream: other.url, upstreamTimeout: 30_000 });
  stub.child.kill('SIGTERM');
  t.equal((await stub.ended).code, 0);
});

t.test(
  'STUB_SHAPES beside an upstream is only for what the stub answers by itself, and the start says so',
  async (t) => {
    const shape = { mediaType: 'application/json', headers: [], body: { '': 'object', '/msg': 'string: sentence' } };
    const answers = {
      '404: a path that is none': { status: 404, ...shape },
      '400: no name': { status: 201, ...shape },
    };
    const file = { format: 'chatcaptain-stub/shapes', version: 1, observed: '2026-11-26', answers };
    const cwd = t.testdir({ 'shapes.json': JSON.stringify(file) });
    const upstream = await startUpstream(t, answering(404, { message: 'theirs' }));
    const stub = await serve(t, ['--upstream', upstream.url, '--shapes', 'shapes.json'], { cwd });
    const ask = (headers: Record<string, string>) => send(stub.url, { method: 'POST', path: pathOf('mine'), headers });
    t.same((await ask({})).json, { message: 'theirs' });
    answeredAsRecorded(pathOf('mine'));
    const forced = await ask({ prefer: 'code=404' });
    t.match(forced, { status: 404, json: { msg: /Prefer/ } });
    t.equal(upstream.heard.length, 1);
    const said = stub.stdout();
    t.match(said, 'STUB_SHAPES is only for what the stub answers by itself: STUB_UPSTREAM answers all the rest');
    t.notMatch(said, /the stub refuses it/, 'that is the upstream');
    stub.child.kill('SIGTERM');
    t.equal((await stub.ended).code, 0);
  },
);

t.test('a database of before goes on: its requests were not passed through, and have no drift', async (t) => {
  const file = path.join(t.testdir(), 'stub.sqlite');
  const db = new Sqlite(file);
  migrate(db, shippedMigrations().slice(0, 3));
  db.prepare(
    `INSERT INTO requests (id, time, method, path, chatbot_id, status, duration_ms, request_headers, response_headers, decisions, bytes)
     VALUES ('old', '2026-01-01T00:00:00.000Z', 'POST', '/v1/x', '', 201, 1, '{}', '{}', '[]', 100)`,
  ).run();
  db.close();
  const upstream = await startUpstream(t, answering(200, {}));
  const stub = await startTestStub(t, { database: file, upstream: upstream.url });
  await stub.create(VALID);
  t.match(await entriesOf(stub), [{ id: 'old' }, { upstream: { drift: [{ place: 'status' }] } }]);
  t.notOk('upstream' in ((await entriesOf(stub))[0] as object));
  t.match((await admin(stub, 'GET', '/requests?drift=false')).json.requests, [{ id: 'old' }]);
});

/** A certificate for 127.0.0.1 that nobody has signed but its owner, where there is an OpenSSL to make one. */
function certificate(folder: string): { key: string; cert: string; file: string } | undefined {
  const [key, file] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const what = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=upstream', '-days', '2'];
  const args = [
    'req',
    '-x509',
    '-nodes',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    ...what,
    '-keyout',
    key,
    '-out',
    file,
  ];
  try {
    execFileSync('openssl', args, { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file };
  } catch {
    return undefined;
  }
}

t.test('over TLS the certificate must be one that Node trusts, and NODE_EXTRA_CA_CERTS makes it so', async (t) => {
  const cwd = t.testdir();
  const made = certificate(cwd);
  if (!made) return void t.pass('there is no OpenSSL here', { skip: true });
  const server = createServer(made, (request, response) => answering(201, { conversationId: 'x' })(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const upstream = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = async (url: string) => fetch(`${url}/v1/inbox/x/conversations`, { method: 'POST', body: '{}' });
  const distrustful = await serve(t, ['--upstream', upstream, '--database', 'a.sqlite'], { cwd });
  const refused = await post(distrustful.url);
  t.equal(refused.status, 502);
  const { message } = (await refused.json()) as { message: string };
  t.match(
    message,
    / has a certificate that is not trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. Nothing was sent\. .*NODE_EXTRA_CA_CERTS/,
  );
  const env = { NODE_EXTRA_CA_CERTS: made.file };
  const trusting = await serve(t, ['--upstream', upstream, '--database', 'b.sqlite'], { cwd, env });
  t.equal((await post(trusting.url)).status, 201);
});
