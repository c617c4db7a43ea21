import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { createGroupCommit, type FinishedGroup } from '../../src/storage/group-commit.ts';

/** A table of notes, a group commit on it, and what its observer was told. */
function setUp(t: Test) {
  const file = path.join(t.testdir(), 'stub.db');
  const db = new Sqlite(file, { timeout: 0 });
  t.teardown(() => db.close());
  db.exec('CREATE TABLE notes (text TEXT NOT NULL UNIQUE) STRICT');
  const groupCommit = createGroupCommit(db);
  const insert = db.prepare<[string | null]>('INSERT INTO notes VALUES (?)');
  const add = (text: string | null) => groupCommit.write(() => insert.run(text));
  const told: FinishedGroup[] = [];
  groupCommit.observe((group) => told.push(group));
  const seen = () => told.map(({ writes, failed }) => ({ writes, failed }));
  return { file, db, groupCommit, add, insert, told, seen };
}

t.test('an observer is told of each group: how many writes, and how long they took', async (t) => {
  const { add, groupCommit, insert, told, seen } = setUp(t);
  const writes = [add('a'), add('b'), add(null).catch(() => {})];
  t.equal(groupCommit.pending(), 3);
  const transaction = groupCommit.transaction(() => insert.run('c'));
  t.equal(groupCommit.pending(), 4);
  await Promise.all([...writes, transaction]);
  t.equal(groupCommit.pending(), 0);
  const expected = [
    { writes: 3, failed: false },
    { writes: 1, failed: false },
  ];
  t.same(seen(), expected, 'a statement that failed alone was in its group');
  for (const { durationMs } of told) t.ok(durationMs > 0 && durationMs < 5000, `${durationMs} ms`);
});

t.test('waiting for others is no write', async (t) => {
  const { add, groupCommit, insert, seen } = setUp(t);
  const writes = [
    add('a'),
    groupCommit.settled(),
    groupCommit.transaction(() => insert.run('b')),
    groupCommit.settled(),
  ];
  t.equal(groupCommit.pending(), 2);
  await Promise.all(writes);
  t.same(seen(), [
    { writes: 1, failed: false },
    { writes: 1, failed: false },
  ]);
});

t.test('a transaction that its own work undid is no group', async (t) => {
  const { groupCommit, seen } = setUp(t);
  const undone = groupCommit.transaction(() => {
    throw new Error('taken');
  });
  await t.rejects(undone, { message: 'taken' });
  t.same(seen(), []);
});

t.test('a group that failed as a whole is one, whether it could not begin or not go on', async (t) => {
  const { db, add, seen } = setUp(t);
  db.pragma('query_only = on');
  await t.rejects(Promise.all([add('a'), add('b')]));
  t.same(seen(), [{ writes: 2, failed: true }]);
  db.pragma('query_only = off');
  db.close();
  await t.rejects(add('c'));
  t.same(seen().slice(1), [{ writes: 1, failed: true }]);
});

t.test('the wait for the lock of another process counts', async (t) => {
  const { file, add, groupCommit, told } = setUp(t);
  const other = new Sqlite(file);
  t.teardown(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const write = add('a');
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.equal(groupCommit.pending(), 1);
  other.exec('ROLLBACK');
  await write;
  t.equal(told.length, 1);
  t.match(told[0], { writes: 1, failed: false });
  t.ok((told[0]?.durationMs ?? 0) >= 80, `${told[0]?.durationMs} ms`);
});
