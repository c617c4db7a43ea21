import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { admin } from '../support/admin.ts';
import { send, startTestStub, VALID } from '../support/stub.ts';
import { scrape } from './exposition.ts';
import { openServer } from './server.ts';

const execute = promisify(execFile);
const source = (file: string) => new URL(`../../${file}`, import.meta.url);

t.test('off, which is the default: 404 that says how to turn it on', async (t) => {
  for (const options of [{}, { metrics: 'off' } as const]) {
    const stub = await startTestStub(t, options);
    const answer = await stub.send({ method: 'GET', path: '/metrics' });
    t.equal(answer.status, 404);
    const message = 'Nothing is measured here. Start the stub with STUB_METRICS=on, or --metrics on.';
    t.same(answer.json, { message, error: 'Not Found', statusCode: 404 });
    t.match(answer.headers['x-stub-request-id'], /^\w{20}$/);
    t.equal(answer.headers['link'], undefined, 'nothing of it stands in the journal');
    await stub.stub.close();
  }
});

t.test('off: the library is not even loaded', async (t) => {
  const program = `
    import { createRequire } from 'node:module';
    import { startStub } from ${JSON.stringify(source('src/index.ts').href)};
    const stub = await startStub({ metrics: process.argv[1] });
    await fetch(stub.url + '/metrics');
    await stub.close();
    const { cache } = createRequire(${JSON.stringify(import.meta.url)});
    console.log(Object.keys(cache).some((file) => file.includes('/prom-client/')));
  `;
  for (const [setting, isLoaded] of [
    ['off', false],
    ['on', true],
  ] as const) {
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', program, setting]);
    t.equal(stdout.trim(), String(isLoaded), setting);
  }
});

t.test('on: in the text format of Prometheus, for anybody, also for HEAD', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on', adminToken: 'an-admin-token' });
  for (const path of ['/metrics', '/metrics/', '/metrics?a=b']) {
    const answer = await stub.send({ method: 'GET', path, headers: { accept: 'application/openmetrics-text' } });
    t.equal(answer.status, 200, path);
    t.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8', path);
  }
  t.match(await stub.send({ method: 'HEAD', path: '/metrics' }), { status: 200, text: '' });
  for (const method of ['POST', 'DELETE']) {
    const answer = await stub.send({ method, path: '/metrics' });
    const other = await stub.send({ method, path: '/livez' });
    t.equal(answer.status, 404, method);
    t.equal(
      answer.json.message,
      other.json.message.replace('/livez', '/metrics'),
      `${method}: as on the other paths of ours`,
    );
  }
});

t.test('a scrape leaves no line in the log, and no entry in the journal', async (t) => {
  for (const metrics of ['on', 'off']) {
    const lines: string[] = [];
    const { app, context } = await openServer(t, { metrics }, { write: (line) => void lines.push(line) });
    await app.inject('/metrics');
    await app.inject({ method: 'POST', url: '/metrics' });
    t.same(lines, []);
    await context.journal.settled();
    t.equal(context.journal.size().entries, 0);
    await app.inject('/nothing');
    t.equal(lines.length, 1, 'as others do');
  }
});

t.test('stubs of one process share no count', async (t) => {
  const one = await startTestStub(t, { metrics: 'on', database: ':memory:' });
  const other = await startTestStub(t, { metrics: 'on', database: ':memory:' });
  await one.create(VALID);
  await admin(one, 'GET', '/requests');
  const name = 'chatcaptain_stub_http_requests_total';
  t.equal((await scrape(one)).value(name), 2);
  const { value } = await scrape(other);
  t.equal(value(name), 0);
  t.equal(value('chatcaptain_stub_journal_entries'), 0);
  t.equal(value('chatcaptain_stub_commit_groups_total'), 0);
  await one.stub.close();
  t.equal((await scrape(other)).value(name), 1, 'its own scrape, and it goes on');
});

t.test('the command line turns it on', async (t) => {
  const args = [
    '--metrics',
    'on',
    '--',
    process.execPath,
    '--eval',
    "fetch(process.env.CHATCAPTAIN_URL + '/metrics').then(async (answer) => console.log(answer.status, (await answer.text()).length > 1000))",
  ];
  const { stdout } = await execute(process.execPath, [fileURLToPath(source('src/cli.ts')), 'exec', ...args], {
    cwd: t.testdir(),
  });
  t.equal(stdout.trim(), '200 true');
});

t.test('closed stubs leave nothing behind', async (t) => {
  const program = fileURLToPath(source('test/support/lives.ts'));
  const { stdout, stderr } = await execute(process.execPath, ['--expose-gc', program, '80', 'on']);
  t.equal(stderr, '', 'no warning');
  const [first, quarter, ...rest] = JSON.parse(stdout);
  for (const { resources, files, listeners } of [quarter, ...rest]) {
    t.same(
      { resources, files, listeners },
      { resources: first.resources, files: first.files, listeners: first.listeners },
    );
  }
  const grown = rest.at(-1).heap - quarter.heap;
  t.ok(grown < 400_000, `memory is flat: ${grown} bytes more after 60 lives`);
});

t.test('a stub that is closed does not answer any more', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on' });
  await scrape(stub);
  await stub.stub.close();
  await t.rejects(send(stub.url, { method: 'GET', path: '/metrics' }), { code: 'ECONNREFUSED' });
});
