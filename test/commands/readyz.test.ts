import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { freePort, run, serve, start } from '../support/command.ts';

/** Listens on a free port, which it resolves with. */
async function listen(t: Test, server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return String((server.address() as AddressInfo).port);
}

/** A server that gives this answer to every request. */
function answering(t: Test, status: number, body: string): Promise<string> {
  const answer: RequestListener = (_request, response) => response.writeHead(status).end(body);
  return listen(t, createServer(answer));
}

t.test('exit code 0 when the server is ready, on every interface too', async (t) => {
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    const cwd = t.testdir();
    const stub = await serve(t, ['--host', host, '--database', ':memory:'], { cwd });
    const { port } = new URL(stub.url);
    const { code, stdout } = await run(t, ['readyz'], { cwd, env: { STUB_HOST: host, STUB_PORT: port } });
    t.same([code, stdout], [0, 'ready\n'], host);
    stub.child.kill();
    await stub.ended;
  }
});

t.test('exit code 1 and the reason when nothing listens, when it is not ready, when it does not answer', async (t) => {
  const cwd = t.testdir();
  const port = String(await freePort());
  const none = await run(t, ['readyz', '--port', port], { cwd });
  t.same([none.code, none.stderr], [1, `not ready: ECONNREFUSED on 127.0.0.1:${port}\n`]);

  const unready = await answering(t, 503, '');
  t.match(await run(t, ['readyz', '--port', unready], { cwd }), {
    code: 1,
    stderr: `not ready: status 503 on 127.0.0.1:${unready}\n`,
  });
  const silent = await listen(t, createTcpServer());
  t.match(await run(t, ['readyz', '--port', silent], { cwd }), {
    code: 1,
    stderr: `not ready: no answer on 127.0.0.1:${silent}\n`,
  });
});

t.test('the answer of a server that is not ready says what is wrong', async (t) => {
  const cwd = t.testdir();
  const rows: [body: string, why: string][] = [
    ['{"status":"unavailable","check":"database","reason":"the disk is full"}', 'database: the disk is full'],
    ['{"status":"unavailable","check":"database"}', 'database'],
    ['{"reason":"the disk is full"}', 'the disk is full'],
    ['{"check":"","reason":7}', 'status 503'],
    ['{"check":"\\u001b[2J\\r\\nready"}', ' [2J ready'],
    ['{"check":"half', 'status 503'],
    ['null', 'status 503'],
    ['"text"', 'status 503'],
    ['<h1>Service Unavailable</h1>', 'status 503'],
    [`{"check":"${'x'.repeat(1000)}"}`, 'x'.repeat(200)],
    [`{"check":"${'x'.repeat(1_000_000)}"}`, 'status 503'],
  ];
  await Promise.all(
    rows.map(async ([body, why]) => {
      const port = await answering(t, 503, body);
      const { code, stdout, stderr } = await run(t, ['readyz', '--port', port], { cwd });
      t.same([code, stdout, stderr], [1, '', `not ready: ${why} on 127.0.0.1:${port}\n`], body.slice(0, 80));
    }),
  );
});

t.test('whatever answers, it neither fails nor waits for ever', async (t) => {
  const cwd = t.testdir();
  const rows: [answer: string, isClosed: boolean, code: number, says: RegExp][] = [
    ['', true, 1, /^not ready: no HTTP answer on /],
    ['SSH-2.0-OpenSSH_9.2\r\n', true, 1, /^not ready: no HTTP answer on /],
    ['SSH-2.0-OpenSSH_9.2\r\n', false, 1, /^not ready: no answer on /],
    ['HTTP/1.1 200 OK\r\n', true, 0, /^$/],
    ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', false, 0, /^$/],
    ['HTTP/1.1 404 Not Found\r\n\r\n', true, 1, /^not ready: status 404 on /],
  ];
  await Promise.all(
    rows.map(async ([answer, isClosed, code, says]) => {
      const server = createTcpServer((socket) => {
        socket.write(answer);
        // Only after the question has come: a reset would take the answer away.
        if (isClosed) socket.once('data', () => socket.end());
      });
      const port = await listen(t, server);
      const ended = await run(t, ['readyz', '--port', port], { cwd });
      t.equal(ended.code, code, answer);
      t.match(ended.stderr, says, answer);
    }),
  );
});

