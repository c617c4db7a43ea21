import { once } from 'node:events';
import { createServer } from 'node:http';
import t from 'tap';
import { freePort, run, serve, start } from '../support/command.ts';

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

  let answer = true;
  const server = createServer((_request, response) => {
    if (answer) response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  const own = String((server.address() as { port: number }).port);
  t.match(await run(t, ['readyz', '--port', own], { cwd }), {
    code: 1,
    stderr: `not ready: status 503 on 127.0.0.1:${own}\n`,
  });
  answer = false;
  t.match(await run(t, ['readyz', '--port', own], { cwd }), {
    code: 1,
    stderr: `not ready: no answer on 127.0.0.1:${own}\n`,
  });
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

t.test('a timeout that is no number is exit code 2', async (t) => {
  const { code, stderr } = await run(t, ['readyz', '--wait', '--timeout', 'soon'], { cwd: t.testdir() });
  t.same([code, stderr], [2, 'error: --timeout soon: must be a number of seconds\n']);
});
