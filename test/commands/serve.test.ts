import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { freePort, run, serve, start } from '../support/command.ts';
import { pathOf, send, VALID } from '../support/stub.ts';

const DATABASE = 'data/chatcaptain-stub.sqlite';

function names(cwd: string): unknown[] {
  const db = new Sqlite(path.join(cwd, DATABASE), { readonly: true });
  try {
    return db.prepare('SELECT chatbot_id, name, email, phone, channel_id FROM conversations').all();
  } finally {
    db.close();
  }
}

/** Runs a line of shell as it stands and returns what it printed. */
const shell = (line: string, env = {}): string =>
  execFileSync('sh', ['-c', line], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });

t.test('the curl line it prints gives 201, and the row is there after a restart', async (t) => {
  const cwd = t.testdir();
  const first = await serve(t, [], { cwd });
  const [, curl] = (await waitFor(() => /^ {2}(curl .*)$/m.exec(first.stderr()))) as RegExpExecArray;
  const [, page] = (await waitFor(() => /^Inspector: (\S+?), /m.exec(first.stderr()))) as RegExpExecArray;
  t.equal((await fetch(page as string)).status, 200);
  const answer = shell(curl as string);
  t.match(answer, /^HTTP\/1\.1 201 Created\r\n/);
  t.match(answer, /\{"conversationId":"[0-9A-Za-z]{20}"\}$/);
  first.child.kill('SIGTERM');
  t.equal((await first.ended).code, 0);

  const second = await serve(t, [], { cwd });
  const row = {
    chatbot_id: 'my-chatbot',
    name: 'John Doe',
    email: 'john.doe@example.com',
    phone: '+4917612345678',
    channel_id: 'web',
  };
  t.same(names(cwd), [row]);
  await waitFor(() => /STUB_TOKEN/.test(second.stderr()));
  t.match(second.stderr(), /hashes only.*token create/s, 'the token is not shown twice');
  t.notMatch(second.stderr(), /CCSB-/);
  const [, token] = /Bearer (\S+?)'/.exec(curl as string) as RegExpExecArray;
  const again = /^ {2}(curl .*)$/m.exec(second.stderr())?.[1] as string;
  t.match(shell(again, { STUB_TOKEN: token }), /^HTTP\/1\.1 201 /, 'the token of the first start is good still');
  second.child.kill('SIGINT');
  t.equal((await second.ended).code, 0);
  t.equal(names(cwd).length, 2);
});

t.test('standard output is JSON line by line, and the ready line holds the curl line without its token', async (t) => {
  const stub = await serve(t, ['--token', 'known-token'], { cwd: t.testdir() });
  const ready = JSON.parse(stub.stdout().split('\n')[0] as string);
  t.equal(ready.msg, `ready on ${stub.url}`);
  t.match(ready.curl, '"authorization: Bearer $STUB_TOKEN"');
  t.match(shell(ready.curl, { STUB_TOKEN: 'known-token' }), /^HTTP\/1\.1 201 /);
  stub.child.kill();
  const { stdout, stderr } = await stub.ended;
  for (const line of stdout.trim().split('\n')) t.type(JSON.parse(line), 'object');
  t.notMatch(stdout + stderr, 'known-token');
});

t.test('it says where the control plane is and what it asks for, and the seed', async (t) => {
  const cwd = t.testdir();
  const open = await serve(t, ['--seed', 'a "seed"'], { cwd });
  const line = JSON.parse(open.stdout().trim().split('\n').at(-1) as string);
  t.equal(line.seed, 'a "seed"');
  t.equal(line.msg, `ready on ${open.url} with seed "a \\"seed\\""`);
  await waitFor(() => open.stderr().includes(`Control plane: ${open.url}/__admin, open to this machine\n`));

  const chosen = await serve(t, ['--admin-token', 'chosen-by-us', '--database', ':memory:'], { cwd });
  await waitFor(() => /__admin, with STUB_ADMIN_TOKEN as bearer token/.test(chosen.stderr()));
  t.notMatch(chosen.stderr() + chosen.stdout(), 'chosen-by-us');

  const made = await serve(t, ['--host', '0.0.0.0', '--database', ':memory:'], { cwd });
  const shown = await waitFor(() => /made for this start.*:\n {2}(CCSB-\S+)\n/.exec(made.stderr()));
  const [, token = ''] = shown as RegExpExecArray;
  t.notMatch(made.stdout(), token, 'not in the log');
  t.equal(made.stderr().split(token).length, 2, 'once');
  const url = made.url.replace('0.0.0.0', '127.0.0.1');
  const ask = (headers = {}) => send(url, { method: 'GET', path: '/__admin/clock', headers });
  t.equal((await ask()).status, 401);
  t.equal((await ask({ authorization: `Bearer ${token}` })).status, 200);
  for (const command of [open, chosen, made]) command.child.kill();
  for (const command of [open, chosen, made]) t.equal((await command.ended).code, 0);
});