t.test('it asks for /readyz in HTTP that every server understands', async (t) => {
  let asked: unknown;
  const server = createServer(({ method, url, headers }, response) => {
    asked = { method, url, host: headers.host, connection: headers.connection };
    response.end();
  });
  const port = await listen(t, server);
  t.match(await run(t, ['readyz', '--port', port], { cwd: t.testdir() }), { code: 0, stdout: 'ready\n', stderr: '' });
  t.same(asked, { method: 'GET', url: '/readyz', host: `127.0.0.1:${port}`, connection: 'close' });
});

t.test('flags, the environment and a .env name the server, in every spelling', async (t) => {
  const port = await answering(t, 200, '');
  const rows: [args: string[], env: NodeJS.ProcessEnv, dotenv: string][] = [
    [['--port', port], { STUB_PORT: '1' }, ''],
    [[`--port=${port}`, '--host=127.0.0.1', '--wait', '--timeout=5'], { STUB_HOST: '0.0.0.0' }, 'STUB_PORT=1'],
    [['--port', '1', '--port', port], {}, ''],
    [[], { STUB_PORT: port, PORT: '1' }, ''],
    [[], { PORT: port }, 'STUB_PORT=1'],
    [[], {}, `STUB_PORT=${port}\nSTUB_TOKEN=secret`],
  ];
  const cwd = t.testdir(Object.fromEntries(rows.map(([, , dotenv], row) => [row, { '.env': dotenv }])));
  await Promise.all(
    rows.map(async ([args, env], row) => {
      const { code, stdout, stderr } = await run(t, ['readyz', ...args], { cwd: path.join(cwd, String(row)), env });
      t.same([code, stdout, stderr], [0, 'ready\n', ''], `row ${row}`);
    }),
  );
});

t.test('what it is asked for wrongly is answered as by every command', async (t) => {
  const cwd = t.testdir();
  const rows: [args: string[], env: NodeJS.ProcessEnv, says: RegExp][] = [
    [['--prot', '1'], {}, /^error: unknown option '--prot' \(Did you mean --port\?\)\n$/],
    [['--port'], {}, /^error: option '--port <value>' argument missing\n$/],
    [['--port', 'x'], {}, /^error: --port=x: must be a whole number from 0 to 65535 \(default 4650\)\n$/],
    [['--host='], {}, /^error: --host=: must be a text that is not empty \(default 127\.0\.0\.1\)\n$/],
    [['extra'], {}, /^error: too many arguments for 'readyz'/],
    [['--no-wait'], {}, /^error: unknown option '--no-wait'/],
    [[], { STUB_PROT: '1' }, /^error: STUB_PROT: there is no such setting; did you mean STUB_PORT\?\n$/],
    [[], { STUB_BODY_LIMIT: '0', PORT: 'y' }, /^error: PORT=y: [^\n]+\nerror: STUB_BODY_LIMIT=0: [^\n]+\n$/],
    [['--wait', '--timeout', 'soon'], {}, /^error: --timeout soon: must be a number of seconds\n$/],
    [['--hold', '1m'], {}, /^error: --hold 1m: must be a number of seconds, at most 3600\n$/],
    [['--hold', '3601'], {}, /^error: --hold 3601: must be a number of seconds, at most 3600\n$/],
  ];
  await Promise.all(
    rows.map(async ([args, env, says]) => {
      const { code, stdout, stderr } = await run(t, ['readyz', ...args], { cwd, env });
      t.same([code, stdout], [2, ''], args.join(' '));
      t.match(stderr, says, args.join(' '));
    }),
  );
  const help = await run(t, ['readyz', '--help'], { cwd });
  t.equal(help.code, 0);
  for (const flag of ['--host <value>', '--port <value>', '--wait ', '--timeout <seconds>', '--hold <seconds>']) {
    t.ok(help.stdout.includes(`  ${flag}`), flag);
  }
});

