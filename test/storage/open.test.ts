import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import Sqlite, { type Database } from 'better-sqlite3';
import t, { type Test } from 'tap';
import { StartupError } from '../../src/startup-error.ts';
import { APPLICATION_ID, type Migration, migrate } from '../../src/storage/migrate.ts';
import {
  closeDatabase,
  holdDatabase,
  type OpenedDatabase,
  type OpenOptions,
  openDatabase,
} from '../../src/storage/open.ts';
import { refusalOf } from '../support/refusal.ts';

const NOTES: Migration = { version: 1, name: '0001_notes.sql', sql: 'CREATE TABLE notes (text TEXT) STRICT' };

function open(t: Test, file: string, options: Partial<OpenOptions> = {}): OpenedDatabase {
  const opened = openDatabase({ file, durability: 'normal', migrations: [NOTES], lockTimeout: 0, ...options });
  t.teardown(() => opened.db.close());
  return opened;
}

/** Another program's connection: nothing of ours is in between. */
function connect(t: Test, file: string, options?: Sqlite.Options): Database {
  const db = new Sqlite(file, options);
  t.teardown(() => db.close());
  return db;
}

/** Makes a file with what `sql` says, and closes it. */
function makeFile(file: string, sql: string): void {
  const db = new Sqlite(file);
  db.exec(sql);
  db.close();
}

/** Name, bytes and time of change of everything in a folder. */
function fingerprint(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const file = path.join(folder, name);
      const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
      return [name, `${digest} ${statSync(file, { bigint: true }).mtimeNs}`];
    }),
  );
}

/**
 * Size and time of change of everything in a folder but SQLite's index of the log: for files that this process has open,
 * because closing a second descriptor of such a file, as reading it does, would give up this process's locks on it.
 */
function stamps(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => !name.endsWith('-shm'))
      .map((name) => {
        const { size, mtimeNs } = statSync(path.join(folder, name), { bigint: true });
        return [name, `${size} ${mtimeNs}`];
      }),
  );
}

/** Asserts that opening is refused with one line that names the file and the way out. */
function refuses(t: Test, file: string, reason: RegExp | string, options: Partial<OpenOptions> = {}): StartupError {
  const error = refusalOf(() => open(t, file, options)) as StartupError;
  t.type(error, StartupError);
  t.match(error.message, reason);
  t.ok(error.message.startsWith(`${file} `), 'names the file');
  t.match(error.message, /name another file with --database/i, 'says the way out');
  t.notMatch(error.message, '\n', 'is one line');
  return error;
}

t.test('the folder of the file is made, however deep it lies', async (t) => {
  const file = path.join(t.testdir(), 'a', 'b', 'c', 'stub.db');
  open(t, file).db.exec("INSERT INTO notes VALUES ('stored')");
  t.ok(existsSync(file));
});

t.test(':memory: is a migrated database without a file', async (t) => {
  const { db, applied } = open(t, ':memory:');
  t.same(applied, ['0001_notes.sql']);
  t.equal(db.memory, true);
  t.same(db.prepare('SELECT * FROM notes').all(), []);
  t.notOk(existsSync(':memory:'));
});

for (const [durability, synchronous] of [
  ['normal', 1],
  ['full', 2],
] as const) {
  t.test(`durability ${durability} is a write-ahead log with synchronous = ${synchronous}`, async (t) => {
    const { db } = open(t, path.join(t.testdir(), 'stub.db'), { durability });
    t.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    t.equal(db.pragma('synchronous', { simple: true }), synchronous);
  });
}

t.test('a statement waits for a lock as long as asked for, not as long as opening does', async (t) => {
  const folder = t.testdir();
  for (const lockTimeout of [0, 1234]) {
    const { db } = open(t, path.join(folder, 'stub.db'), { lockTimeout });
    t.equal(db.pragma('busy_timeout', { simple: true }), lockTimeout);
  }
});

