import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import t from 'tap';
import { resolveSettings } from '../src/config.ts';
import { openContext } from '../src/context.ts';
import { createLogger, formatOf, tolerantOutput } from '../src/logging.ts';
import { buildServer } from '../src/server.ts';
import { nextTurn } from '../src/timers.ts';
import { pathOf, VALID } from './support/stub.ts';

/** A server whose log is kept, without a socket. */
async function logged(level: string, format: 'json' | 'pretty') {
  const destination = new PassThrough();
  const settings = resolveSettings({ options: { database: ':memory:', logLevel: level } });
  const context = openContext(settings, await createLogger({ level, format, destination }));
  const app = await buildServer(context);
  t.teardown(() => app.close());
  const text = (): string => String(destination.read() ?? '');
  const lines = () =>
    text()
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return { app, context, text, lines };
}

t.test('one JSON line for each request, with the reason where it was not plainly accepted', async (t) => {
  const { app, context, lines } = await logged('info', 'json');
  const grants = [{ permission: 'chatbots.inbox.*', resource: 'chatbots/a' }];
  const { credential } = context.tokens.create({ name: 'ci', grants });
  const post = (chatbotId: string, payload: unknown, headers = {}) =>
    app.inject({
      method: 'POST',
      url: pathOf(chatbotId),
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json', ...headers },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
  const needs = 'chatbots.inbox.conversations.create on chatbots/b is needed';
  const rows: [send: () => ReturnType<typeof post>, status: number, why: RegExp | undefined][] = [
    [() => post('a', VALID), 201, undefined],
    [
      () => post('b', VALID),
      403,
      new RegExp(`^permission refused: token "ci" holds chatbots.inbox.\\* on chatbots/a; ${needs}`),
    ],
    [() => post('a', {}), 400, /^validated refused: name must be a string, and is missing; channelId/],
    [() => post('a', '{'), 400, /^parsed refused: The body is not valid JSON/],
    [() => post('a', ''), 400, /^validated refused: The request has no body/],
    [() => post('a', 'x'.repeat(200_000)), 413, /^parsed refused: The body is larger/],
    [() => post('a', VALID, { 'content-type': 'foo' }), 400, /^parsed refused: The Content-Type/],
    [() => post('a', VALID, { authorization: 'Bearer x' }), 401, /^credential refused: The token is unknown/],
    [() => post('%ZZ', VALID), 400, /^parsed refused: The path/],
    [() => post('%00', VALID), 400, /^parsed refused: chatbotId holds a control character/],
    [() => post('a', VALID, { prefer: 'code=409' }), 409, /^preference applied: code=409/],
    [() => post('a', VALID, { prefer: 'code=1' }), 201, /^preference ignored: code=1: code takes 201 or 400 to 599/],
    [() => post('a', VALID, { prefer: 'x' }), 201, /^preference ignored: x: code takes/],
  ];
  for (const [send, status, why] of rows) {
    const answer = await send();
    const entries = lines().filter(({ msg }) => msg === 'answered');
    t.equal(entries.length, 1, 'one line');
    t.match(entries[0], {
      level: 30,
      method: 'POST',
      path: /^\/v1\//,
      status,
      reqId: answer.headers['x-stub-request-id'],
    });
    t.type(entries[0].durationMs, 'number');
    if (why) t.match(entries[0].why, why);
    else t.equal(entries[0].why, undefined);
    t.equal(entries[0].headers, undefined, 'headers are for debugging');
  }
  context.db.prepare('INSERT INTO channels VALUES (?, ?)').run('a', 'web');
  await post('a', VALID);
  t.match(lines()[0], {
    status: 201,
    why: /^channel refused: chatbot a declares channels, and sTjncRDMuTdv65ex4I05 is none/,
  });
});

t.test('a token without a name is called by its id, one without grants holds nothing', async (t) => {
  const { app, context, lines } = await logged('info', 'json');
  const { credential, token } = context.tokens.create({ grants: [] });
  await app.inject({ method: 'POST', url: pathOf('a'), headers: { 'x-chatcaptain-key': credential } });
  t.match(lines()[0].why, `token "${token.id}" holds nothing; `);
});

t.test('no line holds a credential at any level; the scheme is kept', async (t) => {
  for (const format of ['json', 'pretty'] as const) {
    const { app, context, text } = await logged('trace', format);
    const { credential } = context.tokens.create({ grants: [] });
    const sent = [
      { authorization: `Bearer ${credential}` },
      { authorization: `Basic ${credential}` },
      { authorization: credential },
      { 'x-chatcaptain-key': credential },
      { cookie: `session=${credential}` },
      { 'proxy-authorization': `Digest ${credential}` },
    ];
    for (const headers of sent) {
      for (const payload of ['{', JSON.stringify(VALID)]) {
        await app.inject({
          method: 'POST',
          url: pathOf('a'),
          headers: { ...headers, 'content-type': 'application/json' },
          payload,
        });
      }
    }
    const lines = text();
    t.ok(lines.length > 1000, 'there is something to search');
    t.notMatch(lines, credential);
    if (format === 'json') {
      for (const kept of [
        'Bearer [redacted]',
        'Basic [redacted]',
        'Digest [redacted]',
        '"x-chatcaptain-key":"[redacted]"',
      ]) {
        t.match(lines, kept);
      }
    }
  }
});

t.test('no line holds a credential in another spelling, by another name, or of the control plane', async (t) => {
  const { app, context, text } = await logged('trace', 'json');
  const { credential } = context.tokens.create({ grants: [] });
  const secret = 'long-enough-to-be-one';
  const bearer = { authorization: `Bearer ${secret}` };
  const encoded = secret.replaceAll('-', '%2D');
  const sent: [url: string, headers: Record<string, string>][] = [
    [`http://user:${secret}@localhost/v1/nothing`, {}],
    [`http://user:${secret}@localhost/__admin/nothing`, {}],
    [`/v1/${encoded}?a=${encoded}`, bearer],
    [`/__admin/provider-states?a=1&accessToken=${secret}`, {}],
    [`/__admin/tokens/${encoded}`, bearer],
    [`/__admin/clock?tok%65n=${secret};sig=${secret}#key=${secret}`, {}],
    [pathOf('a'), { 'x-chatcaptain-key': secret, [secret]: 'a', [credential]: 'b', 'x-note': encoded }],
    [pathOf('a'), { referer: `/?authToken=${secret}`, 'x-authtoken': secret }],
  ];
  for (const [url, headers] of sent) await app.inject({ method: 'POST', url, headers });
  const lines = text();
  t.equal(lines.match(/"msg":"answered"/g)?.length, sent.length);
  for (const leak of [secret, encoded, credential, credential.toLowerCase()]) t.notMatch(lines, leak);
});

t.test(
  'lines for people: one for each request, and no control character of a caller reaches the terminal',
  async (t) => {
    const { app, context, text } = await logged('info', 'pretty');
    const { credential } = context.tokens.create({ grants: [{ permission: '*', resource: 'chatbots/*' }] });
    context.db.prepare('INSERT INTO channels VALUES (?, ?)').run('a', 'web');
    await app.inject({
      method: 'POST',
      url: pathOf('a'),
      headers: { 'x-chatcaptain-key': credential },
      payload: { ...VALID, channelId: '\u001b[2Jgone\u0007' },
    });
    const line = text();
    t.match(line, /POST \/v1\/inbox\/a\/conversations 201 in [\d.]+ ms: channel refused: .*\\x1b\[2Jgone\\x07/);
    t.notMatch(line, '\u001b[2J');
    context.logger.info('ready on http://127.0.0.1:1');
    t.match(text(), /INFO: ready on http:\/\/127\.0\.0\.1:1\n$/);
  },
);

t.test('a 5xx is an error line with its cause, and the caller sees none of it', async (t) => {
  const { app, context, lines } = await logged('info', 'json');
  const { credential } = context.tokens.create({ grants: [{ permission: '*', resource: 'chatbots/*' }] });
  context.db.exec("CREATE TRIGGER boom BEFORE INSERT ON conversations BEGIN SELECT RAISE(ABORT, 'inner detail'); END");
  const post = () =>
    app.inject({ method: 'POST', url: pathOf('a'), headers: { 'x-chatcaptain-key': credential }, payload: VALID });
  const answer = await post();
  t.equal(answer.statusCode, 500);
  t.notMatch(answer.body, 'inner detail');
  t.match(lines()[0], { level: 50, msg: 'request failed', err: { message: 'inner detail' } });
  context.db.exec('DROP TRIGGER boom');
  context.db.pragma('query_only = on');
  t.equal((await post()).statusCode, 503);
  const refused = lines();
  const errors = refused.filter(({ level }) => level === 50);
  t.ok(errors.length === 1 || errors.length === 2, 'one line a group: the conversation, and the entry in the journal');
  for (const { msg } of errors) t.match(msg, /storage refused a group/);
  t.match(refused.find(({ status }) => status === 503)?.why, /^stored failed: Nothing was stored/);
});

t.test('auto is JSON where nobody looks, and for people on a terminal', async (t) => {
  const { isTTY } = process.stdout;
  t.teardown(() => {
    process.stdout.isTTY = isTTY;
  });
  process.stdout.isTTY = false;
  t.equal(formatOf('auto'), 'json');
  process.stdout.isTTY = true;
  t.equal(formatOf('auto'), 'pretty');
  t.equal(formatOf('json'), 'json');
  t.equal(formatOf('auto', { isTTY: false }), 'json', 'on another stream, whatever standard output is');
});

t.test('a log that cannot be written costs lines, never an error', async (t) => {
  const file = path.join(t.testdir({ log: 'before\n' }), 'log');
  const appending = openSync(file, 'a');
  const output = tolerantOutput(appending, process.stdout);
  for (const line of ['after\n', 'and\n']) output.write(line);
  await nextTurn();
  closeSync(appending);
  t.equal(readFileSync(file, 'utf8'), 'before\nafter\nand\n');

  const unwritable = openSync(file, 'r');
  t.teardown(() => closeSync(unwritable));
  tolerantOutput(unwritable, process.stdout).write('lost\n');
  await nextTurn();
  t.equal(readFileSync(file, 'utf8'), 'before\nafter\nand\n');
});

t.test('a reader that stands still holds no more than a bounded part of the log in memory', async (t) => {
  const device = openSync('/dev/null', 'w');
  t.teardown(() => closeSync(device));
  const reader = new PassThrough();
  const output = tolerantOutput(device, reader);
  const line = 'x'.repeat(100_000);
  for (let index = 0; index < 50; index++) output.write(line);
  await nextTurn();
  for (let index = 0; index < 50; index++) output.write(line);
  await nextTurn();
  t.ok(reader.writableLength > 100_000 && reader.writableLength < 2_000_000, `${reader.writableLength} bytes wait`);
  t.doesNotThrow(() => reader.destroy(new Error('the reader is gone')));
  await new Promise((resolve) => reader.once('close', resolve));
  t.doesNotThrow(() => output.write(line));
  await nextTurn();
});

t.test('the lines of a turn are written together, and the last ones at the exit', async (t) => {
  const file = path.join(t.testdir(), 'log');
  const logging = new URL('../src/logging.ts', import.meta.url).href;
  const program = `
    const { openSync, readFileSync } = await import('node:fs');
    const { tolerantOutput } = await import(${JSON.stringify(logging)});
    const output = tolerantOutput(openSync(${JSON.stringify(file)}, 'a'), process.stdout);
    output.write('first ');
    output.write('second ');
    if (readFileSync(${JSON.stringify(file)}, 'utf8') !== '') throw new Error('written one by one');
    await new Promise(setImmediate);
    output.write('last');
    process.exit();`;
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  t.equal(stderr, '');
  t.equal(readFileSync(file, 'utf8'), 'first second last');
});