t.test('a health check loads next to nothing', async (t) => {
  const port = await answering(t, 200, '');
  const script = `
    const { registerHooks } = await import('node:module');
    registerHooks({ load: (url, context, load) => (console.error(url), load(url, context)) });
    process.argv.splice(1, 0, 'cli');
    await import(${JSON.stringify(new URL('../../src/cli.ts', import.meta.url).href)});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, 'readyz', '--port', port]);
  const loaded = await text(child.stderr);
  t.match(loaded, /src\/commands\/readyz\.ts$/m);
  t.notMatch(loaded, /node:https?$|undici|node_modules\/(?!@sinclair\/typebox\/|leven\/|@tapjs\/)/m);
});

t.test('--wait asks until it is ready, and gives up after --timeout', async (t) => {
  const cwd = t.testdir();
  const port = String(await freePort());
  const waiting = start(t, ['readyz', '--wait', '--port', port], { cwd });
  start(t, ['--port', port, '--database', ':memory:'], { cwd });
  t.match(await waiting.ended, { code: 0, stdout: 'ready\n' });

  const other = String(await freePort());
  t.match(await run(t, ['readyz', '--wait', '--timeout', '0.3', '--port', other], { cwd }), {
    code: 1,
    stderr: /^not ready: ECONNREFUSED/,
  });
});

const READY = '{"status":"ok","version":"0.1.0","uptimeSeconds":';

t.test(
  '--hold keeps a good answer back, but neither a bad one nor that of a server that has just started',
  async (t) => {
    const cwd = t.testdir();
    const rows: [status: number, body: string, isHeld: boolean][] = [
      [200, `${READY}15}`, true],
      [200, '{"status":"ok"}', true],
      [200, `${READY}14.9}`, false],
      [503, '{"status":"unavailable","check":"database"}', false],
    ];
    for (const [status, body, isHeld] of rows) {
      const port = await answering(t, status, body);
      const probe = start(t, ['readyz', '--hold', isHeld ? '1.5' : '60', '--port', port], { cwd });
      if (status === 200) await probe.says(/^ready\n/);
      const since = performance.now();
      const { code, signal } = await probe.ended;
      t.same([code, signal], [status === 200 ? 0 : 1, null], body);
      // Far from both, for a machine that has other things to do: without a hold it ends at once, and not after a minute.
      const took = performance.now() - since;
      t.ok(isHeld ? took > 1000 : took < 30_000, body);
    }
  },
);

t.test('SIGTERM ends a held answer at once', async (t) => {
  const port = await answering(t, 200, '');
  const probe = start(t, ['readyz', '--hold', '60', '--port', port], { cwd: t.testdir() });
  await probe.says(/^ready\n/);
  // Again and again: tap's own handler of signals may take one, in the moment before another program is there.
  const killing = setInterval(() => probe.child.kill(), 100);
  t.teardown(() => clearInterval(killing));
  t.match(await probe.ended, { code: null, signal: 'SIGTERM', stderr: '' });
});

const linux = existsSync('/proc/self/cmdline') && existsSync('/bin/sleep') ? {} : { skip: 'no /proc, or no sleep' };
t.test('what holds an answer is no Node any more', linux, async (t) => {
  const port = await answering(t, 200, '');
  const probe = start(t, ['readyz', '--hold', '60', '--port', port], { cwd: t.testdir() });
  await probe.says(/^ready\n/);
  const command = (): string => readFileSync(`/proc/${probe.child.pid}/cmdline`, 'utf8');
  // For a moment it is nothing at all.
  while (!command().includes('sleep')) await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(command(), 'sleep\u000060\u0000');
});

t.test('without a program to hold it, it is held all the same', async (t) => {
  const port = await answering(t, 200, '');
  const execve = Object.getOwnPropertyDescriptor(process, 'execve');
  t.teardown(() => Object.defineProperty(process, 'execve', execve ?? { value: undefined, configurable: true }));
  const replaced: unknown[] = [];
  const replace = (...args: unknown[]) => replaced.push(args);
  for (const [value, accessSync] of [
    [replace, () => {}],
    [undefined, () => {}],
    [
      () => t.fail('this would abort the process'),
      () => {
        throw new Error('ENOENT');
      },
    ],
  ]) {
    Object.defineProperty(process, 'execve', { value, configurable: true });
    const { prepareReadyz } = (await t.mockImport('../../src/commands/readyz.ts', {
      'node:fs': { ...fs, accessSync },
    })) as typeof import('../../src/commands/readyz.ts');
    const since = performance.now();
    t.equal(await prepareReadyz({ port, hold: '0.2' })(), 0);
    t.ok(performance.now() - since >= 190);
  }
  t.same(replaced, [['/bin/sleep', ['sleep', '0.2'], {}]]);
});
