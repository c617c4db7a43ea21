import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import t from 'tap';
import { CLI, type Command, freePort, run, start } from '../support/command.ts';
import { pathOf, send, VALID } from '../support/stub.ts';

const NODE = process.execPath;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;

/** Shows what of its environment is ours, as JSON. */
const SHOW = `
  const shown = Object.entries(process.env).filter(([name]) => /^(CHATCAPTAIN_|STUB_|PORT$)/.test(name));
  process.stdout.write(JSON.stringify(Object.fromEntries(shown)));`;

/** Says each signal that comes, and leaves with this exit code some time after the given one. */
const sayUntil = (last: NodeJS.Signals, code: number) => `
  for (const name of ${JSON.stringify(SIGNALS)}) {
    process.on(name, () => {
      console.log(name);
      if (name === '${last}') setTimeout(() => process.exit(${code}), 300);
    });
  }
  console.log('listening');
  setInterval(() => {}, 1000);`;

/** Begins a request that never ends, and resolves once the server has it. */
async function leaveHanging(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(`POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{`);
  await send(url, { method: 'GET', path: '/livez' });
}

/** A command that says where its stub is and its own process id, and leaves with exit code 3 at the end of a line. */
const WAITING = ['sh', '-c', 'echo $CHATCAPTAIN_URL $$; read line; exit 3'];

async function placeOf(command: Command): Promise<{ url: string; pid: number }> {
  const [, url, pid] = await command.says(/^(\S+) (\d+)\n/);
  return { url: url as string, pid: Number(pid) };
}

t.test('the exit code is that of the command', async (t) => {
  for (const code of [0, 3]) {
    const ended = await run(t, ['exec', '--', 'sh', '-c', `exit ${code}`], { cwd: t.testdir() });
    t.same(ended, { code, signal: null, stdout: '', stderr: '' });
  }
});

t.test('a death by a signal is a death by the same signal, or the exit code that a shell makes of it', async (t) => {
  const rows: [signal: NodeJS.Signals, code: number | null][] = [
    ['SIGTERM', null],
    ['SIGINT', null],
    ['SIGKILL', 137],
    ['SIGPIPE', 141],
    ['SIGUSR1', 138],
  ];
  for (const [name, code] of rows) {
    const kill = `kill -${name.slice(3)} $$`;
    const signal = code === null ? name : null;
    t.match(await run(t, ['exec', '--', 'sh', '-c', kill], { cwd: t.testdir() }), { code, signal, stderr: '' }, name);
  }
});

t.test('a signal that turns out not to end us is an exit code, too', async (t) => {
  // What tap loads into each process would let us die of this one. By itself Node ignores it.
  const bare = ['-c', 'unset NODE_OPTIONS; exec "$@"', 'sh', NODE, CLI, 'exec', '--', 'sh', '-c', 'kill -XFSZ $$'];
  const child = spawn('sh', bare, { cwd: t.testdir(), stdio: 'ignore' });
  t.same(await once(child, 'close'), [153, null]);
});

t.test('what cannot be run is one line, with the exit code of a shell', async (t) => {
  const cwd = t.testdir({ 'no\nprogram': '' });
  const rows: [command: string, code: number, says: string][] = [
    ['no-such-command', 127, 'error: "no-such-command" cannot be run: there is no such command\n'],
    ['./no\nprogram', 126, 'error: "./no\\nprogram" cannot be run: it is no program that this user may execute\n'],
    ['', 126, `error: "" cannot be run: The argument 'file' cannot be empty. Received ''\n`],
  ];
  for (const [command, code, says] of rows) {
    t.same(await run(t, ['exec', '--', command], { cwd }), { code, signal: null, stdout: '', stderr: says });
  }
});

t.test('what was asked for wrongly, and a stub that cannot start: one line, and the command is not run', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const { port } = taken.address() as { port: number };
  const cwd = t.testdir({ 'bad.yaml': 'chatbots: 5\n' });
  const echo = ['echo', 'it runs'];
  const rows: [args: string[], code: number, says: RegExp][] = [
    [[], 2, /^error: missing required argument 'command'\n$/],
    [['--'], 2, /^error: missing required argument 'command'\n$/],
    [['--sede', '7', '--', ...echo], 2, /^error: unknown option '--sede' \(Did you mean --seed\?\)\n$/],
    [['--port', 'x', '--', ...echo], 2, /^error: --port=x: must be a whole number from 0 to 65535 \(default 0\)\n$/],
    [['--fixtures', 'bad.yaml', '--', ...echo], 2, /^error: bad\.yaml:1: [^\n]*\n$/],
    [['--port', String(port), '--', ...echo], 1, /^error: port \d+ on 127\.0\.0\.1 is taken: [^\n]*\n$/],
  ];
  for (const [args, code, stderr] of rows) {
    t.match(await run(t, ['exec', ...args], { cwd }), { code, stdout: '', stderr }, args.join(' '));
  }
});

