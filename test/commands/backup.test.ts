import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { backup } from '../../src/commands/backup.ts';
import { APPLICATION_ID, shippedMigrations } from '../../src/storage/migrate.ts';
import { CLI, run, serve, start } from '../support/command.ts';
import { conversationsIn, fingerprint, makeDatabase, makeDiedDatabase, spoil } from '../support/database-file.ts';
import { heard, refusal } from '../support/own-command.ts';
import { pathOf, send, VALID } from '../support/stub.ts';

/** Backs up in this process, and resolves with what it said to people. */
function backUp(t: Test, file: string, flags: { database: string; force?: boolean }): Promise<string> {
  return heard(t, () => backup(file, flags));
}

/** Asserts that a file is a whole database of ours in one file that asks for no other. */
function isWhole(t: Test, file: string): void {
  const db = new Sqlite(file, { readonly: true });
  t.equal(db.pragma('journal_mode', { simple: true }), 'delete');
  t.equal(db.pragma('integrity_check', { simple: true }), 'ok');
  t.equal(db.pragma('application_id', { simple: true }), APPLICATION_ID);
  db.close();
  for (const ending of ['-wal', '-shm', '-journal']) t.notOk(existsSync(`${file}${ending}`), ending);
}

t.test('beside a running server: everything that it acknowledged, and the server goes on', async (t) => {
  const cwd = t.testdir();
  const token = 'of-the-test';
  const stub = await serve(t, [], { cwd, env: { STUB_TOKEN: token } });
  const post = () =>
    send(stub.url, {
      path: pathOf('a'),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(VALID),
    });
  t.equal((await post()).status, 201);
  t.equal((await post()).status, 201);
  const { code, stdout, stderr } = await run(t, ['backup', 'copy.sqlite'], { cwd });
  t.same([code, stdout], [0, '']);
  t.match(stderr, /^copy\.sqlite: 2 conversations, \d+ kB in \d+\.\d s\n$/);
  isWhole(t, path.join(cwd, 'copy.sqlite'));
  t.equal(conversationsIn(path.join(cwd, 'copy.sqlite')), 2);
  t.not(statSync(path.join(cwd, 'data/chatcaptain-stub.sqlite-wal')).size, 0, 'its log is still its own');
  t.equal((await post()).status, 201);
  stub.child.kill();
  await stub.ended;
  const left = readdirSync(path.join(cwd, 'data')).filter((name) => !name.endsWith('-lock'));
  t.same(left, ['chatcaptain-stub.sqlite'], 'and it leaves one file');
});

t.test('beside a writer that never pauses it comes to an end, with one moment of the database', async (t) => {
  const cwd = t.testdir();
  const database = makeDatabase(path.join(cwd, 'stub.sqlite'), 20_000);
  // Each commit adds to two chatbots: a copy in which they differ mixes two moments.
  const script = `
    const db = new (require('better-sqlite3'))(process.argv[1]);
    const insert = db.prepare("INSERT INTO conversations VALUES (?, ?, 'web', 'John', NULL, NULL, '2026')");
    const both = db.transaction((id) => { insert.run('left', id); insert.run('right', id); });
    for (let id = 0; ; id++) { both(String(id)); if (id === 100) process.stdout.write('writing'); }`;
  const writer = spawn(process.execPath, ['--eval', script, database], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => writer.kill('SIGKILL'));
  await once(writer.stdout, 'data');
  const backingUp = start(t, ['backup', 'copy.sqlite', '--database', 'stub.sqlite'], { cwd });
  const tooLong = setTimeout(() => backingUp.child.kill('SIGKILL'), 60_000);
  const { code, stderr } = await backingUp.ended;
  clearTimeout(tooLong);
  t.equal(code, 0, stderr);
  t.equal(writer.exitCode, null, 'the writer still writes');
  const copy = path.join(cwd, 'copy.sqlite');
  isWhole(t, copy);
  t.equal(conversationsIn(copy, 'a'), 20_000);
  t.ok(conversationsIn(copy, 'left') > 100);
  t.equal(conversationsIn(copy, 'left'), conversationsIn(copy, 'right'));
});

