import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Sqlite, { type Database } from 'better-sqlite3';
import t, { type Test } from 'tap';
import { StartupError } from '../../src/startup-error.ts';
import {
  APPLICATION_ID,
  assertOurs,
  type Migration,
  migrate,
  newestVersion,
  readMigrations,
} from '../../src/storage/migrate.ts';

const FIRST: Migration = { version: 1, name: '0001_notes.sql', sql: 'CREATE TABLE notes (text TEXT) STRICT' };
const SECOND: Migration = { version: 2, name: '0002_day.sql', sql: 'ALTER TABLE notes ADD COLUMN day TEXT' };
const THIRD: Migration = { version: 3, name: '0003_tags.sql', sql: 'CREATE TABLE tags (text TEXT) STRICT' };
const BOTH = [FIRST, SECOND];

function connect(t: Test, file: string, options?: Sqlite.Options): Database {
  const db = new Sqlite(file, options);
  t.teardown(() => db.close());
  return db;
}

function schemaOf(db: Database): unknown {
  return db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
}

function versionOf(db: Database): unknown {
  return db.pragma('user_version', { simple: true });
}

function folderWith(t: Test, files: Record<string, string>): URL {
  return pathToFileURL(`${t.testdir(files)}${path.sep}`);
}

t.test('the steps of a folder are its NNNN_name.sql files alone, in the order of their numbers', async (t) => {
  const folder = folderWith(t, {
    '0010_ten.sql': 'SELECT 10',
    '0002_two.sql': 'SELECT 2',
    '0001_initial.sql': "SELECT 'ä'",
    '0003_three.sql.bak': '',
    '0004_four.SQL': '',
    '0005.sql': '',
    '0006_.sql': '',
    '006_six.sql': '',
    '00007_seven.sql': '',
    'x0008_eight.sql': '',
    '0009-nine.sql': '',
    'README.md': '',
    '.DS_Store': '',
  });
  t.same(readMigrations(folder), [
    { version: 1, name: '0001_initial.sql', sql: "SELECT 'ä'" },
    { version: 2, name: '0002_two.sql', sql: 'SELECT 2' },
    { version: 10, name: '0010_ten.sql', sql: 'SELECT 10' },
  ]);
});

t.test('a folder without steps gives none, and a missing one is an error', async (t) => {
  t.same(readMigrations(folderWith(t, {})), []);
  t.throws(() => readMigrations(pathToFileURL('/nowhere/at/all/')), { code: 'ENOENT' });
});

t.test('the folder may have spaces and other marks in its name', async (t) => {
  const folder = path.join(t.testdir({ 'my stub#1 (ä)': { '0001_a b.sql': 'SELECT 1' } }), 'my stub#1 (ä)');
  t.same(readMigrations(pathToFileURL(folder + path.sep)), [{ version: 1, name: '0001_a b.sql', sql: 'SELECT 1' }]);
});

t.test('the steps that we ship are numbered 1, 2, 3 … without a gap or a double', async (t) => {
  const versions = readMigrations(new URL('../../migrations/', import.meta.url)).map(({ version }) => version);
  t.not(versions.length, 0);
  t.same(
    versions,
    versions.map((_, index) => index + 1),
  );
});

t.test('the steps that we ship make the columns that people read with their own tools', async (t) => {
  const db = connect(t, ':memory:');
  migrate(db, readMigrations(new URL('../../migrations/', import.meta.url)));
  const columns = db.prepare("SELECT name FROM pragma_table_info('conversations')").pluck().all();
  for (const name of ['id', 'chatbot_id', 'channel_id', 'name', 'email', 'phone', 'created_at']) {
    t.ok(columns.includes(name), name);
  }
});

t.test('the newest version is that of the last step, and 0 without steps', async (t) => {
  t.equal(newestVersion(BOTH), 2);
  t.equal(newestVersion([]), 0);
});

t.test('a new database takes every step in order, and records its version and whose it is', async (t) => {
  const db = connect(t, ':memory:');
  t.same(migrate(db, BOTH), ['0001_notes.sql', '0002_day.sql']);
  db.exec("INSERT INTO notes (text, day) VALUES ('a', 'b')");
  t.equal(versionOf(db), 2);
  t.equal(db.pragma('application_id', { simple: true }), APPLICATION_ID);
});

t.test('a database that is up to date takes no step, no lock and no write', async (t) => {
  const file = path.join(t.testdir(), 'stub.db');
  const owner = connect(t, file);
  owner.pragma('journal_mode = WAL');
  migrate(owner, BOTH);
  owner.exec('BEGIN IMMEDIATE');
  const statements: string[] = [];
  const other = connect(t, file, { timeout: 0, verbose: (sql) => statements.push(String(sql)) });
  t.same(migrate(other, BOTH), []);
  t.same([...new Set(statements)], ['PRAGMA user_version']);
});

t.test('an older database takes only the steps that it lacks, and keeps its rows', async (t) => {
  const db = connect(t, ':memory:');
  migrate(db, [FIRST]);
  db.exec("INSERT INTO notes (text) VALUES ('kept')");
  t.same(migrate(db, [...BOTH, THIRD]), ['0002_day.sql', '0003_tags.sql']);
  t.same(db.prepare('SELECT * FROM notes').all(), [{ text: 'kept', day: null }]);
  t.equal(versionOf(db), 3);
});

