import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  createReadStream,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { backup } from '../../src/commands/backup.ts';
import { restore } from '../../src/commands/restore.ts';
import { retireLogs } from '../../src/storage/copy.ts';
import { claimDatabase } from '../../src/storage/lock.ts';
import { shippedMigrations } from '../../src/storage/migrate.ts';
import { CLI, run, serve, start } from '../support/command.ts';
import { conversationsIn, fingerprint, makeDatabase, makeDiedDatabase, spoil } from '../support/database-file.ts';
import { heard, refusal } from '../support/own-command.ts';

const LATER = { version: 9999, name: '9999_later.sql', sql: 'CREATE TABLE later (a)' };

/** Makes a back-up with so many conversations. */
async function makeBackup(t: Test, file: string, conversations: number): Promise<string> {
  const database = makeDatabase(`${file}.source`, conversations);
  const said = t.capture(process.stderr, 'write', () => true);
  await backup(file, { database });
  said.restore();
  rmSync(database);
  return file;
}

/** Restores in this process, and resolves with what it said to people. */
function putBack(t: Test, file: string, flags: { database: string; force?: boolean }): Promise<string> {
  return heard(t, () => restore(file, flags));
}

/** What is in a folder, apart from the claim of the database, which may stay. */
const namesIn = (folder: string): string[] => readdirSync(folder).filter((name) => !name.endsWith('-lock'));

/** The same, with the bytes. */
function contents(folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(fingerprint(folder)).filter(([name]) => !name.endsWith('-lock')));
}

t.test('a server goes on with what the back-up holds', async (t) => {
  const cwd = t.testdir();
  await makeBackup(t, path.join(cwd, 'copy.sqlite'), 7);
  const { code, stdout, stderr } = await run(t, ['restore', 'copy.sqlite'], { cwd });
  t.same([code, stdout], [0, '']);
  t.match(stderr, /^\.\/data\/chatcaptain-stub\.sqlite: 7 conversations, \d+ kB in \d+\.\d s\n$/);
  t.same(namesIn(path.join(cwd, 'data')), ['chatcaptain-stub.sqlite']);
  const stub = await serve(t, [], { cwd });
  const answer = await fetch(`${stub.url}/__admin/conversations`);
  t.equal(((await answer.json()) as { conversations: unknown[] }).conversations.length, 7);
  t.equal(conversationsIn(path.join(cwd, 'copy.sqlite')), 7, 'the back-up is still there');
});

t.test('- is read from standard input', async (t) => {
  const cwd = t.testdir();
  const copy = await makeBackup(t, path.join(cwd, 'copy.sqlite'), 300);
  const child = spawn(process.execPath, [CLI, 'restore', '-', '--database', 'stub.sqlite'], { cwd });
  createReadStream(copy).pipe(child.stdin);
  t.match(await text(child.stderr), /^stub\.sqlite: 300 conversations, /);
  t.equal(conversationsIn(path.join(cwd, 'stub.sqlite')), 300);
  t.same(namesIn(cwd), ['copy.sqlite', 'stub.sqlite']);
  t.intercept(process.stdin, 'isTTY', { value: true });
  t.match(await refusal(async () => restore('-', { database: 'x' })), /^-: standard input is a terminal; /);
});

t.test('a database that is there is replaced with --force only', async (t) => {
  const cwd = t.testdir();
  const copy = await makeBackup(t, path.join(cwd, 'copy'), 2);
  const database = makeDatabase(path.join(cwd, 'stub.sqlite'), 5);
  chmodSync(database, 0o660);
  const before = contents(cwd);
  t.match(
    await refusal(() => restore(copy, { database })),
    /stub\.sqlite is there already; --force replaces it\. To keep what is in it: chatcaptain-stub backup FILE$/,
  );
  t.same(contents(cwd), before);
  t.match(await putBack(t, copy, { database, force: true }), /: 2 conversations, /);
  t.equal(conversationsIn(database), 2);
  t.equal(statSync(database).mode & 0o777, 0o660, 'those who could use the old one can use this one');
  t.same(namesIn(cwd), ['copy', 'stub.sqlite']);
});

