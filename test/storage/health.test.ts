import { chmodSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { createAnchor } from '../../src/storage/anchor.ts';
import { createGroupCommit } from '../../src/storage/group-commit.ts';
import { createStorageHealth } from '../../src/storage/health.ts';

function setUp(t: Test, file = path.join(t.testdir(), 'stub.sqlite'), room?: () => number) {
  const statements: string[] = [];
  const db = new Sqlite(file, { verbose: (sql) => statements.push(String(sql)) });
  t.teardown(() => db.close());
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE notes (text TEXT) STRICT; PRAGMA user_version = 7');
  const anchor = createAnchor(file);
  t.teardown(() => anchor.release());
  let recoveries = 0;
  const groupCommit = createGroupCommit(db, { guard: anchor.assertInPlace, onRecovery: () => recoveries++ });
  const health = createStorageHealth(db, { file, groupCommit, anchor, ...(room && { room }) });
  const add = (text: string) => groupCommit.write(() => db.prepare('INSERT INTO notes VALUES (?)').run(text));
  statements.length = 0;
  return { db, file, health, groupCommit, add, statements, recoveries: () => recoveries };
}

t.test('while all is well nothing is written to find out', async (t) => {
  const { health, statements, add } = setUp(t);
  t.equal(await health.problem(), undefined);
  await add('a note');
  statements.length = 0;
  t.equal(await health.problem(), undefined);
  t.same(statements, ['SELECT 1']);
});

t.test('what the last write met is told until a trial shows that it is over', async (t) => {
  const { db, health, groupCommit, add, recoveries } = setUp(t);
  db.pragma('query_only = ON');
  await t.rejects(add('refused'));
  t.equal(await health.problem(), 'the database is read-only');
  t.equal(await health.problem(), 'the database is read-only');
  db.pragma('query_only = OFF');
  t.equal(recoveries(), 0);
  t.equal(await health.problem(), undefined);
  t.equal(groupCommit.lastFailure(), undefined);
  t.equal(recoveries(), 1);
  t.equal(db.pragma('user_version', { simple: true }), 7, 'the trial changes nothing');
});

t.test('a full database is full until it has room', async (t) => {
  const { db, health, add } = setUp(t);
  const pages = db.pragma('max_page_count', { simple: true });
  db.pragma('max_page_count = 2');
  await t.rejects(add('x'.repeat(100_000)));
  // One page can be written still, so the trial succeeds where the disk itself has room.
  t.equal(await health.problem(), undefined);
  db.pragma(`max_page_count = ${pages}`);
  await add('x'.repeat(100_000));
  t.equal(await health.problem(), undefined);
});

t.test(
  'a folder that may not be written is no trouble while the file can be',
  { skip: process.getuid?.() === 0 },
  async (t) => {
    const { file, health } = setUp(t);
    chmodSync(path.dirname(file), 0o500);
    t.teardown(() => chmodSync(path.dirname(file), 0o700));
    t.equal(await health.problem(), undefined);
  },
);

t.test('in memory there is no folder to look at', async (t) => {
  const { db, health, add } = setUp(t, ':memory:');
  t.equal(await health.problem(), undefined);
  db.pragma('query_only = ON');
  await t.rejects(add('refused'));
  t.equal(await health.problem(), 'the database is read-only');
  db.pragma('query_only = OFF');
  db.pragma('max_page_count = 2');
  await t.rejects(add('x'.repeat(100_000)));
  t.equal(await health.problem(), undefined, 'full, and a page can be written');
});

t.test('a closed database is a problem, too', async (t) => {
  const { db, health } = setUp(t);
  db.close();
  t.equal(await health.problem(), 'the database is not open');
});

t.test('a disk that was full is full until it has room for more than the one page of a trial', async (t) => {
  let room = 200_000;
  const { db, health, add, statements } = setUp(t, undefined, () => room);
  db.pragma('max_page_count = 2');
  await t.rejects(add('x'.repeat(100_000)));
  statements.length = 0;
  t.equal(await health.problem(), 'the disk is full');
  t.same(statements, ['SELECT 1'], 'it is not tried');
  room = 300_000;
  t.equal(await health.problem(), undefined);
});

t.test('a disk that is nearly full is tried, and goes on as long as it can', async (t) => {
  const { health, statements } = setUp(t, undefined, () => 4096);
  t.equal(await health.problem(), undefined);
  t.ok(statements.some((sql) => /^PRAGMA user_version = 7/i.test(sql)));
});