t.test(
  'nothing changes at a database that no server has: closed in order, left by one that died, restored',
  async (t) => {
    const closed = t.testdir({ closed: {}, died: {}, restored: {} });
    const rows: [folder: string, conversations: number][] = [
      ['closed', 3],
      ['died', 4],
      ['restored', 3],
    ];
    makeDatabase(path.join(closed, 'closed/stub.sqlite'), 3);
    makeDiedDatabase(path.join(closed, 'died/stub.sqlite'), 4);
    await backUp(t, path.join(closed, 'restored/stub.sqlite'), { database: path.join(closed, 'closed/stub.sqlite') });
    for (const [name, conversations] of rows) {
      const folder = path.join(closed, name);
      const before = fingerprint(folder);
      const copy = path.join(closed, `${name}.copy`);
      const said = await backUp(t, copy, { database: path.join(folder, 'stub.sqlite') });
      t.ok(said.startsWith(`${copy}: ${conversations} conversations, `), said);
      t.equal(conversationsIn(copy), conversations);
      t.same(fingerprint(folder), before, name);
    }
  },
);

t.test('a database of an older version is backed up as it is', async (t) => {
  const cwd = t.testdir();
  const database = makeDatabase(path.join(cwd, 'old.sqlite'), 1, shippedMigrations().slice(0, 1));
  const said = await backUp(t, path.join(cwd, 'copy'), { database });
  t.match(said, /: 1 conversation, /);
  for (const file of [database, path.join(cwd, 'copy')]) {
    const db = new Sqlite(file, { readonly: true });
    t.equal(db.pragma('user_version', { simple: true }), 1);
    db.close();
  }
});

t.test('it is for those who may read the database', async (t) => {
  const cwd = t.testdir();
  const database = makeDatabase(path.join(cwd, 'stub.sqlite'));
  for (const mode of [0o600, 0o640]) {
    chmodSync(database, mode);
    await backUp(t, path.join(cwd, 'copy'), { database, force: true });
    t.equal(statSync(path.join(cwd, 'copy')).mode & 0o777, mode);
  }
});

t.test('--force replaces a file that is there, that behind a link too', async (t) => {
  const cwd = t.testdir({ folder: { 'copy.sqlite': 'of yesterday' } });
  const database = makeDatabase(path.join(cwd, 'stub.sqlite'));
  symlinkSync('folder/copy.sqlite', path.join(cwd, 'latest'));
  t.match(
    await refusal(() => backup(path.join(cwd, 'latest'), { database })),
    / is there already; --force replaces it\.$/,
  );
  t.equal(readFileSync(path.join(cwd, 'folder/copy.sqlite'), 'utf8'), 'of yesterday');
  await backUp(t, path.join(cwd, 'latest'), { database, force: true });
  isWhole(t, path.join(cwd, 'folder/copy.sqlite'));
  t.same(readdirSync(path.join(cwd, 'folder')), ['copy.sqlite']);
  t.same(readdirSync(cwd).sort(), ['folder', 'latest', 'stub.sqlite']);
});