t.test('a second opening applies nothing and finds what was stored', async (t) => {
  const file = path.join(t.testdir(), 'stub.db');
  const first = open(t, file);
  t.same(first.applied, ['0001_notes.sql']);
  first.db.exec("INSERT INTO notes VALUES ('stored')");
  first.db.close();
  const second = open(t, file);
  t.same(second.applied, []);
  t.same(second.db.prepare('SELECT * FROM notes').all(), [{ text: 'stored' }]);
});

t.test('rows that a process left in the log when it died are there', async (t) => {
  const folder = t.testdir();
  const died = open(t, path.join(folder, 'died.db')).db;
  died.exec("INSERT INTO notes VALUES ('stored')");
  copyFileSync(path.join(folder, 'died.db'), path.join(folder, 'stub.db'));
  copyFileSync(path.join(folder, 'died.db-wal'), path.join(folder, 'stub.db-wal'));
  const { db, applied } = open(t, path.join(folder, 'stub.db'));
  t.same(applied, []);
  t.same(db.prepare('SELECT * FROM notes').all(), [{ text: 'stored' }]);
});

t.test('an empty file is a new database', async (t) => {
  const folder = t.testdir({ 'stub.db': '' });
  t.same(open(t, path.join(folder, 'stub.db')).applied, ['0001_notes.sql']);
});

t.test('a file that is not a database is refused and stays byte for byte as it was', async (t) => {
  const folder = t.testdir({ 'notes.txt': 'Dear diary, today I was no database.\n'.repeat(50), 'short.txt': 'x\n' });
  const before = fingerprint(folder);
  const error = refuses(t, path.join(folder, 'notes.txt'), /is not an SQLite database; it was left as it is/);
  t.match(error.cause, { code: 'SQLITE_NOTADB' });
  refuses(t, path.join(folder, 'short.txt'), /is not an SQLite database; it was left as it is/);
  t.same(fingerprint(folder), before);
});

const THEIRS = "CREATE TABLE theirs (a); INSERT INTO theirs VALUES ('precious')";
const OTHERS: Record<string, string> = {
  'with tables': THEIRS,
  'with tables and a log': `PRAGMA journal_mode = WAL; ${THEIRS}`,
  'with an application id only': 'PRAGMA application_id = 7',
  'with a version only': 'PRAGMA user_version = 1',
  'with tables, at a version that we know': `PRAGMA user_version = 1; ${THEIRS}`,
};
for (const [name, sql] of Object.entries(OTHERS)) {
  t.test(`a database of another program ${name} is refused and nothing in its folder changes`, async (t) => {
    const folder = t.testdir();
    const file = path.join(folder, 'theirs.db');
    makeFile(file, sql);
    const before = fingerprint(folder);
    t.same(Object.keys(before), ['theirs.db']);
    refuses(t, file, /is a database of another program; it was left as it is/);
    t.same(fingerprint(folder), before);
  });
}

