// The database is lost under a running server, or cannot be opened when it starts.
import {
  closeSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { boot } from '../src/boot.ts';
import { resolveSettings } from '../src/config.ts';
import { openContext } from '../src/context.ts';
import { startStub } from '../src/index.ts';
import { createLogger } from '../src/logging.ts';
import { buildServer } from '../src/server.ts';
import { claimDatabase } from '../src/storage/lock.ts';
import { admin } from './support/admin.ts';
import { freePort } from './support/command.ts';
import { pathOf, send, sendRaw, startTestStub, type TestStub, VALID } from './support/stub.ts';

const name = (text: string) => ({ ...VALID, name: text });
const stored = (stub: Pick<TestStub, 'rows'>) => stub.rows().map((row) => row.name);

/** Starts a stub on a file in a folder of its own. */
async function startInFolder(t: Test) {
  const folder = path.join(t.testdir(), 'data');
  const stub = await startTestStub(t, { database: path.join(folder, 'stub.sqlite') });
  return { ...stub, folder };
}

async function readyz(url: string) {
  const { status, json } = await send(url, { method: 'GET', path: '/readyz' });
  return status === 200 ? 'ready' : `${status} ${json.check}: ${json.reason}`;
}

/** Asks until the answer is this. */
async function becomes(ask: () => Promise<unknown>, wanted: unknown): Promise<void> {
  let got: unknown;
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    got = await ask();
    if (got === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it stays at ${got}`);
}

/** Writes nonsense over the page at which a table begins, as a failing disk does. */
function damage(file: string, table: string): void {
  const db = new Sqlite(file, { readonly: true });
  const page = db.prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table);
  const size = db.pragma('page_size', { simple: true }) as number;
  db.close();
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(size, 'x'), 0, size, ((page as number) - 1) * size);
  closeSync(descriptor);
}

/** A copy of what is stored. */
function backUp(file: string, target: string): void {
  const db = new Sqlite(file, { readonly: true });
  db.prepare('VACUUM INTO ?').run(target);
  db.close();
}

t.test('a file that is deleted is refused at the next write, and written anew from what is still open', async (t) => {
  const stub = await startInFolder(t);
  const { token, chatbotId } = await stub.stub.chatbot();
  t.equal((await stub.create(name('before'))).status, 201);
  await stub.stub.clock.freeze('2030-01-01T00:00:00.000Z');
  // Resolves when its entry is stored, too.
  t.equal((await stub.stub.requests()).length, 1);
  for (const file of readdirSync(stub.folder)) rmSync(path.join(stub.folder, file));

  const refused = await stub.create(name('refused'));
  t.equal(refused.status, 503);
  t.equal(refused.headers['retry-after'], '1');
  t.equal(refused.json.message, 'Nothing was stored: the database file was deleted. Send the request again later.');
  await becomes(() => readyz(stub.url), 'ready');
  const headers = { authorization: `Bearer ${token}` };
  t.equal((await stub.create(name('after'), { chatbotId, headers })).status, 201, 'the token is still good');
  t.same(stored(stub), ['before', 'after']);
  t.match(await stub.stub.clock.read(), { frozen: true }, 'what memory holds stays, too');
  t.same(
    readdirSync(stub.folder).filter((file) => file.includes('rescued')),
    [],
  );
  const reasons = (await stub.stub.requests()).map(({ status }) => status);
  t.same(reasons, [201, 201], 'the refused one could not be written down');
});

t.test('a deleted file is written anew where the link to it leads', async (t) => {
  const folder = t.testdir({ volume: {} });
  const link = path.join(folder, 'stub.sqlite');
  symlinkSync(path.join('volume', 'real.sqlite'), link);
  const stub = await startTestStub(t, { database: link });
  t.equal((await stub.create(name('before'))).status, 201);
  rmSync(path.join(folder, 'volume', 'real.sqlite'));
  await becomes(() => readyz(stub.url), 'ready');
  t.equal((await stub.create(name('after'))).status, 201);
  t.ok(lstatSync(link).isSymbolicLink());
  rmSync(path.join(folder, 'volume', 'real.sqlite-wal'));
  t.equal(await readyz(stub.url), '503 database: the log of the database file was deleted');
  await becomes(() => readyz(stub.url), 'ready');
  t.same(stored(stub), ['before', 'after']);
  t.match(readdirSync(path.join(folder, 'volume')), ['real.sqlite', 'real.sqlite-lock']);
});

t.test('a folder that is deleted with all in it is made again', async (t) => {
  const stub = await startInFolder(t);
  t.equal((await stub.create(name('before'))).status, 201);
  rmSync(stub.folder, { recursive: true });
  await becomes(() => readyz(stub.url), 'ready');
  t.equal((await stub.create(name('after'))).status, 201);
  t.same(stored(stub), ['before', 'after']);
});

t.test('a file that is deleted is noticed by /readyz, and at the end at the latest', async (t) => {
  const stub = await startInFolder(t);
  t.equal((await stub.create(name('before'))).status, 201);
  rmSync(stub.file);
  t.equal(await readyz(stub.url), '503 database: the database file was deleted');
  await becomes(() => readyz(stub.url), 'ready');
  t.equal((await stub.create(name('after'))).status, 201);
  rmSync(stub.file);
  await stub.stub.close();
  t.same(stored(stub), ['before', 'after']);
});

t.test('when the folder has gone too, a stub that is closed leaves nothing behind', async (t) => {
  const stub = await startInFolder(t);
  await stub.create(name('before'));
  rmSync(stub.folder, { recursive: true });
  await stub.stub.close();
  t.same(readdirSync(path.dirname(stub.folder)), []);
});

t.test('a deleted file that cannot be written anew yet is kept, and written when it can', async (t) => {
  const stub = await startInFolder(t);
  t.equal((await stub.create(name('before'))).status, 201);
  rmSync(stub.folder, { recursive: true });
  writeFileSync(stub.folder, 'in its way');
  t.equal((await stub.create(name('refused'))).status, 503);
  await becomes(() => readyz(stub.url), '503 database: the folder of the database is not there');
  t.equal((await send(stub.url, { method: 'GET', path: '/livez' })).status, 200);
  rmSync(stub.folder);
  await becomes(() => readyz(stub.url), 'ready');
  t.same(stored(stub), ['before']);
});

t.test('a deleted file that cannot be written at the end is lost, and that is logged', async (t) => {
  const folder = path.join(t.testdir(), 'data');
  const destination = new PassThrough();
  const logger = await createLogger({ level: 'fatal', format: 'json', destination });
  const database = path.join(folder, 'stub.sqlite');
  const running = await boot(resolveSettings({ options: { port: 0, database } }), logger);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'in its way');
  await running.close();
  t.match(JSON.parse(String(destination.read())), { msg: /^the database file was deleted.* lost$/, err: {} });
});

t.test('who closes while a lost database is waited for, and closes twice, is told of no other loss', async (t) => {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const destination = new PassThrough();
  const logger = await createLogger({ level: 'fatal', format: 'json', destination });
  const running = await boot(resolveSettings({ options: { port: 0, database } }), logger);
  rmSync(database);
  mkdirSync(database);
  t.equal(await readyz(running.url), '503 database: another file is in the place of the database file');
  await becomes(() => readyz(running.url), '503 database: the database cannot be opened');
  await Promise.all([running.close(), running.close()]);
  await running.close();
  t.equal(destination.read(), null, 'what the file held is in another one');
  t.equal(readdirSync(path.dirname(database)).filter((file) => file.includes('.rescued-')).length, 1);
});

t.test('a file that was moved away is waited for, and goes on where it was', async (t) => {
  const stub = await startInFolder(t);
  t.equal((await stub.create(name('before'))).status, 201);
  renameSync(stub.folder, `${stub.folder}.away`);
  const reason = 'the database file is not in its place: it was moved, or its volume is away';
  t.match((await stub.create(name('refused'))).json, { statusCode: 503, message: new RegExp(reason) });
  t.equal(await readyz(stub.url), `503 database: ${reason}`);
  t.equal((await admin(stub, 'GET', '/conversations')).json.conversations.length, 1, 'what is there can be read');
  renameSync(`${stub.folder}.away`, stub.folder);
  t.equal(await readyz(stub.url), 'ready');
  t.equal((await stub.create(name('after'))).status, 201);
  t.same(stored(stub), ['before', 'after']);
});

t.test('a back-up that is put in the place of the file is taken, and what was there is kept beside it', async (t) => {
  const stub = await startInFolder(t);
  t.equal((await stub.create(name('in both'))).status, 201);
  backUp(stub.file, `${stub.file}.backup`);
  t.equal((await stub.create(name('not in the back-up'))).status, 201);
  renameSync(`${stub.file}.backup`, stub.file);
  t.equal(await readyz(stub.url), '503 database: another file is in the place of the database file');
  await becomes(() => readyz(stub.url), 'ready');
  t.equal((await stub.create(name('after'))).status, 201);
  t.same(stored(stub), ['in both', 'after']);

  const [rescued, ...more] = readdirSync(stub.folder).filter((file) => file.includes('.rescued-'));
  t.same(more, []);
  const old = new Sqlite(path.join(stub.folder, rescued as string), { readonly: true });
  t.teardown(() => old.close());
  t.same(old.prepare('SELECT name FROM conversations').pluck().all(), ['in both', 'not in the back-up']);
});

t.test('what is in the place of the database and cannot be taken for one is named', async (t) => {
  const stub = await startInFolder(t);
  backUp(stub.file, `${stub.file}.backup`);
  const put = async (sql: string, reason: string) => {
    const file = `${stub.file}.other`;
    backUp(`${stub.file}.backup`, file);
    new Sqlite(file).exec(sql).close();
    renameSync(file, stub.file);
    await becomes(() => readyz(stub.url), `503 database: ${reason}`);
  };
  await put('PRAGMA application_id = 1', "another program's file is in the place of the database");
  await put('PRAGMA user_version = 9999', 'the database is of a newer release');
  renameSync(`${stub.file}.backup`, stub.file);
  await becomes(() => readyz(stub.url), 'ready');
});

t.test('a file that another process has for itself is taken soon after it is given up', async (t) => {
  const stub = await startInFolder(t);
  t.equal((await stub.create(name('before'))).status, 201);
  backUp(stub.file, `${stub.file}.backup`);
  const other = new Sqlite(`${stub.file}.backup`);
  t.teardown(() => other.close());
  other.exec('BEGIN EXCLUSIVE');
  renameSync(`${stub.file}.backup`, stub.file);
  await becomes(() => readyz(stub.url), '503 database: another process holds the database locked');
  other.exec('ROLLBACK');
  other.close();
  const since = performance.now();
  await becomes(() => readyz(stub.url), 'ready');
  t.ok(performance.now() - since < 30_000, 'the 5 seconds that SQLite waits for a lock, ten times over, would be 50');
  t.same(stored(stub), ['before']);
});

t.test('another file in the place of one that was moved: the moved one is whole', async (t) => {
  const stub = await startInFolder(t);
  t.equal((await stub.create(name('moved'))).status, 201);
  renameSync(stub.file, `${stub.file}.old`);
  new Sqlite(stub.file).close();
  writeFileSync(stub.file, '');
  await becomes(() => readyz(stub.url), 'ready');
  t.equal((await stub.create(name('new'))).status, 201);
  t.same(stored(stub), ['new']);
  const old = new Sqlite(`${stub.file}.old`, { readonly: true });
  t.teardown(() => old.close());
  t.same(old.prepare('SELECT name FROM conversations').pluck().all(), ['moved'], 'the log was brought into it');
});

for (const logs of [['-wal'], ['-shm'], ['-wal', '-shm']]) {
  t.test(`${logs.join(' and ')} deleted: nothing that only the log holds is lost`, async (t) => {
    const stub = await startInFolder(t);
    t.equal((await stub.create(name('before'))).status, 201);
    for (const log of logs) rmSync(`${stub.file}${log}`);
    const refused = await stub.create(name('refused'));
    t.equal(refused.status, 503);
    t.match(refused.json.message, 'the log of the database file was deleted');
    await becomes(() => readyz(stub.url), 'ready');
    t.equal((await stub.create(name('after'))).status, 201);
    t.same(stored(stub), ['before', 'after'], 'another program sees it, and so does the next server');
    await stub.stub.close();
    t.same(readdirSync(stub.folder), ['stub.sqlite', 'stub.sqlite-lock']);
  });
}

t.test('a good file in the place of a damaged one is taken before the damage was noticed', async (t) => {
  const file = path.join(t.testdir(), 'stub.sqlite');
  const first = await startTestStub(t, { database: file });
  for (let index = 0; index < 100; index++) await first.create(name(`${index}`));
  await first.stub.close();
  copyFileSync(file, `${file}.good`);
  damage(file, 'conversations');
  const stub = await startTestStub(t, { database: file, logLevel: 'silent' });
  rmSync(file);
  t.equal(await readyz(stub.url), '503 database: the database file was deleted');
  await becomes(() => readyz(stub.url), '503 database: the database file is damaged');
  renameSync(`${file}.good`, file);
  await becomes(() => readyz(stub.url), 'ready');
  t.equal(stored(stub).length, 100);
});

t.test('what another process still reads is brought into a file that is elsewhere before that is let go', async (t) => {
  const stub = await startInFolder(t);
  t.equal((await stub.create(name('first'))).status, 201);
  const reader = new Sqlite(stub.file, { readonly: true });
  t.teardown(() => reader.close());
  reader.exec('BEGIN');
  t.equal(reader.prepare('SELECT count(*) FROM conversations').pluck().get(), 1);
  t.equal((await stub.create(name('only in the log'))).status, 201);
  renameSync(stub.file, `${stub.file}.old`);
  writeFileSync(stub.file, '');
  t.equal((await stub.create(name('refused'))).status, 503);
  await becomes(() => readyz(stub.url), '503 database: another process holds the database locked');
  reader.exec('COMMIT');
  await becomes(() => readyz(stub.url), 'ready');
  t.same(stored(stub), []);
  const old = new Sqlite(`${stub.file}.old`, { readonly: true });
  t.teardown(() => old.close());
  t.same(old.prepare('SELECT name FROM conversations').pluck().all(), ['first', 'only in the log']);
});

t.test('the last to close such a file waits for no reader, and writes beside it what both hold', async (t) => {
  const stub = await startInFolder(t);
  t.equal((await stub.create(name('first'))).status, 201);
  const reader = new Sqlite(stub.file, { readonly: true });
  t.teardown(() => reader.close());
  reader.exec('BEGIN');
  t.equal(reader.prepare('SELECT count(*) FROM conversations').pluck().get(), 1);
  t.equal((await stub.create(name('only in the log'))).status, 201);
  rmSync(`${stub.file}-wal`);
  await stub.stub.close();
  const [rescued] = readdirSync(stub.folder).filter((file) => file.includes('.rescued-'));
  const kept = new Sqlite(path.join(stub.folder, rescued as string), { readonly: true });
  t.teardown(() => kept.close());
  t.same(kept.prepare('SELECT name FROM conversations').pluck().all(), ['first', 'only in the log']);
});

t.test('a damaged page: refused with the cause, until a good file is put in its place', async (t) => {
  const folder = t.testdir();
  const file = path.join(folder, 'stub.sqlite');
  const first = await startTestStub(t, { database: file });
  for (let index = 0; index < 100; index++) await first.create(name(`${index}`));
  await first.stub.close();
  copyFileSync(file, `${file}.good`);
  damage(file, 'conversations');

  const stub = await startTestStub(t, { database: file, logLevel: 'silent' });
  const refused = await stub.create(name('refused'));
  t.equal(refused.status, 503);
  t.match(refused.json.message, /the database file is damaged/);
  t.equal(await readyz(stub.url), '503 database: the database file is damaged');
  const again = await stub.create(name('refused, too'));
  t.equal(again.status, 503);
  t.equal(again.json.message, 'The stub is not ready: the database file is damaged. Send the request again later.');
  t.equal((await admin(stub, 'GET', '/conversations')).status, 503);
  await t.rejects(stub.stub.chatbot(), { name: 'StubError', message: /is not ready: the database file is damaged/ });
  renameSync(`${file}.good`, file);
  await becomes(() => readyz(stub.url), 'ready');
  t.equal((await stub.create(name('after'))).status, 201);
  t.equal(stored(stub).length, 101);
});

t.test('with waitForDatabase a start waits, answers 503 with the reason, and goes on by itself', async (t) => {
  const folder = path.join(t.testdir(), 'data');
  writeFileSync(folder, 'in its way');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const database = path.join(folder, 'stub.sqlite');
  const settings = resolveSettings({ options: { port, database, waitForDatabase: 'on', token: 'all' } });
  const destination = new PassThrough();
  const starting = boot(settings, await createLogger({ level: 'info', format: 'json', destination }));
  const unavailable = '503 database: the folder of the database is not there';
  await becomes(() => readyz(url).catch((error) => error.code), unavailable);
  t.same((await send(url, { method: 'GET', path: '/livez?x=1' })).json, { status: 'ok' });
  const v1 = await send(url, { path: '/v1/inbox/a/conversations', body: JSON.stringify(VALID) });
  t.match(v1.json, { statusCode: 503, error: 'Service Unavailable', message: /^The stub is not ready: .* later\.$/ });
  t.match(v1.headers, { 'retry-after': '1', connection: 'close', 'x-stub-request-id': /^[0-9A-Za-z]{20}$/ });
  const control = await send(url, { method: 'GET', path: '/__admin/chatbots' });
  t.equal(control.headers['content-type'], 'application/problem+json; charset=utf-8');
  t.match(control.json, {
    status: 503,
    title: 'Service Unavailable',
    detail: /the folder of the database is not there/,
  });
  const head = await send(url, { method: 'HEAD', path: '/readyz' });
  t.match(head, { status: 503, text: '' });
  t.ok(Number(head.headers['content-length']) > 0);
  t.equal((await send(url, { path: '/', headers: { expect: 'wonders' } })).status, 503);
  t.equal(await sendRaw(url, 'no HTTP\r\n\r\n'), '', 'closed');
  t.equal(await readyz(url), unavailable);

  rmSync(folder);
  mkdirSync(folder);
  const running = await starting;
  t.equal(await readyz(url), 'ready');
  await running.close();
  const said = String(destination.read()).match(/"msg":"not ready: [^"]*"/g);
  t.equal(said?.length, 1, 'once, however often it was tried');
});

t.test('fixtures that cannot be put in yet: one line of each kind, however often it was tried', async (t) => {
  const folder = t.testdir({ 'fixtures.json': JSON.stringify({ chatbots: [{ id: 'declared' }] }) });
  const database = path.join(folder, 'stub.sqlite');
  const first = await startTestStub(t, { database });
  await first.stub.close();
  const db = new Sqlite(database);
  t.teardown(() => db.close());
  db.exec("CREATE TRIGGER no BEFORE INSERT ON chatbots BEGIN SELECT RAISE(ROLLBACK, 'as on a full disk'); END");
  const fixtures = path.join(folder, 'fixtures.json');
  const destination = new PassThrough();
  const logger = await createLogger({ level: 'info', format: 'json', destination });
  const starting = boot(resolveSettings({ options: { port: 0, database, fixtures, waitForDatabase: 'on' } }), logger);
  // It tries each second.
  await new Promise((resolve) => setTimeout(resolve, 3500));
  db.exec('DROP TRIGGER no');
  const running = await starting;
  t.teardown(() => running.close());
  const lines = String(destination.read())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg.replace(/[:;].*/, ''));
  t.same(lines, ['storage refused a group of writes', 'not ready', 'fixtures put in']);
});

t.test('a start that fails on what is in the database leaves nothing open and claims nothing', async (t) => {
  const file = path.join(t.testdir(), 'stub.sqlite');
  await (await startTestStub(t, { database: file })).stub.close();
  copyFileSync(file, `${file}.good`);
  damage(file, 'tokens');
  await t.rejects(startStub({ database: file }), {
    name: 'StartupError',
    message: /stub\.sqlite is a damaged database \(SQLITE_CORRUPT\)\. Put a back-up in its place/,
    mayPass: true,
  });
  renameSync(`${file}.good`, file);
  const db = new Sqlite(file);
  db.exec('DROP TABLE faults');
  db.close();
  await t.rejects(startStub({ database: file }), { code: 'SQLITE_ERROR', message: /no such table/ });
  t.doesNotThrow(() => claimDatabase(file).release());
});

t.test('what only reads a damaged page, or a closed database, is 503 with the cause', async (t) => {
  const file = path.join(t.testdir(), 'stub.sqlite');
  await (await startTestStub(t, { database: file })).stub.close();
  damage(file, 'conversations');
  const stub = await startTestStub(t, { database: file });
  const listed = await admin(stub, 'GET', '/conversations');
  t.match(listed, { status: 503, headers: { 'retry-after': '1' } });
  t.equal(listed.json.detail, 'Not ready: the database file is damaged. Send the request again later.');

  const logger = await createLogger({ level: 'silent', format: 'json' });
  const context = openContext(resolveSettings({ options: { database: ':memory:' } }), logger);
  const app = await buildServer(context);
  t.teardown(() => app.close());
  context.db.close();
  const headers = { authorization: 'Bearer any', 'content-type': 'application/json' };
  const answer = await app.inject({ method: 'POST', url: pathOf('a'), headers, payload: VALID });
  t.equal(answer.statusCode, 503);
  t.equal(answer.json().message, 'Not ready: the database is not open. Send the request again later.');
});

t.test('a server that is to stop before it has begun begins, and stops in order', async (t) => {
  const settings = resolveSettings({ options: { port: 0, database: ':memory:' } });
  const logger = await createLogger({ level: 'silent', format: 'json' });
  const running = await boot(settings, logger, AbortSignal.abort());
  t.equal(await readyz(running.url), 'ready');
  await running.close();
});
