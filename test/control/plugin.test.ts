import t from 'tap';
import { resolveSettings } from '../../src/config.ts';
import { openContext } from '../../src/context.ts';
import { createLogger } from '../../src/logging.ts';
import { buildServer } from '../../src/server.ts';
import { admin } from '../support/admin.ts';
import { sendRaw, startTestStub } from '../support/stub.ts';

t.test('404 for a path that is none, 405 with Allow for another method, 204 for OPTIONS', async (t) => {
  const stub = await startTestStub(t);
  const rows: [method: string, path: string, status: number, allow?: string][] = [
    ['GET', '/nothing', 404],
    ['GET', '', 404],
    ['DELETE', '/clock', 405, 'GET, HEAD, OPTIONS, PUT'],
    ['DELETE', '/clock/?x=1', 405, 'GET, HEAD, OPTIONS, PUT'],
    ['PUT', '/tokens/x', 405, 'DELETE, OPTIONS'],
    ['QUERY', '/clock', 405, 'GET, HEAD, OPTIONS, PUT'],
    ['PATCH', '/tokens', 405, 'GET, HEAD, OPTIONS, POST'],
    ['OPTIONS', '/tokens', 204, 'GET, HEAD, OPTIONS, POST'],
    ['OPTIONS', '/nothing', 404],
    ['GET', '/tokens/a/b', 404],
    ['GET', '/requests/wait', 405, 'OPTIONS, POST'],
    ['GET', '/requests/count?x=1', 405, 'OPTIONS, POST'],
    ['HEAD', '/requests/stream', 405, 'GET, OPTIONS'],
    ['OPTIONS', '/requests/stream', 204, 'GET, OPTIONS'],
    ['DELETE', '/requests/stream', 405, 'GET, OPTIONS'],
  ];
  for (const [method, path, status, allow] of rows) {
    const answer = await admin(stub, method, path);
    t.equal(answer.status, status, `${method} ${path}`);
    t.equal(answer.headers['allow'], allow);
    if (method === 'HEAD') continue;
    if (status === 404)
      t.match(answer.json.detail, `Cannot ${method} /__admin${path}. GET /__admin/openapi.json lists`);
    if (status === 405) t.match(answer.json.detail, `use ${allow}.`);
  }
});

t.test('what finds no route is refused before its body is read, and kept to the rules of the plane', async (t) => {
  const stub = await startTestStub(t, { adminToken: 'the-admin-token' });
  const post = (headers: Record<string, string>) =>
    stub.send({ method: 'POST', path: '/__admin/nothing', headers, body: '{' });
  const json = { 'content-type': 'application/json' };
  const authorization = 'Bearer the-admin-token';
  t.equal((await post({ ...json, authorization })).status, 404);
  t.equal((await post({ ...json })).status, 401, 'who may not look is not told that there is nothing');
  const form = await post({ 'content-type': 'application/x-www-form-urlencoded', authorization });
  t.equal(form.status, 415);
  t.match(form.headers, { 'cache-control': 'no-store', 'content-type': /^application\/problem\+json/ });
});

