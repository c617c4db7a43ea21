import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Sqlite, { type Database } from 'better-sqlite3';
import t, { type Test } from 'tap';
import { createGroupCommit, type GroupCommitOptions, StorageUnavailableError } from '../../src/storage/group-commit.ts';

function connect(t: Test, file: string, options: Sqlite.Options = {}): Database {
  // As in a server: a statement does not wait for a lock by itself.
  const db = new Sqlite(file, { timeout: 0, ...options });
  t.teardown(() => db.close());
  return db;
}

/** A file with a table of notes, a group commit on it, another connection to it, and a record of what happened. */
function setUp(t: Test, options: GroupCommitOptions & { schema?: string } = {}) {
  const { schema = '', ...groupOptions } = options;
  const file = path.join(t.testdir(), 'stub.db');
  const statements: string[] = [];
  const db = connect(t, file, { verbose: (sql) => statements.push(String(sql)) });
  db.pragma('journal_mode = WAL');
  db.exec(`CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT; ${schema}`);
  const other = connect(t, file);
  const failures: { error: unknown; size: number }[] = [];
  const group = createGroupCommit(db, { onFailure: (error, size) => failures.push({ error, size }), ...groupOptions });
  const insert = db.prepare<[string | null]>('INSERT INTO notes (text) VALUES (?)');
  const add = (text: string | null): Promise<Sqlite.RunResult> => group.write(() => insert.run(text));
  const selectTexts = other.prepare<[], string>('SELECT text FROM notes ORDER BY id').pluck();
  /** What another connection sees: committed rows only. */
  const stored = (): string[] => selectTexts.all();
  const transactions = (): string[] => statements.filter((sql) => /^(BEGIN|COMMIT|ROLLBACK)/.test(sql));
  statements.length = 0;
  return { file, db, other, group, add, stored, failures, statements, transactions };
}

/** Settles all writes, and asserts that each was refused because storage as a whole failed for that reason. */
async function refusedTogether(t: Test, writes: Promise<unknown>[], reason: string, code: string): Promise<void> {
  for (const outcome of await Promise.allSettled(writes)) {
    if (outcome.status === 'fulfilled') {
      t.fail('a write of the group was accepted');
      continue;
    }
    t.type(outcome.reason, StorageUnavailableError);
    t.match(outcome.reason, { name: 'StorageUnavailableError', message: reason, cause: { code } });
    t.equal(outcome.reason.message, reason);
  }
}

t.test('all writes of one turn share one transaction, and run in the order in which they were asked for', async (t) => {
  const { add, stored, transactions } = setUp(t);
  const writes = [add('first')];
  process.nextTick(() => writes.push(add('of a next tick')));
  queueMicrotask(() => writes.push(add('of a micro-task')));
  for (let index = 0; index < 50; index++) writes.push(add(`note ${index}`));
  await nextTurn();
  t.equal(writes.length, 53);
  await Promise.all(writes);
  t.same(transactions(), ['BEGIN IMMEDIATE', 'COMMIT']);
  t.same(stored().slice(0, 3), ['first', 'note 0', 'note 1']);
  t.equal(stored().length, 53);
});

t.test('writes of different callbacks of one turn share one transaction', async (t) => {
  const { add, transactions } = setUp(t);
  const writes: Promise<unknown>[] = [];
  // Immediates run in one phase of a turn; each is a callback of its own, as each request is.
  await new Promise<void>((resolve) => {
    for (let index = 0; index < 5; index++) setImmediate(() => writes.push(add(`note ${index}`)));
    setImmediate(resolve);
  });
  await Promise.all(writes);
  t.equal(writes.length, 5);
  t.same(transactions(), ['BEGIN IMMEDIATE', 'COMMIT']);
});

t.test('a write of a later turn has a transaction of its own', async (t) => {
  const { add, stored, transactions } = setUp(t);
  await add('first');
  await add('second');
  t.same(transactions(), ['BEGIN IMMEDIATE', 'COMMIT', 'BEGIN IMMEDIATE', 'COMMIT']);
  t.same(stored(), ['first', 'second']);
});

t.test('no write means no transaction', async (t) => {
  const { statements } = setUp(t);
  await nextTurn();
  await nextTurn();
  t.same(statements, []);
});

t.test('a write resolves with what its unit returned, whatever that is', async (t) => {
  const { add, group } = setUp(t);
  t.match(await add('first'), { changes: 1, lastInsertRowid: 1 });
  for (const value of [undefined, null, 0, '', false]) t.equal(await group.write(() => value), value);
});

