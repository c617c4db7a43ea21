import path from 'node:path';
import { PassThrough } from 'node:stream';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { EVERYTHING } from '../../src/auth/tokens.ts';
import { resolveSettings } from '../../src/config.ts';
import { openContext } from '../../src/context.ts';
import { createLogger } from '../../src/logging.ts';
import { buildServer } from '../../src/server.ts';
import v1 from '../../src/v1/plugin.ts';
import { admin } from '../support/admin.ts';
import { PERMISSION, pathOf, sendRaw, startTestStub, VALID } from '../support/stub.ts';

async function context(database = ':memory:') {
  const settings = resolveSettings({ options: { database } });
  return openContext(settings, await createLogger({ level: 'silent', format: 'json', destination: new PassThrough() }));
}

t.test('a /v1 route without a guard stops the start', async (t) => {
  const app = await buildServer(await context());
  t.teardown(() => app.close());
  const register = async () => {
    await app.register(
      async (scope) => {
        await v1(scope, { unauthenticatedStatus: 401, bodyLimit: 1000, prefer: 'on' });
        scope.get('/unguarded', async () => 'open to everybody');
      },
      { prefix: '/other' },
    );
  };
  await t.rejects(
    register(),
    /GET, HEAD \/other\/unguarded has no guard: give it preValidation: app.requirePermission/,
  );
});

t.test('a failure that nobody foresaw is a generic 500 for that request alone', async (t) => {
  const stub = await startTestStub(t);
  const db = new Sqlite(stub.file);
  db.exec(`CREATE TRIGGER boom BEFORE INSERT ON conversations WHEN new.name = 'boom'
           BEGIN SELECT RAISE(ABORT, 'secret detail'); END`);
  db.close();
  const answers = await Promise.all(['a', 'boom', 'b'].map((name) => stub.create({ ...VALID, name })));
  t.same(
    answers.map(({ status }) => status),
    [201, 500, 201],
  );
  t.same(answers[1]?.json, { message: 'Internal server error', error: 'Internal Server Error', statusCode: 500 });
  t.same(
    stub
      .rows()
      .map(({ name }) => name)
      .sort(),
    ['a', 'b'],
  );
});

t.test(
  'when SQLite gives up the whole transaction, all of its group are answered 503 and none is stored',
  async (t) => {
    const opened = await context(path.join(t.testdir(), 'stub.sqlite'));
    const { db, groupCommit, tokens } = opened;
    const { credential } = tokens.create({ grants: EVERYTHING });
    let waiting = 0;
    let allWait = (): void => {};
    const four = new Promise<void>((resolve) => {
      allWait = resolve;
    });
    const app = await buildServer({
      ...opened,
      groupCommit: {
        ...groupCommit,
        write: (unit) => {
          const written = groupCommit.write(unit);
          if (++waiting === 4) allWait();
          return written;
        },
      },
    });
    t.teardown(() => app.close());
    const create = (name: string) =>
      app.inject({
        method: 'POST',
        url: pathOf('mine'),
        headers: { authorization: `Bearer ${credential}` },
        payload: { ...VALID, name },
      });

    const other = new Sqlite(db.name);
    other.exec(`CREATE TRIGGER boom BEFORE INSERT ON conversations WHEN new.name = 'boom'
              BEGIN SELECT RAISE(ROLLBACK, 'gone'); END`);
    // While another process holds the lock the requests collect in one group.
    other.exec('BEGIN IMMEDIATE');
    const pending = ['a', 'b', 'boom', 'c'].map(create);
    await four;
    other.exec('ROLLBACK');
    other.close();
    const answers = await Promise.all(pending);
    t.same(
      answers.map(({ statusCode }) => statusCode),
      [503, 503, 503, 503],
    );
    t.match(answers[0]?.json(), { message: /^Nothing was stored: .*Send the request again later/, statusCode: 503 });
    t.equal(answers[0]?.headers['retry-after'], '1');
    t.equal(db.prepare('SELECT count(*) FROM conversations').pluck().get(), 0);
    t.equal((await create('next')).statusCode, 201, 'and the next request is stored');
  },
);