t.test('a body that cannot be read is a problem, and the connection stays', async (t) => {
  const stub = await startTestStub(t);
  const put = (body: string | Buffer, headers = {}) =>
    stub.send({
      method: 'PUT',
      path: '/__admin/clock',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  t.match((await put('{')).json, { status: 400, detail: /The body is not valid JSON/ });
  t.match((await put('{"__proto__":{}}')).json, { status: 400, detail: /__proto__/ });
  t.match((await put('')).json, { status: 400 });
  t.match((await put(`{"set":"${'x'.repeat(17 * 1024 * 1024)}"}`)).json, {
    status: 413,
    detail: /larger than 16777216 bytes/,
  });
  const head =
    'PUT /__admin/clock HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1\r\n';
  const both = await sendRaw(stub.url, `${head}\r\n{${head}connection: close\r\n\r\n{`);
  t.equal(both.match(/HTTP\/1\.1 400/g)?.length, 2);
});

t.test('a query parameter that a route does not know is an error: it may have been meant to narrow it', async (t) => {
  const stub = await startTestStub(t);
  const rows: [method: string, path: string, body?: unknown][] = [
    ['POST', '/faults?chatbotId=a', { effect: { status: 503 } }],
    ['POST', '/requests/count?chatbotId=a', {}],
    ['POST', '/chatbots?id=a'],
    ['POST', '/tokens?chatbotId=a', { grants: [] }],
    ['GET', '/settings?x=1'],
    ['GET', '/openapi.json?x=1'],
    ['GET', '/chatbots/a?x=1'],
  ];
  for (const [method, path, body] of rows) {
    const answer = await admin(stub, method, path, body);
    t.match(
      answer.json,
      { status: 400, detail: /unknown property (chatbotId|id|x) \(there is none\)/ },
      `${method} ${path}`,
    );
  }
  t.same((await admin(stub, 'GET', '/faults')).json, { faults: [] });
  t.same((await admin(stub, 'GET', '/chatbots')).json, { chatbots: [] });
});

t.test('a body is read exactly or refused', async (t) => {
  const stub = await startTestStub(t);
  const post = (body: string | Buffer, headers = {}) =>
    stub.send({ path: '/__admin/chatbots', headers: { 'content-type': 'application/json', ...headers }, body });
  const rows: [body: string | Buffer, headers: object, status: number, says: RegExp][] = [
    [Buffer.from('7b226964223a2261ff62227d', 'hex'), {}, 400, /not valid UTF-8/],
    ['{"id":"a"}', { 'content-type': 'application/json; charset=utf-16' }, 415, /charset utf-16 is not accepted/],
    ['{"id":"a"}', { 'content-encoding': 'gzip' }, 415, /Content-Encoding gzip is not accepted/],
    ['{"id":"a"}', { 'content-type': 'json' }, 415, /Content-Type cannot be read/],
    ['{"id":"a"}', { 'content-type': '' }, 415, /Content-Type/],
    ['{"id":"a","__proto__":{}}', {}, 400, /property named __proto__/],
  ];
  for (const [body, headers, status, says] of rows) {
    t.match((await post(body, headers)).json, { status, detail: says }, String(says));
  }
  const bare = await sendRaw(
    stub.url,
    'POST /__admin/chatbots HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}',
  );
  t.match(bare, /^HTTP\/1\.1 415 .*Send Content-Type: application\/json/s);
  t.same((await admin(stub, 'GET', '/chatbots')).json, { chatbots: [] });
});

t.test('a body that is nested too deep is a problem, not a failure', async (t) => {
  const stub = await startTestStub(t);
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
  const rows: [path: string, body: string][] = [
    ['/faults', `{"effect":{"status":500,"body":${deep}}}`],
    ['/provider-states', `{"state":"a chatbot","params":{"a":${deep}}}`],
    ['/requests/count', `{"body":${deep}}`],
    ['/chatbots', deep],
  ];
  for (const [path, body] of rows) {
    const headers = { 'content-type': 'application/json' };
    const answer = await stub.send({ path: `/__admin${path}`, headers, body });
    t.match(answer.json, { status: 400, detail: /nested more than 500 levels deep/ }, path);
  }
  const allowed = { effect: { status: 500, body: JSON.parse(`${'['.repeat(450)}${']'.repeat(450)}`) } };
  t.equal((await admin(stub, 'POST', '/faults', allowed)).status, 201);
});

t.test('answers are not to be kept, and every one has an id', async (t) => {
  const stub = await startTestStub(t);
  for (const path of ['/clock', '/nothing']) {
    const { headers } = await admin(stub, 'GET', path);
    t.equal(headers['cache-control'], 'no-store');
    t.equal(headers['x-content-type-options'], 'nosniff');
    t.match(headers['x-stub-request-id'], /^\w{20}$/);
    t.equal(headers['link'], undefined, 'it is not in the journal');
  }
});

t.test('storage that refuses is a 503 that says so, and nothing is half done', async (t) => {
  const stub = await startTestStub(t);
  const { default: Sqlite } = await import('better-sqlite3');
  const db = new Sqlite(stub.file);
  db.exec("CREATE TRIGGER boom BEFORE INSERT ON tokens BEGIN SELECT RAISE(ABORT, 'inner detail'); END");
  const failed = await admin(stub, 'POST', '/tokens', { grants: [] });
  t.match(failed.json, { status: 500, detail: /Internal server error/ });
  t.notMatch(failed.text, 'inner detail');
  db.exec('DROP TRIGGER boom');
  const { id } = (await admin(stub, 'POST', '/tokens', { grants: [] })).json;
  db.exec("CREATE TRIGGER boom BEFORE UPDATE ON tokens BEGIN SELECT RAISE(ABORT, 'inner detail'); END");
  t.equal((await admin(stub, 'DELETE', `/tokens/${id}`)).status, 500);
  t.match((await admin(stub, 'GET', '/tokens')).json.tokens, [{ id, state: 'active' }]);
  db.exec('DROP TRIGGER boom; DELETE FROM tokens');
  db.exec('BEGIN IMMEDIATE');
  const waiting = admin(stub, 'POST', '/tokens', { grants: [] });
  // Longer than the stub waits for a lock.
  const answer = await waiting;
  db.exec('ROLLBACK');
  db.close();
  t.match(answer.json, { status: 503, detail: /Nothing was changed: another process holds the database locked/ });
  t.equal(answer.headers['retry-after'], '1');
  t.same((await admin(stub, 'GET', '/tokens')).json, { tokens: [] });
  t.equal((await admin(stub, 'POST', '/tokens', { grants: [] })).status, 201);
});

t.test('a body that is not as long as announced is a problem', async (t) => {
  const settings = resolveSettings({ options: { database: ':memory:' } });
  const app = await buildServer(openContext(settings, await createLogger({ level: 'silent', format: 'json' })));
  t.teardown(() => app.close());
  const headers = { host: 'localhost', 'content-type': 'application/json', 'content-length': '10' };
  const answer = await app.inject({ method: 'PUT', url: '/__admin/clock', headers, payload: '{}' });
  t.match(answer.json(), { status: 400, detail: /Content-Length/ });
});
