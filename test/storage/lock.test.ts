import { mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { StartupError } from '../../src/startup-error.ts';
import { claimDatabase, lockFileOf } from '../../src/storage/lock.ts';

t.test('a database is claimed once at a time, before and after it exists', (t) => {
  const file = path.join(t.testdir(), 'stub.sqlite');
  const first = claimDatabase(file);
  t.throws(
    () => claimDatabase(file),
    new StartupError(`${file} is in use by another server; stop that one, or name another file with --database.`),
  );
  first.release();
  const second = claimDatabase(file);
  new Sqlite(file).exec('CREATE TABLE notes (text)').close();
  t.throws(() => claimDatabase(file), StartupError);
  second.release();
  second.release();
  claimDatabase(file).release();
  t.same(readdirSync(path.dirname(file)), ['stub.sqlite', 'stub.sqlite-lock']);
  t.equal(statSync(lockFileOf(file)).size, 0, 'nothing is written');
  t.end();
});

t.test('one database by two names is one', (t) => {
  const folder = t.testdir();
  mkdirSync(path.join(folder, 'real'));
  symlinkSync('real', path.join(folder, 'linked'));
  const file = path.join(folder, 'real', 'stub.sqlite');
  const claim = claimDatabase(path.join(folder, 'linked', 'stub.sqlite'));
  t.throws(() => claimDatabase(file), StartupError, 'through its folder, before it is there');
  new Sqlite(file).close();
  symlinkSync(file, path.join(folder, 'other.sqlite'));
  t.throws(() => claimDatabase(path.join(folder, 'other.sqlite')), StartupError, 'through a link to it');
  claim.release();
  t.end();
});

t.test('a link to a file that is not there yet is that file', (t) => {
  const folder = t.testdir();
  mkdirSync(path.join(folder, 'real'));
  mkdirSync(path.join(folder, 'links'));
  symlinkSync('../real/stub.sqlite', path.join(folder, 'links', 'to-it'));
  symlinkSync('links/to-it', path.join(folder, 'stub.sqlite'));
  const link = path.join(folder, 'stub.sqlite');
  const claim = claimDatabase(link);
  t.throws(() => claimDatabase(path.join(folder, 'real', 'stub.sqlite')), StartupError);
  new Sqlite(link).exec('CREATE TABLE notes (text)').close();
  t.throws(() => claimDatabase(link), StartupError, 'when it has been made');
  claim.release();
  symlinkSync('round', path.join(folder, 'round'));
  t.throws(() => claimDatabase(path.join(folder, 'round')), { code: 'ELOOP' });
  t.end();
});

t.test('a folder that cannot be written says so in the words of SQLite or the system', (t) => {
  const folder = t.testdir();
  t.throws(() => claimDatabase(path.join(folder, 'no', 'stub.sqlite')), { code: 'ENOENT' });
  mkdirSync(path.join(folder, 'stub.sqlite-lock'));
  t.throws(() => claimDatabase(path.join(folder, 'stub.sqlite')), { code: /^SQLITE_CANTOPEN/ });
  t.end();
});

t.test('a file that is in the way of the claim is left as it is', (t) => {
  const folder = t.testdir({ 'stub.sqlite-lock': 'These are notes, and no database. '.repeat(50) });
  t.throws(() => claimDatabase(path.join(folder, 'stub.sqlite')), { code: 'SQLITE_NOTADB' });
  t.ok(statSync(path.join(folder, 'stub.sqlite-lock')).size > 1000);
  t.end();
});

t.test('in memory there is nothing to claim', (t) => {
  const claims = [claimDatabase(':memory:'), claimDatabase(':memory:')];
  for (const claim of claims) claim.release();
  t.notOk(readdirSync('.').includes(':memory:-lock'));
  t.end();
});