t.test(
  'a database that another program broke off in the middle of a write is refused and not rolled back',
  async (t) => {
    const folder = t.testdir();
    const writer = connect(t, path.join(folder, 'open.db'));
    writer.exec('CREATE TABLE theirs (a)');
    writer.pragma('cache_size = 1');
    writer.exec('BEGIN');
    const insert = writer.prepare('INSERT INTO theirs VALUES (?)');
    for (let row = 0; row < 50; row++) insert.run('x'.repeat(1000));
    copyFileSync(path.join(folder, 'open.db'), path.join(folder, 'theirs.db'));
    copyFileSync(path.join(folder, 'open.db-journal'), path.join(folder, 'theirs.db-journal'));
    writer.close();
    const before = fingerprint(folder);
    t.same(Object.keys(before), ['open.db', 'theirs.db', 'theirs.db-journal']);
    refuses(t, path.join(folder, 'theirs.db'), /cannot be opened for writing \(SQLITE_/);
    t.same(fingerprint(folder), before);
  },
);

const NEWER = `PRAGMA journal_mode = WAL; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 2; ${THEIRS}`;

t.test('a database of a newer version is refused and stays byte for byte as it was', async (t) => {
  const folder = t.testdir();
  const file = path.join(folder, 'stub.db');
  makeFile(file, NEWER);
  const before = fingerprint(folder);
  t.same(Object.keys(before), ['stub.db']);
  refuses(t, file, /has schema version 2 and this release knows versions up to 1; it was left as it is/);
  t.same(fingerprint(folder), before);
});

t.test('a newer version whose last writes are still in its log is refused, file and log as they were', async (t) => {
  const folder = t.testdir({ died: {}, link: t.fixture('symlink', 'died/stub.db') });
  const source = path.join(folder, 'source.db');
  const db = connect(t, source);
  db.exec(NEWER);
  const file = path.join(folder, 'died', 'stub.db');
  copyFileSync(source, file);
  copyFileSync(`${source}-wal`, `${file}-wal`);
  const before = fingerprint(path.dirname(file));
  t.same(Object.keys(before), ['stub.db', 'stub.db-wal']);
  t.equal(readFileSync(file).readUInt32BE(60), 0, 'the version stands in the log alone');
  refuses(t, path.join(folder, 'link'), /has schema version 2/);
  refuses(t, file, /has schema version 2/);
  // SQLite makes an index to read the log by; it holds nothing of its own.
  const { 'stub.db-shm': _, ...after } = fingerprint(path.dirname(file));
  t.same(after, before);
  t.same(connect(t, file).prepare('SELECT * FROM theirs').all(), [{ a: 'precious' }]);
});

t.test('a newer version that its own release has open is refused, and that release goes on', async (t) => {
  const folder = t.testdir();
  const file = path.join(folder, 'stub.db');
  const db = connect(t, file);
  db.exec(NEWER);
  const before = stamps(folder);
  t.same(Object.keys(before), ['stub.db', 'stub.db-wal']);
  refuses(t, file, /has schema version 2/);
  t.same(stamps(folder), before);
  db.exec("INSERT INTO theirs VALUES ('more')");
  t.equal(db.prepare('SELECT count(*) FROM theirs').pluck().get(), 2);
});

t.test('a damaged database is refused and stays byte for byte as it was', async (t) => {
  const poke = (file: string, position: number, bytes: number[]): void => {
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, Buffer.from(bytes), 0, bytes.length, position);
    closeSync(descriptor);
  };
  const noise = Array<number>(100).fill(0xff);
  const damages: { name: string; damage: (file: string) => void; reason: RegExp }[] = [
    { name: 'first byte', damage: (file) => poke(file, 0, [0]), reason: /is not an SQLite database/ },
    { name: 'page size', damage: (file) => poke(file, 16, [0, 3]), reason: /is not an SQLite database/ },
    { name: 'tree of the schema', damage: (file) => poke(file, 100, noise), reason: /damaged .*\(SQLITE_CORRUPT/ },
    {
      name: 'text of the schema',
      damage: (file) => poke(file, 4040, noise.slice(50)),
      reason: /is a damaged database/,
    },
    { name: 'cut after a page', damage: (file) => truncateSync(file, 4096), reason: /is a damaged database/ },
    { name: 'cut in the header', damage: (file) => truncateSync(file, 50), reason: /is a damaged database/ },
  ];
  for (const { name, damage, reason } of damages) {
    t.test(name, async (t) => {
      const folder = t.testdir();
      const file = path.join(folder, 'stub.db');
      closeDatabase(open(t, file).db);
      damage(file);
      const before = fingerprint(folder);
      refuses(t, file, reason);
      t.same(fingerprint(folder), before);
    });
  }
});

t.test('a path that cannot be a file is refused with the folder to look at', async (t) => {
  const folder = t.testdir({ file: 'a file', folder: {}, link: t.fixture('symlink', 'nowhere') });
  symlinkSync('loop', path.join(folder, 'loop'));
  const table: { name: string; file: string; code: RegExp }[] = [
    { name: 'in a regular file', file: 'file/stub.db', code: /\(EEXIST\)/ },
    { name: 'below a regular file', file: 'file/sub/stub.db', code: /\(ENOTDIR\)/ },
    { name: 'a folder', file: 'folder', code: /\(SQLITE_(CANTOPEN|IOERR)/ },
    { name: 'below a link that leads nowhere', file: 'link/sub/stub.db', code: /\(ENOENT\)/ },
    { name: 'below links in a circle', file: 'loop/stub.db', code: /\(ELOOP\)/ },
    { name: 'a folder of too long a name', file: `${'x'.repeat(300)}/stub.db`, code: /\(ENAMETOOLONG\)/ },
    { name: 'a file of too long a name', file: 'x'.repeat(300), code: /\(SQLITE_CANTOPEN\)/ },
  ];
  const before = readdirSync(folder);
  for (const { name, file, code } of table) {
    t.test(name, async (t) => {
      const full = path.join(folder, file);
      const error = refuses(t, full, /cannot be opened for writing/);
      t.match(error.message, code);
      t.match(error.message, `check that ${path.dirname(full)} is a folder that this user may write`);
    });
  }
  t.same(readdirSync(folder), before);
});

t.test(
  'a folder that this user may not write is refused',
  { skip: process.getuid?.() === 0 && 'root may write to every folder' },
  async (t) => {
    const folder = t.testdir({ locked: {} });
    chmodSync(path.join(folder, 'locked'), 0o555);
    refuses(t, path.join(folder, 'locked', 'stub.db'), /cannot be opened for writing \(SQLITE_CANTOPEN\)/);
    refuses(t, path.join(folder, 'locked', 'sub', 'stub.db'), /cannot be opened for writing \(EACCES\)/);
  },
);

t.test('a full disk is named as the reason, and the step that met it is undone', async (t) => {
  const file = path.join(t.testdir(), 'stub.db');
  const hungry: Migration = {
    version: 2,
    name: '0002_hungry.sql',
    // A limit on pages is refused in the same way as a disk that has no more of them.
    sql: 'PRAGMA max_page_count = 3; CREATE TABLE a (b); CREATE TABLE c (d); CREATE TABLE e (f);',
  };
  const error = refuses(t, file, /cannot be written: the disk is full\. Free some space/, {
    migrations: [NOTES, hungry],
  });
  t.match(error.cause, { code: 'SQLITE_FULL' });
  const { db, applied } = open(t, file);
  t.same(applied, []);
  t.same(db.prepare('SELECT name FROM sqlite_schema').pluck().all(), ['notes']);
});

t.test('an error that is none of these is passed through unchanged', async (t) => {
  const folder = t.testdir();
  const broken: Migration = { version: 1, name: '0001_broken.sql', sql: 'CREATE TABLE half (a); SELECT missing;' };
  const error = refusalOf(() => open(t, path.join(folder, 'broken.db'), { migrations: [broken] }));
  t.type(error, Sqlite.SqliteError);
  t.match(error, { code: 'SQLITE_ERROR', message: 'no such column: missing' });

  const thrown = new Error('without a code');
  const throwing: Migration = {
    version: 1,
    name: '0001_throwing.sql',
    get sql(): string {
      throw thrown;
    },
  };
  t.equal(
    refusalOf(() => open(t, path.join(folder, 'throwing.db'), { migrations: [throwing] })),
    thrown,
  );
  t.same(readdirSync(folder).sort(), ['broken.db', 'throwing.db'], 'a refused opening leaves no connection behind');
});

// What another process does: it says when it is ready, opens when told to, and says what came of it.
const OPENER = `
  import { once } from 'node:events';
  import { closeDatabase, openDatabase } from ${JSON.stringify(new URL('../../src/storage/open.ts', import.meta.url).href)};
  const options = JSON.parse(process.argv[1]);
  process.stdout.write('?');
  await once(process.stdin, 'data');
  const outcome = {};
  try {
    const { db, applied } = openDatabase(options);
    outcome.applied = applied;
    closeDatabase(db);
  } catch (error) {
    outcome.refused = \`\${error.name}: \${error.message}\`;
  }
  process.stdout.write(JSON.stringify(outcome));
  process.exit();
`;

interface Outcome {
  applied?: string[];
  refused?: string;
}

/** Another process that is about to open a file; resolves when it is ready, with what makes it open. */
async function opener(t: Test, file: string): Promise<() => Promise<Outcome>> {
  const options: OpenOptions = { file, durability: 'normal', migrations: [NOTES], lockTimeout: 0 };
  const child = spawn(process.execPath, ['--input-type=module', '--eval', OPENER, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill());
  await once(child.stdout, 'readable');
  child.stdout.read(1);
  return async () => {
    child.stdin.write('!');
    return JSON.parse(await text(child.stdout)) as Outcome;
  };
}

t.test(
  'several processes may open the same new file at once: each succeeds, and each step is taken once',
  async (t) => {
    const file = path.join(t.testdir(), 'stub.db');
    const openers = await Promise.all(Array.from({ length: 6 }, () => opener(t, file)));
    const outcomes = await Promise.all(openers.map((start) => start()));
    t.same(
      outcomes.filter(({ refused }) => refused !== undefined),
      [],
    );
    t.same(
      outcomes.flatMap(({ applied }) => applied),
      ['0001_notes.sql'],
    );
  },
);

// Each of the refusals below waits the whole time that opening has, so they wait side by side in processes of their own.
t.test('locked by another process: one line says so, after a wait, and the file stays as it was', async (t) => {
  const locks: { name: string; lock: (db: Database) => void }[] = [
    {
      name: 'a writer that keeps the file to itself',
      lock: (db) => {
        db.pragma('journal_mode = WAL');
        db.pragma('locking_mode = EXCLUSIVE');
        migrate(db, [NOTES]);
      },
    },
    {
      name: 'a transaction that lets no one read',
      lock: (db) => {
        migrate(db, [NOTES]);
        db.exec('BEGIN EXCLUSIVE');
      },
    },
    {
      name: 'a transaction that lets no one write, before the log is turned on',
      lock: (db) => {
        migrate(db, [NOTES]);
        db.exec('BEGIN IMMEDIATE');
      },
    },
    {
      name: 'a transaction that lets no one write, before a step',
      lock: (db) => {
        db.pragma('journal_mode = WAL');
        db.exec('BEGIN IMMEDIATE');
      },
    },
  ];
  const folder = t.testdir();
  await Promise.all(
    locks.map(async ({ name, lock }, index) => {
      const file = path.join(folder, `${index}`, 'stub.db');
      mkdirSync(path.dirname(file));
      lock(connect(t, file));
      const start = await opener(t, file);
      const before = stamps(path.dirname(file));
      const outcome = await start();
      const refused = `StartupError: ${file} is locked by another process; stop that one, or name another file with --database.`;
      t.same(outcome, { refused }, name);
      t.same(stamps(path.dirname(file)), before, `${name}: untouched`);
    }),
  );
});

t.test('a lock that another process gives up in time is waited for', async (t) => {
  const states: { name: string; lock: (db: Database) => void; applied?: string[] }[] = [
    { name: 'while the log is turned on', lock: (db) => db.exec('BEGIN IMMEDIATE; CREATE TABLE notes (text TEXT)') },
    {
      name: 'before the first look',
      lock: (db) => {
        migrate(db, [NOTES]);
        db.exec('BEGIN EXCLUSIVE');
      },
      applied: [],
    },
    {
      name: 'before a step',
      lock: (db) => {
        db.pragma('journal_mode = WAL');
        db.exec('BEGIN IMMEDIATE; CREATE TABLE notes (text TEXT)');
      },
    },
  ];
  for (const { name, lock, applied = ['0001_notes.sql'] } of states) {
    t.test(name, async (t) => {
      const file = path.join(t.testdir(), 'stub.db');
      const db = connect(t, file);
      lock(db);
      const start = await opener(t, file);
      const outcome = start();
      // However long the other process takes to get here: it finds the lock or it does not, and succeeds in both cases.
      setTimeout(() => db.exec('ROLLBACK'), 300);
      t.same(await outcome, { applied });
    });
  }
});

t.test('closing brings the log into the file, even beside a connection that stays open', async (t) => {
  const folder = t.testdir();
  const file = path.join(folder, 'stub.db');
  const { db } = open(t, file);
  const other = connect(t, file);
  t.same(other.prepare('SELECT * FROM notes').all(), []);
  db.exec("INSERT INTO notes VALUES ('stored')");
  closeDatabase(db);
  t.notOk(db.open);
  t.equal(statSync(`${file}-wal`).size, 0);
  copyFileSync(file, path.join(folder, 'copy.db'));
  t.same(connect(t, path.join(folder, 'copy.db')).prepare('SELECT * FROM notes').all(), [{ text: 'stored' }]);
});

t.test('closing the last connection leaves one file', async (t) => {
  const folder = t.testdir();
  const { db } = open(t, path.join(folder, 'stub.db'));
  db.exec("INSERT INTO notes VALUES ('stored')");
  closeDatabase(db);
  t.same(readdirSync(folder), ['stub.db']);
});

t.test('closing beside a reader leaves the log to it, and loses nothing', async (t) => {
  const file = path.join(t.testdir(), 'stub.db');
  const { db } = open(t, file);
  const reader = connect(t, file);
  reader.exec('BEGIN');
  reader.prepare('SELECT * FROM notes').all();
  db.exec("INSERT INTO notes VALUES ('stored')");
  closeDatabase(db);
  t.notOk(db.open);
  t.not(statSync(`${file}-wal`).size, 0);
  reader.exec('COMMIT');
  t.same(reader.prepare('SELECT * FROM notes').all(), [{ text: 'stored' }]);
});

t.test('closing what cannot be checkpointed closes it all the same', async (t) => {
  const file = path.join(t.testdir(), 'stub.db');
  const { db } = open(t, file);
  db.exec("INSERT INTO notes VALUES ('stored'); BEGIN; INSERT INTO notes VALUES ('never committed')");
  t.throws(() => db.pragma('wal_checkpoint(TRUNCATE)'), { code: 'SQLITE_LOCKED' });
  closeDatabase(db);
  t.notOk(db.open);
  t.same(open(t, file).db.prepare('SELECT * FROM notes').all(), [{ text: 'stored' }]);
});

t.test('another file that takes the place of the one that is being opened is no anchor for it', (t) => {
  const folder = t.testdir();
  const file = path.join(folder, 'stub.db');
  open(t, file).db.close();
  copyFileSync(file, `${file}.backup`);
  let isFirst = true;
  const step: Migration = {
    version: 2,
    name: '0002_slow.sql',
    get sql() {
      if (isFirst) renameSync(`${file}.backup`, file);
      isFirst = false;
      return 'CREATE TABLE more (text TEXT) STRICT';
    },
  };
  const options = { file, durability: 'normal', migrations: [NOTES, step], lockTimeout: 0 } as const;
  t.throws(() => holdDatabase(options), {
    name: 'StartupError',
    message: `${file} gave way to another file while it was opened: try again.`,
    mayPass: true,
  });
  const held = holdDatabase(options);
  t.same(held.applied, ['0002_slow.sql'], 'nothing of the first try is left open, and this is the new file');
  held.letGo();
  t.end();
});

t.test(
  'a log that cannot be removed beside another file keeps the claim until it can',
  { skip: process.getuid?.() === 0 && 'root may write to every folder' },
  (t) => {
    const folder = t.testdir();
    const file = path.join(folder, 'stub.db');
    const options = { file, durability: 'normal', migrations: [NOTES], lockTimeout: 0 } as const;
    const held = holdDatabase(options);
    held.db.exec("INSERT INTO notes VALUES ('moved')");
    renameSync(file, `${file}.old`);
    copyFileSync(`${file}.old`, file);
    chmodSync(folder, 0o555);
    t.throws(() => held.letGo(), { code: 'EACCES' });
    chmodSync(folder, 0o755);
    held.letGo();
    t.same(readdirSync(folder), ['stub.db', 'stub.db-lock', 'stub.db.old']);
    holdDatabase(options).letGo();
    t.end();
  },
);