t.test('a step that fails leaves the version before it and nothing of itself', async (t) => {
  const broken: Migration = {
    version: 2,
    name: '0002_broken.sql',
    sql: `CREATE TABLE half (a);
          INSERT INTO notes (text) VALUES ('half');
          INSERT INTO nowhere VALUES (1);`,
  };
  const file = path.join(t.testdir(), 'stub.db');
  const db = connect(t, file);
  t.throws(() => migrate(db, [FIRST, broken, THIRD]), { code: 'SQLITE_ERROR', message: 'no such table: nowhere' });
  t.notOk(db.inTransaction);
  const other = connect(t, file);
  t.equal(versionOf(other), 1);
  t.same(schemaOf(other), [{ name: 'notes', sql: FIRST.sql }]);
  t.same(other.prepare('SELECT * FROM notes').all(), []);

  t.same(migrate(other, [...BOTH, THIRD]), ['0002_day.sql', '0003_tags.sql'], 'a mended release goes on from there');
});

t.test('a first step that fails leaves a database that is still nobody’s', async (t) => {
  const db = connect(t, ':memory:');
  const broken: Migration = { version: 1, name: '0001_broken.sql', sql: 'CREATE TABLE half (a); SELECT missing;' };
  t.throws(() => migrate(db, [broken]), { code: 'SQLITE_ERROR' });
  t.equal(versionOf(db), 0);
  t.equal(db.pragma('application_id', { simple: true }), 0);
  t.same(schemaOf(db), []);
});

t.test('a step that another connection takes while we wait for the lock is not taken again', async (t) => {
  const file = path.join(t.testdir(), 'stub.db');
  const other = connect(t, file);
  let rival: string[] = [];
  const db = connect(t, file, {
    // Called just before the statement runs: after our look at the version, before our lock.
    verbose: (sql) => {
      if (sql === 'BEGIN IMMEDIATE' && rival.length === 0) rival = migrate(other, BOTH);
    },
  });
  t.same(migrate(db, BOTH), []);
  t.same(rival, ['0001_notes.sql', '0002_day.sql']);
  t.equal(versionOf(db), 2);
  t.notOk(db.inTransaction);
});

t.test('a step sees no write of another connection between its look at the version and its end', async (t) => {
  const file = path.join(t.testdir(), 'stub.db');
  const other = connect(t, file, { timeout: 0 });
  const refusals: unknown[] = [];
  const db = connect(t, file, {
    verbose: (sql) => {
      if (sql !== FIRST.sql) return;
      try {
        other.exec('CREATE TABLE intruder (a)');
      } catch (error) {
        refusals.push((error as { code?: string }).code);
      }
    },
  });
  migrate(db, [FIRST]);
  t.same(refusals, ['SQLITE_BUSY']);
  t.same(schemaOf(db), [{ name: 'notes', sql: FIRST.sql }]);
});

t.test('whose database it is', async (t) => {
  const TABLE = 'CREATE TABLE theirs (a)';
  const OURS = `PRAGMA application_id = ${APPLICATION_ID}`;
  const cases: { name: string; sql: string; refusal?: RegExp }[] = [
    { name: 'an empty one is taken as new', sql: '' },
    { name: 'an older one of ours is accepted', sql: `${OURS}; PRAGMA user_version = 1; ${TABLE}` },
    { name: 'one of ours at this very version is accepted', sql: `${OURS}; PRAGMA user_version = 2; ${TABLE}` },
    { name: 'one of ours at version 0 is accepted', sql: `${OURS}; ${TABLE}` },
    {
      name: 'a newer one of ours is refused',
      sql: `${OURS}; PRAGMA user_version = 3`,
      refusal: /^stub\.db has schema version 3 and this release knows versions up to 2; .*left as it is.*--database/,
    },
    { name: 'tables of nobody in particular are refused', sql: TABLE, refusal: /another program/ },
    {
      name: 'tables at a version that we know are refused',
      sql: `PRAGMA user_version = 2; ${TABLE}`,
      refusal: /^stub\.db is a database of another program; it was left as it is\..*--database/,
    },
    { name: 'an empty one with a version is refused', sql: 'PRAGMA user_version = 1', refusal: /another program/ },
    {
      name: 'an empty one of another program is refused',
      sql: 'PRAGMA application_id = 7',
      refusal: /another program/,
    },
    {
      name: 'another program’s newer version is another program’s first',
      sql: 'PRAGMA application_id = 7; PRAGMA user_version = 3',
      refusal: /another program/,
    },
  ];
  for (const { name, sql, refusal } of cases) {
    t.test(name, async (t) => {
      const db = connect(t, ':memory:');
      db.exec(sql);
      const ask = () => assertOurs(db, 'stub.db', BOTH);
      if (refusal) t.throws(ask, { constructor: StartupError, message: refusal });
      else t.doesNotThrow(ask);
    });
  }
});