t.test('the ready line comes at every log level but silent', async (t) => {
  for (const level of ['fatal', 'warn']) {
    const stub = await serve(t, ['--log-level', level], { cwd: t.testdir() });
    t.equal(stub.stdout().trim().split('\n').length, 1, 'and alone');
    stub.child.kill();
    t.equal((await stub.ended).code, 0);
  }
  const silent = start(t, ['--port', '0', '--log-level', 'silent'], { cwd: t.testdir() });
  await waitFor(() => /Try it/.test(silent.stderr()));
  silent.child.kill();
  t.match(await silent.ended, { code: 0, stdout: '' });
});

t.test('lines for people when asked for', async (t) => {
  const stub = await serve(t, ['--log-format', 'pretty', '--host', '0.0.0.0'], { cwd: t.testdir() });
  t.match(stub.url, /^http:\/\/0\.0\.0\.0:\d+$/);
  const [, curl] = await stub.says(/^ {2}(curl .*)$/m);
  await stub.says(/^Documentation: http:\/\/127\.0\.0\.1:\d+\/docs$/m);
  t.match(shell(curl as string), /^HTTP\/1\.1 201 /, 'on every interface, and so on the loopback');
  await stub.says(/INFO: POST \/v1\/inbox\/my-chatbot\/conversations 201 in /);
  stub.child.kill();
  t.equal((await stub.ended).stderr, '');
});

t.test('a reader of its output that goes away does not stop it', async (t) => {
  for (const format of ['json', 'pretty']) {
    const port = String(await freePort());
    const cwd = t.testdir();
    const stub = start(t, ['--port', port, '--log-format', format], { cwd });
    stub.child.stdout?.destroy();
    stub.child.stderr?.destroy();
    const url = `http://127.0.0.1:${port}`;
    t.match(await run(t, ['readyz', '--wait', '--port', port], { cwd }), { code: 0 });
    for (let index = 0; index < 5; index++) {
      t.equal((await send(url, { method: 'GET', path: '/nope' })).status, 404, format);
    }
    stub.child.kill();
    t.equal((await stub.ended).code, 0);
  }
});

t.test('settings: flag over environment over .env, and all bad ones at once with exit code 2', async (t) => {
  const cwd = t.testdir({ '.env': 'STUB_BODY_LIMIT=10\nSTUB_HOST=127.0.0.1\n' });
  const stub = await serve(t, ['--token', 'a'], {
    cwd,
    env: { STUB_TOKEN: 'b', PORT: '1', STUB_DATABASE: ':memory:' },
  });
  const post = (token: string) =>
    send(stub.url, { path: pathOf('x'), headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(VALID) });
  t.equal((await post('a')).status, 413, 'the limit of .env');
  stub.child.kill();
  await stub.ended;

  const bad = await run(t, ['--durability', 'no'], { cwd, env: { STUB_PROT: '1', STUB_TOKEN: 'has space' } });
  t.equal(bad.code, 2);
  t.equal(bad.stdout, '');
  t.same(bad.stderr.trim().split('\n'), [
    'error: STUB_PROT: there is no such setting; did you mean STUB_PORT?',
    'error: --durability=no: must be one of normal, full (default normal)',
    'error: STUB_TOKEN: must be at most 1024 letters, digits and . _ ~ + / -, with = only at the end (RFC 6750)',
  ]);
});

