import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import t, { type Test } from 'tap';
import {
  type CheckpointOptions,
  createCheckpoints,
  type LogState,
  setCheckpointInCommit,
} from '../../src/storage/checkpoints.ts';

const PAGE = 4096;
const FRAME = PAGE + 24;

/** A database with its log, and checkpoints beside it. Each write is a page of its own. */
function setUp(t: Test, options: Partial<CheckpointOptions> = {}) {
  const file = path.join(t.testdir(), 'stub.sqlite');
  const db = new Sqlite(file);
  t.teardown(() => db.close());
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = normal');
  setCheckpointInCommit(db);
  db.exec('CREATE TABLE pages (id INTEGER PRIMARY KEY, filling BLOB NOT NULL) STRICT');
  const checkpoints = createCheckpoints(db, { file, isInPlace: () => true, ...options });
  t.teardown(() => checkpoints.close());
  const insert = db.prepare('INSERT OR REPLACE INTO pages VALUES (?, zeroblob(3900))');
  let next = 0;
  /** Writes so many pages, ten in a commit, over and over the same two thousand. */
  function write(pages: number): void {
    for (let left = pages; left > 0; left -= 10) {
      db.transaction(() => {
        for (let index = 0; index < 10; index++) insert.run(next++ % 2000);
      })();
      checkpoints.committed();
    }
  }
  return { file, db, checkpoints, write, rows: () => db.prepare('SELECT count(*) FROM pages').pluck().get() };
}

/** A thread takes what it takes; whoever waits in vain is ended by the test runner. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const stateOf = (db: Database): LogState => (db.pragma('wal_checkpoint(NOOP)') as [LogState])[0];
const inCommit = (db: Database) => db.pragma('wal_autocheckpoint', { simple: true });

t.test('a log of some length is brought in by a thread, and not by a commit', async (t) => {
  const { db, write, checkpoints } = setUp(t);
  write(3000);
  t.equal(stateOf(db).checkpointed, 0, 'the commits have left it alone');
  await until(() => stateOf(db).checkpointed >= 3000);
  t.ok(stateOf(db).log >= 3000);
  t.equal(inCommit(db), 16000, 'and leave it to the thread');
  await checkpoints.close();
  t.equal(inCommit(db), 4000, 'until that is gone');
});

t.test('a short one is left as it is, and no thread is started for it', async (t) => {
  const { db, write } = setUp(t);
  write(1500);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(stateOf(db).checkpointed, 0);
  t.equal(inCommit(db), 4000);
});

t.test('the log begins anew under a load that never ends', async (t) => {
  const { db, file, write, rows } = setUp(t);
  write(3000);
  await until(() => inCommit(db) === 16000);
  let begun = 0;
  let last = 0;
  for (let round = 0; round < 500; round++) {
    write(200);
    await new Promise((resolve) => setImmediate(resolve));
    const { log } = stateOf(db);
    if (log < last) begun += 1;
    last = log;
  }
  t.ok(begun > 0, `${begun} times`);
  // A hundred thousand were written. What comes while the thread is at it makes the log longer than it is to be.
  const { size } = statSync(`${file}-wal`);
  t.ok(size <= 50_000 * FRAME, `${size} bytes`);
  t.equal(rows(), 2000);
});

t.test('a reader in another process hinders the thread, which waits for the next commits', async (t) => {
  const { db, file, write } = setUp(t);
  write(100);
  const reader = new Sqlite(file, { readonly: true });
  t.teardown(() => reader.close());
  const pinned = reader.prepare('SELECT id FROM pages').iterate();
  pinned.next();
  write(9000);
  await until(() => inCommit(db) === 16000);
  const cpu = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { user, system } = process.cpuUsage(cpu);
  t.ok((user + system) / 1000 < 250, `${(user + system) / 1000} ms of the processor in 500 ms`);
  const { checkpointed } = stateOf(db);
  t.ok(checkpointed < 1000, 'what the reader sees stays');
  pinned.return?.();
  write(640);
  await until(() => stateOf(db).checkpointed > 9000 || stateOf(db).log < 9000);
});

t.test('closing ends the thread, and what is left is one file', async (t) => {
  const { db, file, write, checkpoints } = setUp(t);
  write(3000);
  await until(() => inCommit(db) === 16000);
  await checkpoints.close();
  await checkpoints.close();
  db.close();
  t.same(readdirSync(path.dirname(file)), ['stub.sqlite']);
});

t.test('closing while the thread is about to start waits for it', async (t) => {
  const { db, file, write, checkpoints } = setUp(t);
  write(3000);
  await checkpoints.close();
  db.close();
  t.same(readdirSync(path.dirname(file)), ['stub.sqlite']);
});

t.test('a thread that fails is given up, and the commits bring the log in', async (t) => {
  const { db, write, checkpoints } = setUp(t, { sqlite: 'there-is-no-such-module' });
  write(3000);
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.equal(stateOf(db).checkpointed, 0);
  write(3000);
  t.ok(stateOf(db).checkpointed >= 4000 || stateOf(db).log < 4000, 'a commit did it');
  t.equal(inCommit(db), 4000);
  await checkpoints.close();
});

t.test('a file that is elsewhere is opened by no thread', async (t) => {
  const { db, file, write } = setUp(t, { isInPlace: () => existsSync(file) });
  renameSync(file, `${file}.moved`);
  write(3000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(stateOf(db).checkpointed, 0);
  t.notOk(existsSync(file), 'and none is made in its place');
});

t.test('a database in memory has no log', async (t) => {
  const db = new Sqlite(':memory:');
  const checkpoints = createCheckpoints(db, { file: ':memory:', isInPlace: () => true });
  for (let index = 0; index < 100; index++) checkpoints.committed();
  await checkpoints.close();
  db.close();
  t.pass('nothing was started');
});

t.test('a database that is closed is looked at by nobody', async (t) => {
  const { db, write, checkpoints } = setUp(t);
  write(3000);
  db.close();
  for (let index = 0; index < 100; index++) checkpoints.committed();
  await checkpoints.close();
  t.pass('it was let be');
});