t.test('where it must not go, --force or not, and nothing changes', async (t) => {
  const cwd = t.testdir({ folder: {}, 'other.sqlite': '', 'other.sqlite-wal': '', 'gone.sqlite-journal': '' });
  const database = makeDatabase(path.join(cwd, 'stub.sqlite'));
  symlinkSync('stub.sqlite', path.join(cwd, 'symbolic'));
  linkSync(database, path.join(cwd, 'hard'));
  symlinkSync('/dev/null', path.join(cwd, 'device'));
  const rows: [file: string, says: RegExp][] = [
    ['stub.sqlite', /stub\.sqlite belongs to the database itself; name another file\.$/],
    ['symbolic', /symbolic belongs to the database itself/],
    ['hard', /hard belongs to the database itself/],
    ['stub.sqlite-wal', /stub\.sqlite-wal belongs to the database itself/],
    ['stub.sqlite-lock', /stub\.sqlite-lock belongs to the database itself/],
    ['folder', /folder is a folder; name a file in it, such as .*folder.stub\.sqlite\.$/],
    ['device', /device is no plain file; - writes to standard output\.$/],
    ['other.sqlite', /other\.sqlite-wal is there, so .*other\.sqlite is a database in use, and no back-up/],
    ['gone.sqlite', /gone\.sqlite-journal is there/],
    [
      'nowhere/copy',
      /nowhere.copy cannot be opened for writing \(ENOENT\): check that .*nowhere is a folder .*, or name another file\.$/,
    ],
  ];
  const before = fingerprint(cwd);
  for (const [file, says] of rows) {
    for (const force of [false, true]) {
      t.match(await refusal(() => backup(path.join(cwd, file), { database, force })), says);
    }
  }
  t.same(fingerprint(cwd), before);
});