t.test('what it cannot start with is one line, exit code 1, and no stack trace', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const { port } = taken.address() as { port: number };
  const cwd = t.testdir({
    'notes.txt': 'These are no tables, and it is long enough to have been a header. '.repeat(20),
  });
  mkdirSync(path.join(cwd, 'folder.sqlite'));
  const newer = new Sqlite(path.join(cwd, 'newer.sqlite'));
  newer.pragma(`application_id = ${0x43684373}`);
  newer.pragma('user_version = 9999');
  newer.close();
  const before = readFileSync(path.join(cwd, 'newer.sqlite'));
  const rows: [name: string, args: string[], says: RegExp][] = [
    ['port taken', ['--port', String(port), '--database', ':memory:'], /^error: port \d+ on 127\.0\.0\.1 is taken: /],
    [
      'not a database',
      ['--port', '0', '--database', 'notes.txt'],
      /^error: notes\.txt is not an SQLite database; it was left/,
    ],
    ['a folder', ['--port', '0', '--database', 'folder.sqlite'], /^error: folder\.sqlite cannot be opened for writing/],
    [
      'below a file',
      ['--port', '0', '--database', 'notes.txt/x.sqlite'],
      /^error: notes\.txt\/x\.sqlite cannot be opened/,
    ],
    [
      'a newer version',
      ['--port', '0', '--database', 'newer.sqlite'],
      /^error: newer\.sqlite has schema version 9999 /,
    ],
  ];
  for (const [name, args, says] of rows) {
    const { code, stdout, stderr } = await run(t, args, { cwd });
    t.equal(code, 1, name);
    t.equal(stdout, '', name);
    t.match(stderr, says, name);
    t.equal(stderr.trim().split('\n').length, 1, `${name}: one line`);
  }
  t.ok(before.equals(readFileSync(path.join(cwd, 'newer.sqlite'))), 'the newer database is untouched');
});

t.test('a signal lets what is in flight finish, with connections left open idle', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const cwd = t.testdir();
    const stub = await serve(t, ['--token', 'a'], { cwd });
    const { hostname, port } = new URL(stub.url);
    const idle = connect(Number(port), hostname);
    idle.on('error', () => {});
    await once(idle, 'connect');
    const headers = { authorization: 'Bearer a', 'content-type': 'application/json' };
    const slow = send(stub.url, {
      path: pathOf('x'),
      headers: { ...headers, prefer: 'delay=60000' },
      body: JSON.stringify(VALID),
    });
    // Answered after the slow one arrived, so that one is in flight.
    await send(stub.url, { path: pathOf('x'), headers, body: JSON.stringify(VALID) });
    stub.child.kill(signal);
    t.equal((await slow).status, 201);
    const { code, stdout } = await stub.ended;
    t.equal(code, 0);
    t.match(stdout, new RegExp(`"signal":"${signal}","msg":"stopping"`));
    t.match(stdout, /"msg":"stopped"/);
    t.equal(names(cwd).length, 2);
  }
});