t.test(
  'the command finds a stub in its environment that takes its conversation, and nothing is left of it',
  async (t) => {
    const cwd = t.testdir();
    const index = new URL('../../src/index.ts', import.meta.url).href;
    const program = `
    const { CHATCAPTAIN_URL, CHATCAPTAIN_TOKEN, CHATCAPTAIN_CHATBOT_ID, STUB_ADMIN_URL } = process.env;
    const { status } = await fetch(CHATCAPTAIN_URL + '/v1/inbox/' + CHATCAPTAIN_CHATBOT_ID + '/conversations', {
      method: 'POST',
      headers: { authorization: 'Bearer ' + CHATCAPTAIN_TOKEN, 'content-type': 'application/json' },
      body: '${JSON.stringify(VALID)}',
    });
    const { conversations } = await (await fetch(STUB_ADMIN_URL + '/conversations')).json();
    const { connectStub } = await import('${index}');
    const chatbot = (await connectStub(STUB_ADMIN_URL)).scope(CHATCAPTAIN_CHATBOT_ID);
    const count = await chatbot.count({ status: 201 });
    console.log(JSON.stringify({ url: CHATCAPTAIN_URL, status, conversations, count }));`;
    const ended = await run(t, ['exec', '--', NODE, '--input-type=module', '--eval', program], { cwd });
    t.match(ended, { code: 0, stderr: '' });
    const { url, ...seen } = JSON.parse(ended.stdout);
    t.match(seen, { status: 201, conversations: [VALID], count: 1 });
    t.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    await t.rejects(send(url, { path: '/livez' }), { code: 'ECONNREFUSED' });
    t.same(readdirSync(cwd), [], 'no database');
  },
);

t.test('a token that is set is the one that is exported; a seed gives the same chatbot each time', async (t) => {
  const cwd = t.testdir();
  const show = ['--', NODE, '--eval', SHOW];
  const own = JSON.parse((await run(t, ['exec', '--seed', '7', ...show], { cwd })).stdout);
  t.match(own, { CHATCAPTAIN_TOKEN: /^CCSB-/, STUB_ADMIN_URL: `${own.CHATCAPTAIN_URL}/__admin` });
  t.same(Object.keys(own).sort(), ['CHATCAPTAIN_CHATBOT_ID', 'CHATCAPTAIN_TOKEN', 'CHATCAPTAIN_URL', 'STUB_ADMIN_URL']);
  const set = JSON.parse((await run(t, ['exec', '--seed', '7', '--token', 'known', ...show], { cwd })).stdout);
  t.equal(set.CHATCAPTAIN_TOKEN, 'known');
  t.equal(set.CHATCAPTAIN_CHATBOT_ID, own.CHATCAPTAIN_CHATBOT_ID);
});

t.test(
  'where the control plane asks for a token the command has it, and every URL leads to this machine',
  async (t) => {
    const cwd = t.testdir();
    const ask =
      'curl -s -o answer -w "%{http_code} " -H "authorization: Bearer $STUB_ADMIN_TOKEN" $STUB_ADMIN_URL/clock';
    const echo = `${ask}; echo $STUB_ADMIN_TOKEN $CHATCAPTAIN_URL`;
    for (const [host, origin] of [
      ['0.0.0.0', 'http://127\\.0\\.0\\.1'],
      ['::', 'http://\\[::1\\]'],
    ] as const) {
      const { stdout } = await run(t, ['exec', '--host', host, '--', 'sh', '-c', echo], { cwd });
      t.match(stdout, new RegExp(`^200 CCSB-\\S+ ${origin}:\\d+\n$`), 'one that was made for it');
    }
    const chosen = await run(t, ['exec', '--', 'sh', '-c', echo], { cwd, env: { STUB_ADMIN_TOKEN: 'chosen' } });
    t.match(chosen.stdout, /^200 chosen /);
  },
);