t.test('what cannot be backed up is one line that says why, and nothing changes', async (t) => {
  const cwd = t.testdir({
    folder: {},
    'text.sqlite': 'Dear diary, today I was no database. '.repeat(50),
    'empty.sqlite': '',
  });
  makeDatabase(path.join(cwd, 'newer.sqlite'), 1, [
    ...shippedMigrations(),
    { version: 9999, name: '9999_later.sql', sql: 'CREATE TABLE later (a)' },
  ]);
  const theirs = new Sqlite(path.join(cwd, 'theirs.sqlite'));
  theirs.exec('CREATE TABLE theirs (a)');
  theirs.close();
  spoil(makeDatabase(path.join(cwd, 'damaged.sqlite'), 2), 'tokens');
  spoil(makeDatabase(path.join(cwd, 'broken.sqlite'), 1000));
  const rows: [database: string, says: RegExp][] = [
    ['missing.sqlite', /missing\.sqlite is not there: nothing can be backed up\. Name the database with --database\.$/],
    [':memory:', /^the database is :memory:, which no other process can see: name a file with --database$/],
    [
      'text.sqlite',
      /text\.sqlite is not an SQLite database; it was left as it is\. Name another file with --database\.$/,
    ],
    ['theirs.sqlite', /theirs\.sqlite is a database of another program; it was left as it is\./],
    [
      'newer.sqlite',
      /newer\.sqlite has schema version 9999 and this release knows versions up to \d+; it was left as it is\./,
    ],
    ['empty.sqlite', /empty\.sqlite is an empty database: there is nothing in it; put a back-up in its place\.$/],
    ['damaged.sqlite', /damaged\.sqlite is a damaged database \(.*page.*\); put a back-up in its place\.$/],
    ['broken.sqlite', /broken\.sqlite is a damaged database \(SQLITE_CORRUPT\)/],
    ['folder', /folder cannot be opened for writing \(SQLITE_CANTOPEN/],
  ];
  const before = fingerprint(cwd);
  for (const [name, says] of rows) {
    const database = name === ':memory:' ? name : path.join(cwd, name);
    const message = await refusal(async () => backup(path.join(cwd, 'copy'), { database }));
    t.match(message, says);
    t.notMatch(message, '\n', 'is one line');
  }
  t.same(fingerprint(cwd), before);
  const { code, stdout, stderr } = await run(t, ['backup', 'copy'], { cwd });
  t.same([code, stdout], [1, '']);
  t.match(stderr, /^error: \.\/data\/chatcaptain-stub\.sqlite is not there/);
  t.same(fingerprint(cwd), before, 'no database is made');
});

t.test('- writes the back-up, and it alone, to standard output', async (t) => {
  const cwd = t.testdir();
  makeDatabase(path.join(cwd, 'stub.sqlite'), 500);
  const child = spawn(process.execPath, [CLI, 'backup', '-', '--database', 'stub.sqlite'], { cwd });
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  t.match(stderr.toString(), /^standard output: 500 conversations, \d\.\d MB in \d+\.\d s\n$/);
  writeFileSync(path.join(cwd, 'copy'), stdout);
  isWhole(t, path.join(cwd, 'copy'));
  t.equal(conversationsIn(path.join(cwd, 'copy')), 500);
  t.same(readdirSync(cwd).sort(), ['copy', 'stub.sqlite']);
});

t.test('half a back-up on standard output is a failure, and a terminal is refused', async (t) => {
  const cwd = t.testdir();
  const database = makeDatabase(path.join(cwd, 'stub.sqlite'), 2000);
  const leaving = start(t, ['backup', '-', '--database', 'stub.sqlite'], { cwd });
  leaving.child.stdout?.destroy();
  const { code, stderr } = await leaving.ended;
  t.equal(code, 1);
  t.equal(stderr, 'error: the back-up is not complete: standard output could not be written (EPIPE)\n');
  if (existsSync('/dev/full')) {
    const full = spawnSync(
      'sh',
      ['-c', `"$0" "$1" backup - --database stub.sqlite > /dev/full`, process.execPath, CLI],
      { cwd },
    );
    t.equal(full.status, 1);
    t.equal(String(full.stderr), 'error: the back-up is not complete: standard output could not be written (ENOSPC)\n');
  }
  t.intercept(process.stdout, 'isTTY', { value: true });
  t.match(await refusal(async () => backup('-', { database })), /^-: standard output is a terminal; /);
  t.same(readdirSync(cwd), ['stub.sqlite']);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  t.test(`${signal} leaves what was there, and nothing besides`, async (t) => {
    const cwd = t.testdir({ 'copy.sqlite': 'of yesterday' });
    makeDatabase(path.join(cwd, 'stub.sqlite'), 30_000);
    const backingUp = start(t, ['backup', 'copy.sqlite', '--force', '--database', 'stub.sqlite'], { cwd });
    while (!readdirSync(cwd).some((name) => name.startsWith('.')))
      await new Promise((resolve) => setTimeout(resolve, 2));
    backingUp.child.kill(signal);
    t.match(await backingUp.ended, { code: null, signal, stdout: '', stderr: '' });
    t.equal(readFileSync(path.join(cwd, 'copy.sqlite'), 'utf8'), 'of yesterday');
    t.same(readdirSync(cwd).sort(), ['copy.sqlite', 'stub.sqlite']);
  });
}

/** Whether this user may mount a disk of its own, which can be full. */
function canMount(): boolean {
  return spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
}
t.test('a full disk is one line, and nothing is left', { skip: !canMount() && 'no disk can be mounted' }, async (t) => {
  const cwd = t.testdir({ disk: {} });
  makeDatabase(path.join(cwd, 'stub.sqlite'), 3000);
  const script = `mount -t tmpfs -o size=1m tmpfs disk && echo of yesterday > disk/copy &&
    "$0" "$1" backup disk/copy --force --database stub.sqlite; echo $?; ls -A disk; cat disk/copy
    mkdir disk/data; "$0" "$1" restore stub.sqlite --database disk/data/stub.sqlite; echo $?; ls -A disk/data`;
  const { stdout, stderr } = await promisify(execFile)('unshare', ['-rm', 'sh', '-c', script, process.execPath, CLI], {
    cwd,
  });
  t.equal(stdout, '1\ncopy\nof yesterday\n1\nstub.sqlite-lock\n');
  t.match(
    stderr,
    /^error: disk\/copy cannot be written: the disk is full\. Free some space, or name another file\.\nerror: disk\/data\/stub\.sqlite cannot be written: the disk is full\. Free some space, or name another file with --database\.\n$/,
  );
});