t.test('a connection that a late answer keeps open does not hold the shutdown up', async (t) => {
  const stub = await serve(t, ['--token', 'a', '--shutdown-grace', '600000'], { cwd: t.testdir() });
  const { hostname, port } = new URL(stub.url);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify(VALID);
  socket.write(
    `POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a\r\ncontent-type: application/json\r\n` +
      `prefer: delay=60000\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const answer = once(socket, 'data');
  await send(stub.url, { method: 'GET', path: '/livez' });
  stub.child.kill();
  t.match(String((await answer)[0]), /^HTTP\/1\.1 201 .*connection: close/is);
  t.equal((await stub.ended).code, 0, 'long before the grace is over');
});

t.test('an event stream on a connection that is kept does not hold the shutdown up', async (t) => {
  const stub = await serve(t, ['--shutdown-grace', '600000'], { cwd: t.testdir() });
  const { hostname, port } = new URL(stub.url);
  const socket = connect(Number(port), hostname);
  socket.write('GET /__admin/requests/stream HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(socket, 'data');
  stub.child.kill();
  t.equal((await stub.ended).code, 0, 'long before the grace is over');
});

t.test('a request that never ends is cut off after the grace period, and stands in the journal', async (t) => {
  const cwd = t.testdir();
  const stub = await serve(t, ['--token', 'a', '--shutdown-grace', '50'], { cwd });
  const { hostname, port } = new URL(stub.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(
    `POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`,
  );
  await send(stub.url, { method: 'GET', path: '/livez' });
  stub.child.kill();
  const { code, stdout } = await stub.ended;
  t.equal(code, 0);
  t.notMatch(stdout, /storage refused/);
  const db = new Sqlite(path.join(cwd, DATABASE), { readonly: true });
  t.same(db.prepare('SELECT path, status FROM requests').all(), [{ path: pathOf('x'), status: null }]);
  db.close();
});

t.test('a second signal leaves at once, with the code of a death by it', async (t) => {
  const stub = await serve(t, ['--token', 'a', '--shutdown-grace', '600000'], { cwd: t.testdir() });
  const { hostname, port } = new URL(stub.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(`POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{`);
  await send(stub.url, { method: 'GET', path: '/livez' });
  stub.child.kill('SIGTERM');
  await stub.says(/"msg":"stopping"/);
  stub.child.kill('SIGINT');
  t.equal((await stub.ended).code, 130);
});

t.test('a signal during the start is not lost', async (t) => {
  const stub = start(t, ['--port', '0', '--log-level', 'debug'], { cwd: t.testdir() });
  // The first thing it says, before it listens.
  await stub.says(/"msg":"migrated"/);
  stub.child.kill();
  t.equal((await stub.ended).code, 0);
});

t.test('a second server on the same database is refused with one line; commands work beside the first', async (t) => {
  const cwd = t.testdir();
  const first = await serve(t, ['--token', 'a'], { cwd });
  const second = await run(t, ['--port', '0'], { cwd });
  t.same(second, {
    code: 1,
    signal: null,
    stdout: '',
    stderr: `error: ./${DATABASE} is in use by another server; stop that one, or name another file with --database.\n`,
  });
  t.match(await run(t, ['token', 'create'], { cwd }), { code: 0, stdout: /^CCSB-/ });
  t.match(await run(t, ['migrate'], { cwd }), { code: 0, stdout: /was up to date/ });
  const headers = { authorization: 'Bearer a', 'content-type': 'application/json' };
  t.equal((await send(first.url, { path: pathOf('x'), headers, body: JSON.stringify(VALID) })).status, 201);
  first.child.kill('SIGKILL');
  await first.ended;
  const third = await serve(t, [], { cwd });
  third.child.kill();
  t.equal((await third.ended).code, 0, 'what died has no claim any more');
});

t.test('readiness drops before the socket closes, and what comes meanwhile is served', async (t) => {
  const stub = await serve(t, ['--token', 'a', '--shutdown-delay', '600000'], { cwd: t.testdir() });
  stub.child.kill('SIGTERM');
  await stub.says(/"msg":"stopping"/);
  const unready = await send(stub.url, { method: 'GET', path: '/readyz' });
  t.equal(unready.status, 503);
  t.same(unready.json, { status: 'unavailable', check: 'shutdown', reason: 'the server is stopping' });
  t.equal((await send(stub.url, { method: 'GET', path: '/livez' })).status, 200);
  const headers = { authorization: 'Bearer a', 'content-type': 'application/json' };
  const made = await send(stub.url, { path: pathOf('x'), headers, body: JSON.stringify(VALID) });
  t.equal(made.status, 201);
  t.equal(made.headers.connection, 'close', 'its client looks for another server');
  stub.child.kill('SIGTERM');
  t.equal((await stub.ended).code, 143);

  const brief = await serve(t, ['--shutdown-delay', '300'], { cwd: t.testdir() });
  brief.child.kill('SIGTERM');
  await brief.says(/"msg":"stopping"/);
  t.equal((await send(brief.url, { method: 'GET', path: '/readyz' })).status, 503);
  t.equal((await brief.ended).code, 0, 'by itself, when the delay is over');
});

t.test('a start that waits for its database is ended by a signal, with exit code 0', async (t) => {
  const cwd = t.testdir({ data: 'a file where the folder should be' });
  const stub = start(t, ['--port', '0', '--wait-for-database'], { cwd });
  await stub.says(/"msg":"not ready: the folder of the database is not there;/);
  stub.child.kill('SIGTERM');
  t.match(await stub.ended, { code: 0, stderr: '' });

  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const { port } = taken.address() as { port: number };
  const refused = await run(t, ['--port', String(port), '--wait-for-database'], { cwd });
  t.match(refused, { code: 1, stderr: /^error: port \d+ on 127\.0\.0\.1 is taken: / }, 'there is nothing to wait for');
});

async function waitFor<T>(look: () => T): Promise<NonNullable<T>> {
  for (;;) {
    const found = look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
