import { statSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { createGroupCommit } from '../../src/storage/group-commit.ts';
import { createLargeTransaction } from '../../src/storage/large-transaction.ts';

/** 4 KiB in a row: about a page each. */
const ROWS = `INSERT INTO notes WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
  SELECT hex(randomblob(2000)) FROM n`;

function open(t: Test) {
  const file = path.join(t.testdir(), 'test.sqlite');
  const db = new Sqlite(file);
  t.teardown(() => db.close());
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE notes (text TEXT) STRICT');
  db.pragma('wal_checkpoint(TRUNCATE)');
  const groupCommit = createGroupCommit(db);
  const insert = db.prepare<[number]>(ROWS);
  return {
    db,
    groupCommit,
    transaction: createLargeTransaction(db, groupCommit),
    insert: (count: number) => insert.run(count),
    /** The size of the main file: it grows when the log is brought into it. */
    size: () => statSync(file).size,
    threshold: () => db.pragma('wal_autocheckpoint', { simple: true }),
  };
}

t.test('the log is brought into the main file after the commit, not in it', async (t) => {
  const { transaction, insert, size, threshold, groupCommit } = open(t);
  const before = size();
  let atCommit = 0;
  t.match(
    await transaction(
      () => insert(2000),
      () => (atCommit = size()),
    ),
    { changes: 2000 },
  );
  t.equal(atCommit, before);
  t.equal(size(), before, 'the asker has its answer first');
  t.equal(threshold(), 1000);
  await nextTurn();
  await nextTurn();
  t.ok(size() > before + 2000 * 4000, `${size()} bytes`);

  const afterwards = size();
  await groupCommit.write(() => insert(2000));
  t.ok(size() > afterwards, 'other commits bring it in by themselves, as ever');
});

t.test('a short log is left for later', async (t) => {
  const { transaction, insert, size } = open(t);
  const before = size();
  await transaction(() => insert(100));
  await nextTurn();
  await nextTurn();
  t.equal(size(), before);
});

t.test('a transaction that fails undoes itself, and leaves nothing switched off', async (t) => {
  const { db, transaction, insert, threshold } = open(t);
  const failing = transaction(() => {
    insert(10);
    throw new Error('no');
  });
  await t.rejects(failing, { message: 'no' });
  t.equal(threshold(), 1000);
  t.equal(db.prepare('SELECT count(*) FROM notes').pluck().get(), 0);
});

t.test('a database that is closed at once afterwards does no harm', async (t) => {
  const { db, transaction, insert } = open(t);
  await transaction(() => insert(2000));
  db.close();
  await nextTurn();
  await nextTurn();
  t.pass('nothing was thrown');
});