t.test('behind a link, the file that it leads to is replaced', async (t) => {
  const cwd = t.testdir({ folder: {} });
  const copy = await makeBackup(t, path.join(cwd, 'copy'), 2);
  const real = makeDiedDatabase(path.join(cwd, 'folder/stub.sqlite'), 5);
  rmSync(`${real}.living`);
  symlinkSync('folder/stub.sqlite', path.join(cwd, 'link'));
  await putBack(t, copy, { database: path.join(cwd, 'link'), force: true });
  t.equal(conversationsIn(real), 2);
  t.same(namesIn(path.join(cwd, 'folder')), ['stub.sqlite']);
  t.same(namesIn(cwd), ['copy', 'folder', 'link']);
});

t.test('no log of an old database is applied to the new one', async (t) => {
  const old: Record<string, (file: string) => void> = {
    'of a server that died': (file) => makeDiedDatabase(file, 50),
    'damaged, with a log': (file) => {
      makeDiedDatabase(file, 50);
      const fd = openSync(file, 'r+');
      writeSync(fd, Buffer.alloc(4096, 0xff), 0, 3996, 100);
      closeSync(fd);
      // So that the damage is not healed from the log.
      writeFileSync(`${file}-wal`, readFileSync(`${file}-wal`).subarray(0, 32));
    },
    'with a log only': (file) => {
      makeDiedDatabase(file, 50);
      rmSync(file);
    },
  };
  for (const [name, make] of Object.entries(old)) {
    await t.test(name, async (t) => {
      const cwd = t.testdir();
      const copy = await makeBackup(t, path.join(cwd, 'copy'), 2);
      const database = path.join(cwd, 'stub.sqlite');
      make(database);
      rmSync(`${database}.living`);
      await putBack(t, copy, { database, force: true });
      t.same(namesIn(cwd), ['copy', 'stub.sqlite']);
      t.same(readFileSync(database), readFileSync(copy));
      t.equal(conversationsIn(database), 2);
    });
  }
});

t.test('up to the moment of its replacement the old database is whole', async (t) => {
  const cwd = t.testdir();
  const database = makeDiedDatabase(path.join(cwd, 'stub.sqlite'), 50);
  rmSync(`${database}.living`);
  await retireLogs(database, 'stub.sqlite');
  t.same(readdirSync(cwd), ['stub.sqlite']);
  t.equal(conversationsIn(database), 50);
});

t.test('while another has the database, nothing is replaced', async (t) => {
  const cwd = t.testdir();
  const copy = await makeBackup(t, path.join(cwd, 'copy'), 2);
  const database = makeDatabase(path.join(cwd, 'stub.sqlite'), 5);

  const claim = claimDatabase(database);
  const { code, stderr } = await run(t, ['restore', 'copy', '--force', '--database', 'stub.sqlite'], { cwd });
  t.equal(code, 1);
  t.match(stderr, /^error: stub\.sqlite is [^\n]+\n$/);
  t.match(await refusal(() => restore(copy, { database, force: true })), 'stub.sqlite is ');
  claim.release();
  t.equal(conversationsIn(database), 5);

  const other = new Sqlite(database);
  other.prepare('SELECT count(*) FROM conversations').get();
  t.match(
    await refusal(() => restore(copy, { database, force: true })),
    /stub\.sqlite is locked by another process; stop that one, or name another file with --database\.$/,
  );
  t.equal(other.prepare('SELECT count(*) FROM conversations').pluck().get(), 5);
  other.close();
  await putBack(t, copy, { database, force: true });
});

t.test(
  'a claim that is given up in a moment is waited for: a server that waits looks at its database each second',
  async (t) => {
    const cwd = t.testdir();
    const copy = await makeBackup(t, path.join(cwd, 'copy'), 2);
    const database = makeDatabase(path.join(cwd, 'stub.sqlite'), 5);
    const claim = claimDatabase(database);
    const restored = putBack(t, copy, { database, force: true });
    claim.release();
    await restored;
    t.equal(conversationsIn(database), 2);
  },
);