t.test('settings: flag over environment over .env, but PORT is for the command', async (t) => {
  const port = String(await freePort());
  const cwd = t.testdir({ '.env': `STUB_PORT=${port}\nSTUB_DATABASE=kept.sqlite\nSTUB_TOKEN=of-dotenv\n` });
  const show = ['--', NODE, '--eval', SHOW];
  const env = { PORT: '1', STUB_TOKEN: 'of-environment' };
  const seen = JSON.parse((await run(t, ['exec', ...show], { cwd, env })).stdout);
  t.match(seen, { PORT: '1', CHATCAPTAIN_URL: `http://127.0.0.1:${port}`, CHATCAPTAIN_TOKEN: 'of-environment' });
  t.ok(existsSync(path.join(cwd, 'kept.sqlite')));
  t.notOk(existsSync(path.join(cwd, 'kept.sqlite-wal')), 'it is closed in order');

  const flags = ['--port', '0', '--database', ':memory:', '--token', 'of-flag'];
  const free = JSON.parse((await run(t, ['exec', ...flags, ...show], { cwd, env })).stdout);
  t.not(free.CHATCAPTAIN_URL, seen.CHATCAPTAIN_URL);
  t.equal(free.CHATCAPTAIN_TOKEN, 'of-flag');

  const alone = JSON.parse((await run(t, ['exec', ...show], { cwd: t.testdir(), env: { PORT: '1' } })).stdout);
  t.match(alone, { PORT: '1', CHATCAPTAIN_URL: /^http:\/\/127\.0\.0\.1:[1-9]\d+$/ });
});

t.test('the arguments of the command are left as they are, with -- and without', async (t) => {
  const cwd = t.testdir();
  const echo = [NODE, '--eval', 'console.log(JSON.stringify(process.argv.slice(1)))', '--'];
  const args = ['--seed', '7', '--watch', '--port', 'x', '--help', '-V', '', 'a b', '"$HOME"', '*', '--', '--'];
  for (const way of [['--'], ['--seed', '7']]) {
    const { stdout, stderr } = await run(t, ['exec', ...way, ...echo, ...args], { cwd });
    t.same([JSON.parse(stdout), stderr], [args, ''], way.join(' '));
  }
});

t.test('standard input and output are those of the command alone, the log goes to standard error', async (t) => {
  const cat = start(t, ['exec', '--log-level', 'info', '--', 'cat'], { cwd: t.testdir() });
  cat.child.stdin?.end('a text');
  const { stdout, stderr } = await cat.ended;
  t.equal(stdout, 'a text');
  t.match(JSON.parse(stderr), { msg: /^ready on http/, chatbotId: /^[0-9A-Za-z]{20}$/ });

  const wrong = 'curl -s -o answer $CHATCAPTAIN_URL/v1/inbox/$CHATCAPTAIN_CHATBOT_ID/conversations -X POST; echo done';
  const args = ['exec', '--log-level', 'info', '--log-format', 'pretty', '--', 'sh', '-c', wrong];
  const people = await run(t, args, { cwd: t.testdir() });
  t.equal(people.stdout, 'done\n');
  t.match(people.stderr, /INFO: POST \/v1\/inbox\/\S+\/conversations 401 in .* ms: credential refused: /);
  t.notMatch(people.stderr, /CCSB-/);
});

t.test('our own commands run inside of it, and so does another stub', async (t) => {
  const cwd = t.testdir();
  const list = ['token', 'list', '--database', 'other.sqlite'];
  t.match(await run(t, ['exec', '--', NODE, CLI, ...list], { cwd }), { code: 0, stderr: /^there are no tokens in / });
  const inner = [NODE, CLI, 'exec', '--', NODE, '--eval', SHOW];
  const outer = 'echo $STUB_ADMIN_URL; exec "$@"';
  const { code, stdout, stderr } = await run(t, ['exec', '--', 'sh', '-c', outer, 'sh', ...inner], { cwd });
  t.same([code, stderr], [0, '']);
  const [url, shown = ''] = stdout.split('\n');
  t.not(JSON.parse(shown).STUB_ADMIN_URL, url);
});