t.test('a write resolves when its row is committed, and not before', async (t) => {
  const { add, stored } = setUp(t);
  const seen: string[][] = [];
  const writes = ['a', 'b'].map((text) => add(text).then(() => seen.push(stored())));
  t.same(stored(), []);
  await Promise.all(writes);
  t.same(seen, [
    ['a', 'b'],
    ['a', 'b'],
  ]);
});

t.test('a commit that fails refuses every write of its group, stores none, and the next group works', async (t) => {
  const { db, add, group, stored, failures } = setUp(t, {
    schema: `CREATE TABLE replies (note INTEGER REFERENCES notes DEFERRABLE INITIALLY DEFERRED) STRICT`,
  });
  db.pragma('foreign_keys = ON');
  const reply = group.write(() => db.exec('INSERT INTO replies VALUES (404)'));
  await refusedTogether(
    t,
    [add('a'), reply, add('b')],
    'the database could not be written',
    'SQLITE_CONSTRAINT_FOREIGNKEY',
  );
  t.notOk(db.inTransaction);
  t.same(stored(), []);
  t.match(failures, [{ error: { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' }, size: 3 }]);
  await add('after');
  t.same(stored(), ['after']);
});

t.test('a unit that fails is refused alone with its own error, and its neighbours are stored', async (t) => {
  const own = new Error('the unit’s own');
  const abort = `CREATE TRIGGER no_abort BEFORE INSERT ON notes WHEN new.text = 'abort'
                 BEGIN SELECT RAISE(ABORT, 'not this one'); END;`;
  const cases: { name: string; expected: unknown; fail: (setting: ReturnType<typeof setUp>) => Promise<unknown> }[] = [
    { name: 'not null', expected: { code: 'SQLITE_CONSTRAINT_NOTNULL' }, fail: ({ add }) => add(null) },
    { name: 'unique', expected: { code: 'SQLITE_CONSTRAINT_UNIQUE' }, fail: ({ add }) => add('before') },
    {
      name: 'RAISE(ABORT)',
      expected: { code: 'SQLITE_CONSTRAINT_TRIGGER', message: 'not this one' },
      fail: ({ add }) => add('abort'),
    },
    {
      name: 'an error of its own',
      expected: own,
      fail: ({ group }) =>
        group.write(() => {
          throw own;
        }),
    },
    {
      name: 'nothing thrown',
      expected: undefined,
      fail: ({ group }) =>
        group.write(() => {
          throw undefined;
        }),
    },
  ];
  for (const { name, expected, fail } of cases) {
    t.test(name, async (t) => {
      const setting = setUp(t, { schema: abort });
      const { add, stored, failures, transactions } = setting;
      const outcomes = await Promise.allSettled([add('before'), fail(setting), add('after')]);
      t.same(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      const { reason } = outcomes[1] as PromiseRejectedResult;
      if (expected instanceof Error) t.equal(reason, expected);
      else t.match(reason, expected);
      t.notMatch(reason, { name: 'StorageUnavailableError' });
      t.same(stored(), ['before', 'after']);
      t.same(transactions(), ['BEGIN IMMEDIATE', 'COMMIT']);
      t.same(failures, [], 'storage as a whole did not fail');
    });
  }
});

t.test('a unit of several statements in a savepoint undoes all of them when one fails', async (t) => {
  const { db, add, group, stored } = setUp(t);
  const insert = db.prepare<[string | null]>('INSERT INTO notes (text) VALUES (?)');
  const several = db.transaction((texts: (string | null)[]) => {
    for (const text of texts) insert.run(text);
  });
  const outcomes = await Promise.allSettled([
    add('before'),
    group.write(() => several(['half', null])),
    group.write(() => several(['one', 'two'])),
  ]);
  t.match(outcomes, [{ status: 'fulfilled' }, { reason: { code: 'SQLITE_CONSTRAINT_NOTNULL' } }, { value: undefined }]);
  t.same(stored(), ['before', 'one', 'two']);
});

t.test(
  'when SQLite gives up the transaction, all of its group are refused, none is stored, the next works',
  async (t) => {
    const { db, add, stored, failures } = setUp(t, {
      schema: `CREATE TRIGGER no_rollback BEFORE INSERT ON notes WHEN new.text = 'rollback'
             BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END;`,
    });
    const writes = [add('before'), add('rollback'), add('after')];
    await refusedTogether(t, writes, 'the database could not be written', 'SQLITE_CONSTRAINT_TRIGGER');
    t.notOk(db.inTransaction);
    t.same(stored(), [], 'nor is a later write of the group stored on its own');
    t.match(failures, [{ error: { code: 'SQLITE_CONSTRAINT_TRIGGER', message: 'all of it' }, size: 3 }]);
    await add('next');
    t.same(stored(), ['next']);
  },
);

t.test(
  'a full disk refuses all of its group, stores none, and storing goes on when there is space again',
  async (t) => {
    const { db, add, stored, failures } = setUp(t);
    await add('stored');
    const pages = db.pragma('page_count', { simple: true }) as number;
    db.pragma(`max_page_count = ${pages}`);
    const writes = [add('small'), add('x'.repeat(100_000)), add('small too')];
    await refusedTogether(t, writes, 'the disk is full', 'SQLITE_FULL');
    t.notOk(db.inTransaction);
    t.same(stored(), ['stored']);
    t.match(failures, [{ error: { code: 'SQLITE_FULL' }, size: 3 }]);
    db.pragma(`max_page_count = ${pages + 1000}`);
    await add('y'.repeat(100_000));
    t.same(stored(), ['stored', 'y'.repeat(100_000)]);
  },
);

t.test('a full disk refuses all of its group also where SQLite undoes the one statement alone', async (t) => {
  const { db, add, group, stored } = setUp(t);
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
  const inTransaction: boolean[] = [];
  const several = group.write(() => {
    try {
      db.exec("INSERT INTO notes (text) SELECT value || hex(zeroblob(10000)) FROM json_each('[1, 2, 3]')");
    } finally {
      inTransaction.push(db.inTransaction);
    }
  });
  await refusedTogether(t, [add('small'), several, add('small too')], 'the disk is full', 'SQLITE_FULL');
  t.same(inTransaction, [true], 'the transaction outlived the statement');
  t.notOk(db.inTransaction);
  t.same(stored(), []);
});

t.test('a damaged file refuses all of the group that met the damage, and stores none of it', async (t) => {
  const file = path.join(t.testdir(), 'stub.db');
  const maker = connect(t, file);
  maker.exec('CREATE TABLE whole (a); CREATE TABLE damaged (a)');
  maker.close();
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(100, 0xff), 0, 100, 2 * 4096);
  closeSync(descriptor);

  const db = connect(t, file);
  const group = createGroupCommit(db);
  const add = (table: string) => group.write(() => db.exec(`INSERT INTO ${table} VALUES (1)`));
  await refusedTogether(t, [add('whole'), add('damaged')], 'the database file is damaged', 'SQLITE_CORRUPT');
  t.equal(db.prepare('SELECT count(*) FROM whole').pluck().get(), 0);
  await add('whole');
  t.equal(db.prepare('SELECT count(*) FROM whole').pluck().get(), 1);
});

t.test('a file that became something else refuses the write as damaged, without trying again', async (t) => {
  const file = path.join(t.testdir(), 'stub.db');
  const statements: string[] = [];
  const db = connect(t, file, { verbose: (sql) => statements.push(String(sql)) });
  db.exec('CREATE TABLE notes (text TEXT)');
  const group = createGroupCommit(db);
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(4096, 'not a database '), 0, 4096, 0);
  closeSync(descriptor);
  const write = group.write(() => db.exec("INSERT INTO notes VALUES ('a')"));
  await refusedTogether(t, [write], 'the database file is damaged', 'SQLITE_NOTADB');
  t.same(statements.slice(1), ['BEGIN IMMEDIATE']);
});

t.test('a read-only database refuses the write and says so', async (t) => {
  const { file, stored } = setUp(t);
  const db = connect(t, file, { readonly: true });
  const group = createGroupCommit(db);
  const add = (text: string) => group.write(() => db.exec(`INSERT INTO notes (text) VALUES ('${text}')`));
  await refusedTogether(t, [add('a'), add('b')], 'the database is read-only', 'SQLITE_READONLY');
  t.notOk(db.inTransaction);
  t.same(stored(), []);
});

t.test('a closed database refuses the write, and neither path nor statement reaches the caller', async (t) => {
  const { db, add, failures } = setUp(t);
  const write = add('late');
  db.close();
  await t.rejects(write, { name: 'StorageUnavailableError', message: /^the database is not open$/ });
  t.match(failures, [{ error: TypeError, size: 1 }]);
});

t.test(
  'a write waits for a lock of another connection without stopping the event loop, and is stored then',
  async (t) => {
    const { other, add, stored, failures, transactions } = setUp(t);
    other.exec('BEGIN IMMEDIATE');
    let settled = false;
    const first = add('first').finally(() => {
      settled = true;
    });
    // Turns go by while the lock is held: a wait inside SQLite would end in a refusal before the first of them.
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    t.notOk(settled);
    t.equal(transactions()[0], 'BEGIN IMMEDIATE', 'the lock was tried for');
    const second = add('of a later turn');
    await nextTurn();
    other.exec('COMMIT');
    await Promise.all([first, second]);
    t.same(stored(), ['first', 'of a later turn']);
    t.equal(transactions().filter((sql) => sql === 'COMMIT').length, 1, 'what came while waiting is in the same group');
    t.same(failures, []);
  },
);

t.test('a lock that is held for too long refuses the group and says why; the next group waits anew', async (t) => {
  const { other, add, stored, failures, transactions } = setUp(t, { lockTimeout: 50 });
  other.exec('BEGIN IMMEDIATE');
  const reason = 'another process holds the database locked';
  await refusedTogether(t, [add('a'), add('b')], reason, 'SQLITE_BUSY');
  t.match(failures, [{ error: { code: 'SQLITE_BUSY' }, size: 2 }]);
  const tries = transactions().length;
  t.ok(tries >= 2, 'it tried more than once');

  await refusedTogether(t, [add('c')], reason, 'SQLITE_BUSY');
  t.ok(transactions().length - tries >= 2, 'so did the next group');
  t.equal(failures.length, 2);

  other.exec('COMMIT');
  await add('after');
  t.same(stored(), ['after']);
});

t.test('a reader that holds up the commit refuses the group, stores none of it, and the next works', async (t) => {
  const { db, other, add, failures } = setUp(t);
  // Without a log a commit needs the file for itself.
  other.close();
  t.equal(db.pragma('journal_mode = DELETE', { simple: true }), 'delete');
  const reader = connect(t, db.name);
  reader.exec('BEGIN');
  const select = reader.prepare<[], string>('SELECT text FROM notes').pluck();
  t.same(select.all(), []);
  await refusedTogether(t, [add('a'), add('b')], 'another process holds the database locked', 'SQLITE_BUSY');
  t.notOk(db.inTransaction);
  t.match(failures, [{ error: { code: 'SQLITE_BUSY' }, size: 2 }]);
  reader.exec('COMMIT');
  t.same(select.all(), []);
  await add('after');
  t.same(select.all(), ['after']);
});

t.test('without a listener for failures a failed group is refused all the same', async (t) => {
  const db = connect(t, ':memory:');
  const group = createGroupCommit(db);
  const write = group.write(() => db.exec('ROLLBACK; SELECT * FROM nowhere'));
  await refusedTogether(t, [write], 'the database could not be written', 'SQLITE_ERROR');
});

t.test('drain resolves at once when nothing waits', async (t) => {
  const { group, add, statements } = setUp(t);
  await group.drain();
  t.same(statements, []);
  await add('first');
  let drained = false;
  group.drain().then(() => {
    drained = true;
  });
  await Promise.resolve();
  t.ok(drained, 'also after a write, in the same turn');
});

t.test('drain resolves after the last write, for everyone who asked', async (t) => {
  const { group, add, stored } = setUp(t);
  const order: string[] = [];
  const writes = ['a', 'b'].map((text) => add(text).then(() => order.push(text)));
  const drains = [1, 2].map((number) =>
    group.drain().then(() => {
      t.same(stored(), ['a', 'b']);
      order.push(`drain ${number}`);
    }),
  );
  await Promise.all([...writes, ...drains]);
  t.same(order, ['a', 'b', 'drain 1', 'drain 2']);
});

t.test('drain waits for the lock that the last write waits for, and for a group that fails', async (t) => {
  const { group, other, add, stored } = setUp(t, { lockTimeout: 50 });
  other.exec('BEGIN IMMEDIATE');
  const order: string[] = [];
  const write = add('a').catch(() => order.push('refused'));
  const drain = group.drain().then(() => order.push('drained'));
  await Promise.all([write, drain]);
  t.same(order, ['refused', 'drained']);
  other.exec('COMMIT');
  t.same(stored(), []);
});

t.test('drain waits for a write that a unit asked for while its group was being written', async (t) => {
  const { group, db, stored, transactions } = setUp(t);
  let inner: Promise<unknown> | undefined;
  const outer = group.write(() => {
    db.exec("INSERT INTO notes (text) VALUES ('outer')");
    inner = group.write(() => db.exec("INSERT INTO notes (text) VALUES ('inner')"));
  });
  await group.drain();
  t.same(stored(), ['outer', 'inner']);
  t.equal(transactions().filter((sql) => sql === 'COMMIT').length, 2);
  await Promise.all([outer, inner]);
});

t.test(
  'a transaction of its own runs behind what was asked for before it, alone, and before what comes after',
  async (t) => {
    const { group, db, add, stored, transactions } = setUp(t);
    const seen: string[][] = [];
    const writes = [add('a'), add('b')];
    const work = group.transaction(() => {
      seen.push(db.prepare<[], string>('SELECT text FROM notes ORDER BY id').pluck().all());
      db.exec("DELETE FROM notes; INSERT INTO notes (text) VALUES ('x'), ('y')");
      return 'done';
    });
    writes.push(add('c'));
    const second = group.transaction(() => db.exec("DELETE FROM notes WHERE text = 'y'"));
    t.equal(await work, 'done');
    await Promise.all([...writes, second]);
    t.same(seen, [['a', 'b']]);
    t.same(stored(), ['x', 'c']);
    const group1 = ['BEGIN IMMEDIATE', 'COMMIT'];
    t.same(transactions(), [...group1, ...group1, ...group1, ...group1]);
  },
);

t.test('what a transaction throws undoes all of it, and nothing else', async (t) => {
  const { group, db, add, stored, failures } = setUp(t);
  const before = add('before');
  let committed = 0;
  const work = group.transaction(
    () => {
      db.exec("INSERT INTO notes (text) VALUES ('half')");
      throw new Error('changed my mind');
    },
    () => committed++,
  );
  const after = add('after');
  await t.rejects(work, { message: 'changed my mind' });
  await Promise.all([before, after]);
  t.same(stored(), ['before', 'after']);
  t.equal(committed, 0, 'memory is left alone');
  t.same(failures, [], 'storage is not to blame');
});

t.test('memory changes in the same turn as the commit, before anybody hears of it', async (t) => {
  const { group, db, stored } = setUp(t);
  const order: string[] = [];
  const work = group
    .transaction(
      () => db.exec("INSERT INTO notes (text) VALUES ('a')"),
      () => {
        t.same(stored(), ['a']);
        order.push('memory');
      },
    )
    .then(() => order.push('asker'));
  setImmediate(() => order.push('next turn'));
  await work;
  await nextTurn();
  t.same(order, ['memory', 'asker', 'next turn']);
});

t.test(
  'a transaction that storage refuses is refused whole; one that waits for a lock waits like a write',
  async (t) => {
    const { group, db, other, add, stored, failures } = setUp(t, { lockTimeout: 30 });
    other.exec('BEGIN IMMEDIATE');
    let committed = 0;
    const insert = () => db.exec("INSERT INTO notes (text) VALUES ('a')");
    const waiting = [add('w'), group.transaction(insert, () => committed++), add('v')];
    await refusedTogether(t, waiting, 'another process holds the database locked', 'SQLITE_BUSY');
    t.match(failures, [{ size: 3 }], 'all of them waited for the same lock');
    const later = group.transaction(insert, () => committed++);
    setTimeout(() => other.exec('ROLLBACK'), 5);
    await later;
    t.equal(committed, 1);
    t.same(stored(), ['a']);
  },
);

t.test('settled waits for what was asked for before it, and not for what comes after', async (t) => {
  const { group, db, add, stored, statements } = setUp(t);
  await group.settled();
  t.same(statements, [], 'nothing waits');
  const write = add('a');
  const settled = group.settled();
  const later = group.transaction(() => db.exec("INSERT INTO notes (text) VALUES ('b')"));
  await settled;
  t.same(stored(), ['a']);
  await Promise.all([write, later]);
  const bad = add('a');
  await Promise.all([group.settled(), t.rejects(bad, { code: 'SQLITE_CONSTRAINT_UNIQUE' })]);
});