t.test('what is no back-up is refused with the reason, and nothing changes', async (t) => {
  const cwd = t.testdir({ folder: {}, text: 'Dear diary, today I was no database. '.repeat(50), empty: '' });
  const database = makeDatabase(path.join(cwd, 'stub.sqlite'), 5);
  const good = await makeBackup(t, path.join(cwd, 'good'), 1000);
  for (const name of ['cut', 'damaged', 'broken']) copyFileSync(good, path.join(cwd, name));
  truncateSync(path.join(cwd, 'cut'), 4096 * 100);
  spoil(path.join(cwd, 'damaged'), 'tokens');
  spoil(path.join(cwd, 'broken'));
  makeDatabase(path.join(cwd, 'newer'), 1, [...shippedMigrations(), LATER]);
  const theirs = new Sqlite(path.join(cwd, 'theirs'));
  theirs.exec('CREATE TABLE theirs (a)');
  theirs.close();
  rmSync(`${makeDiedDatabase(path.join(cwd, 'died'), 2)}.living`);
  symlinkSync('loop', path.join(cwd, 'loop'));
  symlinkSync('stub.sqlite', path.join(cwd, 'own'));

  const rows: [file: string, says: RegExp][] = [
    ['missing', /missing cannot be read \(ENOENT\); name another back-up\.$/],
    ['loop', /loop cannot be read \(ELOOP\); name another back-up\.$/],
    ['folder', /folder is no plain file; name another back-up, or - for standard input\.$/],
    ['own', /own is the database itself; name another back-up\.$/],
    ['text', /text is not an SQLite database; it was left as it is\. Name another back-up\.$/],
    ['empty', /empty is an empty database: there is nothing in it; name another back-up\.$/],
    ['theirs', /theirs is a database of another program; it was left as it is\. Name another back-up\.$/],
    [
      'newer',
      /newer has schema version 9999 and this release knows versions up to \d+; it was left as it is\. Start the release that wrote it, or name another back-up\.$/,
    ],
    ['cut', /cut is a damaged database \(.+\); name another back-up\.$/],
    ['damaged', /damaged is a damaged database \(.*page.*\); name another back-up\.$/],
    ['broken', /broken is a damaged database \(SQLITE_CORRUPT\); name another back-up\.$/],
    ['died', /died-wal is there, so .*died is a database in use, .*: chatcaptain-stub backup FILE --database .*died$/],
  ];
  const before = contents(cwd);
  for (const [name, says] of rows) {
    const message = await refusal(async () => restore(path.join(cwd, name), { database, force: true }));
    t.match(message, says);
    t.notMatch(message, '\n', 'is one line');
  }
  const nothing = start(t, ['restore', '-', '--database', 'stub.sqlite', '--force'], { cwd });
  nothing.child.stdin?.end();
  t.match(await nothing.ended, {
    code: 1,
    stderr: /^error: standard input is an empty database: there is nothing in it/,
  });
  t.match(await refusal(async () => restore(good, { database: ':memory:' })), /^the database is :memory:/);
  t.same(contents(cwd), before);
});

t.test('what is no database of ours is not replaced, one of a later version is', async (t) => {
  const cwd = t.testdir({ text: 'Dear diary, today I was no database. '.repeat(50), folder: {} });
  const copy = await makeBackup(t, path.join(cwd, 'copy'), 2);
  const theirs = new Sqlite(path.join(cwd, 'theirs'));
  theirs.exec('CREATE TABLE theirs (a)');
  theirs.close();
  const before = contents(cwd);
  for (const [name, says] of [
    ['text', /text is not an SQLite database; it was left as it is\. Name another file with --database\.$/],
    ['theirs', /theirs is a database of another program; it was left as it is\. Name another file with --database\.$/],
    ['folder', /folder cannot be opened for writing \(SQLITE_CANTOPEN/],
    ['text/stub', /stub cannot be opened for writing \((EEXIST|ENOTDIR)\)/],
  ] as const) {
    t.match(await refusal(() => restore(copy, { database: path.join(cwd, name), force: true })), says);
  }
  t.same(contents(cwd), before);
  const database = makeDatabase(path.join(cwd, 'later'), 9, [...shippedMigrations(), LATER]);
  await putBack(t, copy, { database, force: true });
  t.equal(conversationsIn(database), 2);
});

t.test('SIGTERM leaves what was there, and nothing besides', async (t) => {
  const cwd = t.testdir();
  makeDatabase(path.join(cwd, 'stub.sqlite'), 5);
  const before = contents(cwd);
  const restoring = start(t, ['restore', '-', '--force', '--database', 'stub.sqlite'], { cwd });
  restoring.child.stdin?.write('SQLite format 3\0');
  while (!readdirSync(cwd).some((name) => name.startsWith('.'))) await new Promise((resolve) => setTimeout(resolve, 5));
  restoring.child.kill();
  t.match(await restoring.ended, { code: null, signal: 'SIGTERM', stdout: '', stderr: '' });
  t.same(contents(cwd), before);
});