t.test('each signal that reaches us reaches the command, once, and its exit code is ours', async (t) => {
  const command = start(t, ['exec', '--', NODE, '--eval', sayUntil('SIGUSR2', 5)], { cwd: t.testdir() });
  await command.says(/listening\n/);
  const sent = ['SIGTERM', ...SIGNALS] as const;
  for (const [index, signal] of sent.entries()) {
    command.child.kill(signal);
    await command.says(new RegExp(`^listening\n${sent.slice(0, index + 1).join('\n')}\n`));
  }
  t.same(await command.ended, { code: 5, signal: null, stdout: `listening\n${sent.join('\n')}\n`, stderr: '' });

  const obedient = start(t, ['exec', '--', ...WAITING], { cwd: t.testdir() });
  const { url } = await placeOf(obedient);
  obedient.child.kill('SIGTERM');
  t.match(await obedient.ended, { code: null, signal: 'SIGTERM', stderr: '' });
  await t.rejects(send(url, { path: '/livez' }), { code: 'ECONNREFUSED' });
});

const withTerminal = existsSync('/usr/bin/script') && process.platform === 'linux' ? {} : { skip: 'no script(1)' };
t.test('Ctrl-C on a terminal reaches the command once', withTerminal, async (t) => {
  const cwd = t.testdir({ 'command.cjs': sayUntil('SIGINT', 7) });
  const line = [NODE, CLI, 'exec', '--', NODE, 'command.cjs'].map((word) => `'${word}'`).join(' ');
  // In place of the shell of script(1): one that waits beside it, as dash does, would die by the Ctrl-C itself.
  const child = spawn('script', ['-qec', `exec ${line}`, '/dev/null'], { cwd });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  let shown = '';
  child.stdout.on('data', (chunk) => {
    shown += chunk;
    if (/listening\r\n$/.test(shown)) child.stdin.write('\x03');
  });
  t.same(await ended, [7, null]);
  t.equal(shown, 'listening\r\n^CSIGINT\r\n');
});

const withFifo = process.platform === 'win32' ? { skip: 'no named pipes in folders' } : {};
t.test(
  'a signal that comes before the command is started ends us by it, and nothing is started',
  withFifo,
  async (t) => {
    const cwd = t.testdir();
    const dotenv = path.join(cwd, '.env');
    execFileSync('mkfifo', [dotenv]);
    const command = start(t, ['exec', '--', 'touch', 'started'], { cwd });
    // Opened once the other side reads its settings. It reads until this side is closed.
    const writer = await open(dotenv, 'w');
    command.child.kill('SIGTERM');
    await writer.write('STUB_LOG_LEVEL=info\n');
    await writer.close();
    t.match(await command.ended, { code: null, signal: 'SIGTERM', stdout: '', stderr: /"msg":"ready on / });
    t.notOk(existsSync(path.join(cwd, 'started')));
  },
);

t.test('a request that the command left behind is cut off after the grace period', async (t) => {
  const command = start(t, ['exec', '--shutdown-grace', '50', '--', ...WAITING], { cwd: t.testdir() });
  const { url } = await placeOf(command);
  await leaveHanging(url);
  command.child.stdin?.write('\n');
  t.match(await command.ended, { code: 3, signal: null, stderr: '' });
});

t.test('a signal during the grace period leaves at once, with the exit code of the command', async (t) => {
  const command = start(t, ['exec', '--shutdown-grace', '600000', '--', ...WAITING], { cwd: t.testdir() });
  const { url, pid } = await placeOf(command);
  await leaveHanging(url);
  command.child.stdin?.write('\n');
  await gone(pid);
  // Again and again: the first one may come before we know that the command is gone.
  const timer = setInterval(() => command.child.kill('SIGTERM'), 50);
  t.match(await command.ended, { code: 3, signal: null, stderr: '' });
  clearInterval(timer);
});

/** Resolves once there is no process of this id. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

t.test('a stub that waits for its database is ended by a signal, and the command is not run', async (t) => {
  const cwd = t.testdir({ data: 'a file where the folder should be' });
  const args = ['exec', '--database', 'data/x.sqlite', '--wait-for-database', '--', 'echo', 'it runs'];
  const command = start(t, args, { cwd });
  let said = '';
  command.child.stderr?.on('data', (text: string) => {
    said += text;
    if (said.includes('not ready')) command.child.kill('SIGTERM');
  });
  t.match(await command.ended, { code: null, signal: 'SIGTERM', stdout: '' });
});
