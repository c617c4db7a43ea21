import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { run, serve } from '../support/command.ts';
import { pathOf, send, VALID } from '../support/stub.ts';

const FILE = 'data/chatcaptain-stub.sqlite';
const CREATE = 'chatbots.inbox.conversations.create';

function post(url: string, chatbotId: string, token: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return send(url, { path: pathOf(chatbotId), headers, body: JSON.stringify(VALID) });
}

t.test(
  'a token made beside a running server counts from the next request on, and so does its revocation',
  async (t) => {
    const cwd = t.testdir();
    const stub = await serve(t, [], { cwd });
    const made = await run(t, ['token', 'create', '--name', 'ci', '--chatbot', 'a', 'b'], { cwd });
    t.equal(made.code, 0);
    const token = made.stdout.trim();
    t.match(made.stdout, /^CCSB-[0-9A-Za-z]{8}-[0-9A-Za-z]{12}\n$/, 'the token alone, for scripts');
    const [, id] = /^token (\w{20}) in /.exec(made.stderr) as RegExpExecArray;
    t.equal(
      made.stderr,
      `token ${id} in ./${FILE}: ${CREATE} on chatbots/a and ${CREATE} on chatbots/b, never expires\n`,
    );

    t.equal((await post(stub.url, 'a', token)).status, 201);
    t.equal((await post(stub.url, 'b', token)).status, 201);
    t.equal((await post(stub.url, 'c', token)).status, 403);

    const revoked = await run(t, ['token', 'revoke', id as string], { cwd });
    t.equal(revoked.code, 0);
    t.match(revoked.stdout, new RegExp(`^token ${id} is revoked since 20`));
    t.equal((await post(stub.url, 'a', token)).status, 401);
    const again = await run(t, ['token', 'revoke', id as string], { cwd });
    t.equal(again.stdout, revoked.stdout, 'revoking twice changes nothing');

    for (const file of [FILE, `${FILE}-wal`]) {
      t.notOk(readFileSync(path.join(cwd, file)).includes(token), `${file} does not hold it`);
    }
  },
);

t.test('create: defaults, permissions, a lifetime, a given token, JSON', async (t) => {
  const cwd = t.testdir();
  const json = async (...args: string[]) => {
    const { code, stdout } = await run(t, ['token', 'create', '--json', ...args], { cwd });
    t.equal(code, 0, args.join(' '));
    return JSON.parse(stdout);
  };
  t.match(await json(), {
    name: null,
    grants: [{ permission: CREATE, resource: 'chatbots/*' }],
    state: 'active',
    expiresAt: null,
  });
  const rich = await json(
    '--permission',
    'chatbots.inbox.*',
    'chatbots.channels.list',
    '--chatbot',
    'x',
    '--expires-in',
    '90s',
  );
  t.same(rich.grants, [
    { permission: 'chatbots.inbox.*', resource: 'chatbots/x' },
    { permission: 'chatbots.channels.list', resource: 'chatbots/x' },
  ]);
  t.equal(Date.parse(rich.expiresAt) - Date.parse(rich.createdAt), 90_000);
  for (const [duration, seconds] of [
    ['30m', 1800],
    ['12h', 43_200],
    ['7d', 604_800],
  ] as const) {
    const { createdAt, expiresAt } = await json('--expires-in', duration);
    t.equal(Date.parse(expiresAt) - Date.parse(createdAt), seconds * 1000, duration);
  }
  t.equal((await json('--token', 'my-own')).token, 'my-own');
});

t.test('what cannot be made is one line that says what would be right, exit code 2, and nothing stored', async (t) => {
  const cwd = t.testdir();
  await run(t, ['token', 'create', '--token', 'twice'], { cwd });
  const rows: [args: string[], says: RegExp][] = [
    [['--expires-in', 'soon'], /^error: --expires-in soon: must be a number with s, m, h or d behind it/],
    [['--expires-in', '0s'], /^error: .*lifetime/],
    [['--expires-in', '99999999999999d'], /^error: .*lifetime/],
    [['--permission', 'a b'], /^error: permission "a b" must be dotted segments/],
    [['--chatbot', ''], /^error: resource "chatbots\/" must be a kind and an id/],
    [['--token', 'has space'], /^error: .*RFC 6750/],
    [['--name', 'two\nlines'], /^error: name "two\\nlines" must be well-formed text without control characters/],
    [['--token', 'twice'], /^error: this token is registered already/],
  ];
  for (const [args, says] of rows) {
    const { code, stdout, stderr } = await run(t, ['token', 'create', ...args], { cwd });
    t.equal(code, 2, args.join(' '));
    t.equal(stdout, '');
    t.match(stderr, says);
    t.equal(stderr.split('\n').length, 2, 'one line');
  }
  const { stdout } = await run(t, ['token', 'list', '--json'], { cwd });
  t.equal(JSON.parse(stdout).length, 1);
});

t.test('list: one line each, oldest first, with the state; JSON; and never the token', async (t) => {
  const cwd = t.testdir();
  const none = await run(t, ['token', 'list'], { cwd });
  t.same([none.code, none.stdout], [0, '']);
  t.match(none.stderr, /^there are no tokens in .*; token create makes one\n$/);
  const tokens = [];
  for (const args of [
    ['--name', 'first'],
    ['--chatbot', 'b'],
    ['--expires-in', '1s', '--name', 'short'],
  ]) {
    tokens.push(JSON.parse((await run(t, ['token', 'create', '--json', ...args], { cwd })).stdout));
  }
  await run(t, ['token', 'revoke', tokens[1].id], { cwd });
  const list = await run(t, ['token', 'list'], { cwd });
  const [first, second, third] = list.stdout.trim().split('\n') as [string, string, string];
  t.match(
    first,
    new RegExp(`^${tokens[0].id}  active   ${tokens[0].createdAt}  first  ${CREATE} on chatbots/\\*, never expires$`),
  );
  t.match(second, new RegExp(`^${tokens[1].id}  revoked .*  -  ${CREATE} on chatbots/b`));
  t.match(third, new RegExp(`short .*expires ${tokens[2].expiresAt}$`));
  const json = JSON.parse((await run(t, ['token', 'list', '--json'], { cwd })).stdout);
  t.same(
    json.map(({ id }: { id: string }) => id),
    tokens.map(({ id }) => id),
  );
  for (const { token } of tokens) {
    t.notMatch(list.stdout, token);
    t.notMatch(JSON.stringify(json), token);
  }
});

t.test('revoke: a token that is not there is exit code 1', async (t) => {
  const { code, stderr } = await run(t, ['token', 'revoke', 'nobody'], { cwd: t.testdir() });
  t.equal(code, 1);
  t.match(stderr, /^error: there is no token nobody in .*; token list shows the ids\n$/);
});

t.test('a database in memory is nothing that another process can see', async (t) => {
  const { code, stderr } = await run(t, ['token', 'create', '--database', ':memory:'], { cwd: t.testdir() });
  t.equal(code, 1);
  t.match(stderr, /^error: the database is :memory:, .*--database\n$/);
});