t.test('a token row that cannot be read is no credential, and does not hide what others revoke', async (t) => {
  const stub = await startTestStub(t);
  const grants = [{ permission: PERMISSION, resource: 'chatbots/mine' }];
  const good = stub.mint(grants);
  const endless = stub.mint(grants, { expiresIn: 3600 });
  const create = (credential: string) =>
    stub.create(VALID, { chatbotId: 'mine', headers: { authorization: `Bearer ${credential}` } });
  t.equal((await create(good.credential)).status, 201);
  const db = new Sqlite(stub.file);
  const insert = db.prepare("INSERT INTO tokens VALUES (?, 'x', ?, ?, '2026', NULL, NULL, NULL)");
  insert.run('a', 'a', 'not json');
  insert.run('b', 'b', '{}');
  insert.run('c', 'c', '[{"permission":"a b","resource":"x"}]');
  db.prepare("UPDATE tokens SET expires_at = 'some day' WHERE id = ?").run(endless.token.id);
  db.close();
  t.equal((await create(good.credential)).status, 201);
  t.equal((await create(endless.credential)).status, 401, 'a time that cannot be read has passed');
  stub.revoke(good.token.id);
  t.equal((await create(good.credential)).status, 401);
});

t.test('while another process holds the lock, a write waits and everything else goes on', async (t) => {
  const opened = await context(path.join(t.testdir(), 'stub.sqlite'));
  t.equal(
    opened.db.pragma('busy_timeout', { simple: true }),
    0,
    'SQLite itself never waits, which would stop the loop',
  );
  const { credential } = opened.tokens.create({ grants: EVERYTHING });
  const app = await buildServer(opened);
  t.teardown(() => app.close());
  const other = new Sqlite(opened.db.name);
  other.exec('BEGIN IMMEDIATE');
  let isAnswered = false;
  const pending = app
    .inject({ method: 'POST', url: pathOf('x'), headers: { authorization: `Bearer ${credential}` }, payload: VALID })
    .then((answer) => {
      isAnswered = true;
      return answer;
    });
  for (let index = 0; index < 20; index++) t.equal((await app.inject('/readyz')).statusCode, 200);
  t.equal(isAnswered, false);
  other.exec('ROLLBACK');
  other.close();
  t.equal((await pending).statusCode, 201);
});

t.test('the decisions on a request are recorded in the order of its way', async (t) => {
  const opened = await context();
  const { credential } = opened.tokens.create({ grants: EVERYTHING });
  let steps: string[] = [];
  const app = await buildServer(opened);
  t.teardown(() => app.close());
  app.addHook('onResponse', async ({ decisions }) => {
    steps = decisions.map(({ step, outcome }) => `${step} ${outcome}`);
  });
  const headers = { authorization: `Bearer ${credential}` };
  const accepted = ['parsed passed', 'credential passed', 'permission passed', 'validated passed'];
  await app.inject({ method: 'POST', url: pathOf('x'), headers, payload: VALID });
  t.same(steps, [...accepted, 'channel passed', 'stored passed']);
  await app.inject({ method: 'POST', url: pathOf('x'), headers: { ...headers, prefer: 'code=409' }, payload: VALID });
  t.same(steps, [...accepted, 'preference applied']);
  await app.inject({ method: 'POST', url: pathOf('x'), headers, payload: {} });
  t.same(steps, [...accepted.slice(0, 3), 'validated refused']);
});

t.test('the journal says why a request met no operation', async (t) => {
  const stub = await startTestStub(t);
  const rows: [method: string, path: string, status: number, outcome: string, detail: RegExp][] = [
    ['POST', '/v1/nowhere', 404, 'refused', /^Cannot POST \/v1\/nowhere$/],
    ['POST', '/nowhere', 404, 'refused', /^Cannot POST \/nowhere\. The API is under \/v1/],
    ['GET', pathOf('a'), 405, 'refused', /^Cannot GET .*: use POST, OPTIONS\.$/],
    ['OPTIONS', pathOf('a'), 204, 'passed', /POST, OPTIONS/],
  ];
  for (const [method, path, status, outcome, detail] of rows) {
    const answer = await stub.send({ method, path });
    t.equal(answer.status, status);
    const entry = (await admin(stub, 'GET', `/requests/${answer.headers['x-stub-request-id']}`)).json;
    t.match(entry.decisions, [{ step: 'routed', outcome, detail }]);
    t.equal(entry.decisions.length, 1, `${method} ${path}`);
  }
  const head = `POST ${pathOf('a')} HTTP/1.1\r\nconnection: close\r\n\r\n`;
  const [, id] = /x-stub-request-id: (\w+)/.exec(await sendRaw(stub.url, head)) as RegExpExecArray;
  const { decisions } = (await admin(stub, 'GET', `/requests/${id}`)).json;
  t.match(decisions, [{ step: 'routed', outcome: 'refused', detail: /no Host header/ }]);
});
