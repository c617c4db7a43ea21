import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { describeSettings } from '../../src/config.ts';
import { CLI, run, start } from '../support/command.ts';

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

t.test('--help lists the commands and every setting with its flag, variable, default and meaning', async (t) => {
  const { code, stdout, stderr } = await run(t, ['--help'], { cwd: t.testdir() });
  t.equal(code, 0);
  t.equal(stderr, '');
  for (const command of ['serve', 'exec', 'token', 'migrate', 'backup', 'restore', 'openapi', 'readyz'])
    t.match(stdout, new RegExp(`^  ${command} `, 'm'));
  for (const { flag, variable, description, default: fallback } of describeSettings()) {
    const value = fallback === undefined ? '' : ` (default ${fallback})`;
    t.ok(stdout.includes(`  ${flag}, ${variable}${value}\n      ${description}\n`), flag);
  }
  const serve = await run(t, ['serve', '--help'], { cwd: t.testdir() });
  for (const { flag, default: fallback } of describeSettings()) {
    const value = fallback === 'off' ? '[value]' : '<value>';
    t.ok(serve.stdout.includes(`  ${flag} ${value}`), `serve ${flag}`);
  }
  const exec = await run(t, ['exec', '--help'], { cwd: t.testdir() });
  t.match(exec.stdout, /^Usage: chatcaptain-stub exec \[options\] -- <command> \[args\.\.\.\]\n/);
  for (const { flag } of describeSettings()) t.ok(exec.stdout.includes(`  ${flag} `), `exec ${flag}`);
  for (const value of ['default 0)', 'default :memory:)', 'default warn)']) t.ok(exec.stdout.includes(value), value);
});

t.test('--version is that of the package', async (t) => {
  const { code, stdout } = await run(t, ['--version'], { cwd: t.testdir() });
  t.equal(code, 0);
  t.equal(stdout, `${packageJson.version}\n`);
});

t.test('what it does not know is one line with a suggestion, and exit code 2', async (t) => {
  const rows: [args: string[], says: RegExp][] = [
    [['--prot', '1'], /^error: unknown option '--prot' \(Did you mean --port\?\)$/],
    [['serve', '--log-levle', 'info'], /^error: unknown option '--log-levle' \(Did you mean --log-level\?\)$/],
    [['serv'], /^error: unknown command 'serv' \(Did you mean serve\?\)$/],
    [['token', 'creat'], /^error: unknown command 'creat' \(Did you mean create\?\)$/],
    [['token', 'create', '--nam', 'x'], /^error: unknown option '--nam' \(Did you mean --name\?\)$/],
    [['token', 'revoke'], /^error: missing required argument 'id'$/],
    [['serve', 'extra'], /^error: too many arguments for 'serve'/],
    [['--port'], /^error: option '--port <value>' argument missing$/],
  ];
  for (const [args, says] of rows) {
    const { code, stdout, stderr } = await run(t, args, { cwd: t.testdir() });
    t.equal(code, 2, args.join(' '));
    t.equal(stdout, '', args.join(' '));
    t.match(stderr.trimEnd(), says, args.join(' '));
  }
});

t.test('a .env that cannot be read is one line, and exit code 2', async (t) => {
  const { code, stderr } = await run(t, ['migrate'], { cwd: t.testdir({ '.env': {} }) });
  t.equal(code, 2);
  t.match(stderr, /^error: \.env cannot be read \(EISDIR\): [^\n]*\n$/);
});

t.test('a failure that nobody foresaw shows where it happened, and exit code 1', async (t) => {
  const cwd = t.testdir();
  await run(t, ['migrate'], { cwd });
  const db = new Sqlite(path.join(cwd, 'data', 'chatcaptain-stub.sqlite'));
  db.exec('DROP TABLE tokens');
  db.close();
  const { code, stderr } = await run(t, ['token', 'list'], { cwd });
  t.equal(code, 1);
  t.match(stderr, /no such table: tokens.*\n {4}at /s);
});

t.test('a reader that goes away is no failure', async (t) => {
  const command = start(t, ['openapi'], { cwd: t.testdir() });
  command.child.stdout?.destroy();
  t.match(await command.ended, { code: 0, stderr: '' });
});

t.test('an older Node is told so before anything else is loaded', async (t) => {
  const source = readFileSync(new URL('../../src/cli.ts', import.meta.url), 'utf8');
  t.notMatch(
    source,
    /^import (?!.* from '(?:node:process|\.\/node-version\.ts|\.\/timers\.ts|\.\/commands\/signals\.ts)';$)/m,
    'nothing that could fail there is imported',
  );
  const script = `
    Object.defineProperty(process.versions, 'node', { value: process.argv[1] });
    await import(${JSON.stringify(new URL('../../src/cli.ts', import.meta.url).href)});`;
  for (const version of ['20.20.2', '22.17.9']) {
    try {
      execFileSync(process.execPath, ['--input-type=module', '--eval', script, version], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
      t.fail(`${version} was accepted`);
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: string };
      t.equal(status, 2, version);
      t.equal(stderr, `error: chatcaptain-stub needs Node 22.18 or newer; this is ${version}.\n`);
    }
  }
});

const full = existsSync('/dev/full') ? {} : { skip: 'this system has no /dev/full' };
t.test('output that cannot be written is a failure, said in one line', full, async (t) => {
  const stdout = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(stdout));
  const child = spawn(process.execPath, [CLI, 'token', 'create'], {
    cwd: t.testdir(),
    stdio: ['ignore', stdout, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  t.equal(code, 1);
  t.match(stderr, /^error: the output could not be written \(ENOSPC\)$/m);
});
