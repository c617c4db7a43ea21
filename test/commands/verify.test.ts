import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { verify as command } from '../../src/commands/verify.ts';
import { CONTRACT_CASES } from '../../src/contract/cases.ts';
import { type CommandOptions, run, start } from '../support/command.ts';
import { CHATBOT, GOOD, startOtherServer, type Ways } from '../support/other-server.ts';
import { refusal } from '../support/own-command.ts';
import { startTestStub } from '../support/stub.ts';

const CREATING = CONTRACT_CASES.filter(({ creates }) => creates).length;
const REFUSED = CONTRACT_CASES.length - CREATING;
const PERMISSION = 'chatbots.inbox.conversations.create';

/** The command against a server, as the holder of its credential. */
async function verify(t: Test, url: string, args: string[] = [], options: Partial<CommandOptions> = {}) {
  const env = { CHATCAPTAIN_TOKEN: GOOD, CHATCAPTAIN_CHATBOT_ID: CHATBOT, ...options.env };
  return run(t, ['verify', '--against', url, ...args], { cwd: options.cwd ?? import.meta.dirname, env });
}

async function startStub(t: Test, options = {}) {
  const stub = await startTestStub(t, options);
  const { credential } = stub.mint([{ permission: PERMISSION, resource: 'chatbots/mine' }]);
  return { ...stub, env: { CHATCAPTAIN_TOKEN: credential, CHATCAPTAIN_CHATBOT_ID: 'mine' } };
}

/** What differs, as `case: place: expected …, got … (source)`. */
async function differencesOf(t: Test, ways: Ways, args: string[] = ['--create']): Promise<string[]> {
  const server = await startOtherServer(t, ways);
  const { code, stdout, stderr } = await verify(t, server.url, [...args, '--json']);
  t.equal(code, 1, stderr);
  const { answered } = JSON.parse(stdout);
  return answered.flatMap((one: { case: string; differences: Record<string, string>[] }) =>
    one.differences.map(
      ({ place, expected, got, source }) => `${one.case}: ${place}: ${expected} → ${got} (${source})`,
    ),
  );
}

/** What NestJS does otherwise than the stub, whatever has drifted. */
const AS_NEST = [
  '401: no credential: body/error: string → nothing (inferred)',
  '401: a credential that is unknown: body/error: string → nothing (inferred)',
  '405: another method: status: 405 → 404 (inferred)',
];

t.test('the stub: same, 0, and without --create nothing is stored', async (t) => {
  const stub = await startStub(t);
  const { code, stdout, stderr } = await verify(t, stub.url, [], stub);
  t.equal(code, 0, stderr);
  t.match(
    stdout,
    `Sends ${REFUSED} requests to ${stub.url} for the chatbot mine, with the credential of CHATCAPTAIN_TOKEN,`,
  );
  t.match(stdout, 'Creates no conversation, as long as each is refused, as the contract says.');
  t.match(stdout, `Leaves out ${CREATING}: it creates a conversation (--create sends it).`);
  t.match(stdout, `${REFUSED} answers: ${REFUSED} same, 0 differ.\nNo conversation was created.\n`);
  t.same(stub.rows(), []);
});

t.test('the stub: --create sends the rest, says how many before, and which after', async (t) => {
  const stub = await startStub(t);
  const { code, stdout } = await verify(t, stub.url, ['--create'], stub);
  t.equal(code, 0);
  t.match(
    stdout,
    `Creates ${CREATING} conversations, and one more for each of the other ${REFUSED} that is not refused.`,
  );
  const ids = stub.rows().map(({ id }) => id);
  t.equal(ids.length, CREATING);
  t.match(stdout, `${CREATING} conversations were created: ${ids.join(', ')}.`);
});

t.test('the stub: by its key, and what needs no credential without one', async (t) => {
  const stub = await startStub(t);
  const { CHATCAPTAIN_TOKEN } = stub.env;
  const byKey = ['verify', '--against', `${stub.url}/`, '--key', CHATCAPTAIN_TOKEN, '--chatbot', 'mine'];
  const first = await run(t, byKey, { cwd: t.testdir() });
  t.equal(first.code, 0, first.stderr);
  t.match(first.stdout, 'with the credential of --key,');
  t.notMatch(first.stdout, CHATCAPTAIN_TOKEN);
  const bare = await run(t, ['verify', '--against', stub.url, '--create'], { cwd: t.testdir() });
  t.equal(bare.code, 0, bare.stderr);
  t.match(bare.stdout, /^Sends 2 requests to \S+ for the chatbot my-chatbot, with no credential,\n/);
  t.match(bare.stdout, 'Leaves out 18: it needs a credential (--token or --key).');
});

t.test('five servers that have drifted: what differs, and nothing else', async (t) => {
  const json = 'application/json';
  await t.test('a renamed field', async (t) => {
    const differences = await differencesOf(t, { accept: (reply) => reply.code(201).send({ id: 'x' }) });
    const created = CONTRACT_CASES.filter(({ creates }) => creates).flatMap(({ name }) => [
      `${name}: body/id: nothing → string (documented)`,
      `${name}: body/conversationId: string → nothing (inferred)`,
    ]);
    t.same(differences, [...created, ...AS_NEST]);
  });
  await t.test('200 instead of 201', async (t) => {
    const differences = await differencesOf(t, { accept: (reply) => reply.code(200).send({ conversationId: 'x' }) });
    const created = CONTRACT_CASES.filter(({ creates }) => creates).map(
      ({ name }) => `${name}: status: 201 → 200 (documented)`,
    );
    t.same(differences, [...created, ...AS_NEST]);
  });
  await t.test('an error body of another shape', async (t) => {
    const differences = await differencesOf(
      t,
      { refuse: ({ status }, _request, reply) => reply.code(status).send({ errors: [{ code: 7 }] }) },
      [],
    );
    t.same(
      differences.filter((line) => line.startsWith('400: no name')),
      [
        '400: no name: body/message: string or array → nothing (inferred)',
        '400: no name: body/error: string → nothing (inferred)',
        '400: no name: body/statusCode: number → nothing (inferred)',
        '400: no name: body/errors: nothing → array (inferred)',
      ],
    );
  });
  await t.test('an undeclared status', async (t) => {
    const differences = await differencesOf(t, {
      refuse: ({ status, messages: message, isOfSchema }, _request, reply) => {
        const statusCode = isOfSchema ? 422 : status;
        if (status === 401) reply.header('www-authenticate', 'Bearer');
        return reply.code(statusCode).send({ message, error: 'Error', statusCode });
      },
    });
    const ofSchema = CONTRACT_CASES.filter(
      ({ status, name }) => status === 400 && !/malformed|text instead/.test(name),
    ).map(({ name }) => `${name}: status: 400 → 422 (documented)`);
    t.same(differences, [...ofSchema, '405: another method: status: 405 → 404 (inferred)']);
  });
  await t.test('a wrong type, and another media type', async (t) => {
    const differences = await differencesOf(t, {
      accept: (reply, { body }) => {
        if (`${body}`.includes('note')) return reply.code(201).type('text/plain').send('done');
        return reply.code(201).send({ conversationId: 7 });
      },
    });
    t.same(differences, [
      '201: all documented properties: body/conversationId: string, or nothing → number (documented)',
      '201: the required properties alone: body/conversationId: string, or nothing → number (documented)',
      `201: a property that the schema does not name: media type: ${json} → text/plain (documented)`,
      ...AS_NEST,
    ]);
  });
});

t.test('people are told where, whose word that is, and what to do', async (t) => {
  const server = await startOtherServer(t, {
    accept: (reply) => reply.code(200).send({ conversationId: 'a\u001b[2Jb' }),
  });
  const { code, stdout } = await verify(t, server.url, ['--create']);
  t.equal(code, 1);
  t.match(stdout, 'differs  201: all documented properties\n           status: expected 201, got 200 (documented)\n');
  t.match(stdout, 'differs  201: the required properties alone, as 201: all documented properties\n');
  t.match(stdout, 'same     400: no name\n');
  t.match(stdout, "\n20 answers: 14 same, 6 differ.\n3 differences documented. The vendor's document says otherwise");
  t.match(stdout, '\n3 differences inferred. Where the document is silent, the stub infers');
  t.match(
    stdout,
    '3 conversations were created: a [2Jb, a [2Jb, a [2Jb.\n',
    'no escape sequence of the server is passed on',
  );
});

t.test('without --create, no more of a kind that is accepted is sent; with it, all', async (t) => {
  const isOfSchema = ({ status }: { status: number }): boolean => status === 400;
  const server = await startOtherServer(t, { ignores: isOfSchema });
  const { code, stdout } = await verify(t, server.url);
  t.equal(code, 1);
  t.equal(server.accepted(), 1);
  t.match(
    stdout,
    'status: expected 400, got 201 (documented)\n           it was accepted, so there may be a new conversation\n',
  );
  t.match(
    stdout,
    'not sent 400: no channelId: another of its kind was accepted, which creates conversations (--create goes on)\n',
  );
  t.match(stdout, '1 conversation was created: sTjncRDMuTdv65ex4I05.');

  const other = await startOtherServer(t, { ignores: isOfSchema });
  const all = await verify(t, other.url, ['--create']);
  t.equal(other.requests.length, CONTRACT_CASES.length);
  t.notMatch(all.stdout, 'not sent');
});

t.test('with --other-chatbot the 403 is documented, without it inferred', async (t) => {
  const ways: Ways = {
    refuse: ({ status, messages: message }, _request, reply) =>
      reply.code(status === 403 ? 404 : status).send({ message, error: 'Error', statusCode: status }),
  };
  const inferred = await differencesOf(t, ways, []);
  t.match(inferred, ['403: a chatbot that the credential is not for: status: 403 → 404 (inferred)']);
  const documented = await differencesOf(t, ways, ['--other-chatbot', 'another']);
  t.match(documented, ['403: a chatbot that the credential is not for: status: 403 → 404 (documented)']);
});

t.test('a record holds shapes and no values, is compared with, and is not replaced unasked', async (t) => {
  const cwd = t.testdir();
  const file = path.join(cwd, 'shapes.json');
  const refuse: Ways['refuse'] = ({ status }, { url, id }, reply) =>
    reply
      .code(status)
      .send({ [GOOD]: 'x', error: { path: url, id: `${id}-secret`, at: '2026-01-02T03:04:05Z' }, list: [] });
  const server = await startOtherServer(t, { refuse });
  const recording = await verify(t, server.url, ['--record', 'shapes.json'], { cwd });
  t.equal(recording.code, 1, 'it differs from the contract');
  t.equal(recording.stderr, `shapes.json: the shapes of ${REFUSED} answers, without values\n`);
  const text = readFileSync(file, 'utf8');
  for (const value of [GOOD, CHATBOT, 'secret', '2026-01-02', new URL(server.url).host, 'web']) t.notMatch(text, value);
  const { answers, ...head } = JSON.parse(text);
  t.same(head, { format: 'chatcaptain-stub/shapes', version: 1, observed: new Date().toISOString().slice(0, 10) });
  t.same(answers['400: no name'], {
    status: 400,
    mediaType: 'application/json',
    headers: [],
    body: {
      '': 'object',
      '/*': 'string: word',
      '/error': 'object',
      '/error/at': 'string: date-time',
      '/error/id': 'string: word',
      '/error/path': 'string: path',
      '/list': 'array',
    },
  });

  const same = await verify(t, server.url, ['--shapes', 'shapes.json', '--create'], { cwd });
  t.equal(same.code, 0, same.stdout);
  t.match(same.stdout, `Leaves out ${CREATING}: nothing is recorded of it.`);
  const nest = await startOtherServer(t);
  const other = await verify(t, nest.url, ['--shapes', 'shapes.json'], { cwd });
  t.equal(other.code, 1);
  t.match(other.stdout, 'body/error: expected object, got string (recorded)');
  t.match(other.stdout, 'recorded. It is otherwise than it was recorded.');

  const before = server.requests.length;
  const again = await verify(t, server.url, ['--record', 'shapes.json'], { cwd });
  t.same([again.code, again.stderr], [2, 'error: --record shapes.json: is there already; --force replaces it\n']);
  t.equal(server.requests.length, before, 'and nothing is sent');
  const forced = await verify(t, nest.url, ['--record', 'shapes.json', '--force'], { cwd });
  t.equal(forced.code, 1);
  t.not(readFileSync(file, 'utf8'), text);
});

t.test('what cannot be told is 2, says why, and records nothing', async (t) => {
  const cwd = t.testdir({ folder: {} });
  const gone = await startOtherServer(t);
  const slow = await startOtherServer(t, { refuse: () => new Promise(() => {}) });
  const busy = await startOtherServer(t, { refuse: (_reason, _request, reply) => reply.code(429).send() });
  const redirecting = await startOtherServer(t, {
    refuse: (_reason, _request, reply) => reply.redirect(gone.url, 307),
  });
  const rows: [args: string[], why: RegExp, env?: Record<string, string>][] = [
    [['--against', 'http://127.0.0.1:1'], /^error: http:\/\/127\.0\.0\.1:1: nothing listens there \(ECONNREFUSED\)\n$/],
    [['--against', 'http://nowhere.invalid'], /no such host|could not be looked up|did not answer within/],
    [['--against', slow.url, '--timeout', '0.2'], /it did not answer within 0\.2 s \(--timeout\)/],
    [['--against', busy.url], /it answers 429 now, which says nothing of the contract; try again later/],
    [['--against', gone.url.replace('http:', 'https:')], /what it speaks is not TLS|cannot be asked/],
    [
      ['--against', gone.url],
      /the credential is not good for this chatbot: each request with it was answered 401/,
      {
        CHATCAPTAIN_TOKEN: 'bad',
      },
    ],
    [['--against', 'ftp://a'], /^error: --against: must be the base of an API/],
    [['--against', 'http://a:b@c'], /--against: must be/],
    [['--against', gone.url, '--timeout', 'x'], /--timeout x: must be a number of seconds, at most 600/],
    [['--against', gone.url, '--timeout', '0'], /--timeout 0: must be/],
    [['--against', gone.url, '--token', 'a', '--key', 'b'], /--token and --key: give one of them/],
    [['--against', gone.url], /CHATCAPTAIN_TOKEN and CHATCAPTAIN_KEY: give one of them/, { CHATCAPTAIN_KEY: 'x' }],
    [['--against', gone.url], /--chatbot \(or CHATCAPTAIN_CHATBOT_ID\): must name/, { CHATCAPTAIN_CHATBOT_ID: '' }],
    ...['', '.', '..'].map((id): [string[], RegExp] => [
      ['--against', gone.url, '--chatbot', id],
      /--chatbot: must be the id/,
    ]),
    [['--against', gone.url, '--other-chatbot', '..'], /--other-chatbot: must be the id of a chatbot/],
    [['--against', gone.url, '--token', 'a b'], /--token: must be printable ASCII without white space/],
    [['--against', gone.url, '--shapes', 'none.json'], /none\.json cannot be read \(ENOENT\)/],
    [['--against', gone.url, '--record', 'folder'], /--record folder: is no plain file/],
    [['--against', gone.url, '--record', 'x/y.json'], /--record x\/y\.json: its folder cannot be written \(ENOENT\)/],
    [[], /required option '--against <url>' not specified/],
  ];
  for (const [args, why, more = {}] of rows) {
    const env = { CHATCAPTAIN_TOKEN: GOOD, CHATCAPTAIN_CHATBOT_ID: CHATBOT, ...more };
    const record = args.includes('--record') ? [] : ['--record', 'shapes.json'];
    const { code, stderr } = await run(t, ['verify', ...args, ...record], { cwd, env });
    t.equal(code, 2, args.join(' '));
    t.match(stderr, why);
    t.notMatch(stderr, GOOD);
  }
  t.notOk(existsSync(path.join(cwd, 'shapes.json')));
  const failed = await verify(t, busy.url, ['--json']);
  t.match(JSON.parse(failed.stdout), { outcome: 'failed', failure: /it answers 429/, created: [] });
  const unsent = await verify(t, gone.url, ['--json', '--timeout', '0']);
  const why = '--timeout 0: must be a number of seconds, at most 600';
  t.equal(unsent.code, 2);
  t.same(JSON.parse(unsent.stdout), { outcome: 'failed', failure: why, answered: [], notSent: [], created: [] });
  t.equal(unsent.stderr, `error: ${why}\n`);

  const before = gone.requests.length;
  const redirected = await verify(t, redirecting.url);
  t.equal(redirected.code, 1, 'a redirect is an answer');
  t.equal(gone.requests.length, before, 'and is not followed');
});

t.test('a record that cannot be written in the end is 2, and the result is there', async (t) => {
  const cwd = t.testdir({ folder: {} });
  const folder = path.join(cwd, 'folder');
  const server = await startOtherServer(t, {
    refuse: ({ status }, _request, reply) => {
      rmSync(folder, { recursive: true, force: true });
      return reply.code(status).send();
    },
  });
  const { code, stdout, stderr } = await verify(t, server.url, ['--record', 'folder/shapes.json'], { cwd });
  t.equal(code, 2);
  t.match(stdout, `${REFUSED} answers: `);
  const failure = '--record folder/shapes.json: cannot be written (ENOENT)';
  t.equal(stderr, `error: ${failure}\n`);
  mkdirSync(folder);
  const asked = await verify(t, server.url, ['--record', 'folder/shapes.json', '--json'], { cwd });
  t.equal(asked.code, 2);
  const document = JSON.parse(asked.stdout);
  t.match(document, { outcome: 'failed', failure });
  t.equal(document.answered.length, REFUSED);
});

t.test('a terminal is not read for a credential', async (t) => {
  t.intercept(process.stdin, 'isTTY', { value: true });
  const flags = { against: 'http://127.0.0.1:1', key: '-', chatbot: 'a' };
  t.equal(await refusal(() => command(flags)), '--key -: standard input is a terminal; send the credential into it');
});

t.test('--json: one document, and what is sent is said on the other stream', async (t) => {
  const server = await startOtherServer(t, { ignores: ({ status }) => status === 400 });
  const { stdout, stderr } = await verify(t, `${server.url}/`, ['--json']);
  t.match(stderr, /^Sends 17 requests to /);
  const document = JSON.parse(stdout);
  t.match(document, {
    outcome: 'differs',
    against: server.url,
    comparedWith: 'contract',
    answered: [
      {
        case: '400: no name',
        differences: [{ place: 'status', expected: '400', got: '201', source: 'documented' }],
      },
    ],
    created: [{ case: '400: no name', conversationId: 'sTjncRDMuTdv65ex4I05' }],
  });
  t.equal(document.answered.length + document.notSent.length, CONTRACT_CASES.length);
});

t.test('a credential from standard input', async (t) => {
  const server = await startOtherServer(t);
  const cwd = t.testdir();
  const running = start(t, ['verify', '--against', server.url, '--token', '-', '--chatbot', CHATBOT, '--json'], {
    cwd,
  });
  running.child.stdin?.end(`${GOOD}\n`);
  const { stdout } = await running.ended;
  t.equal(JSON.parse(stdout).outcome, 'differs');
  t.equal(server.requests[0]?.headers.authorization, `Bearer ${GOOD}`);
});

t.test('a signal ends it in order: it says what was created, and keeps nothing', async (t) => {
  let answers = 0;
  const server = await startOtherServer(t, {
    accept: (reply) => {
      answers += 1;
      return answers > 1 ? new Promise(() => {}) : reply.code(201).send({ conversationId: 'the-first' });
    },
  });
  const cwd = t.testdir();
  const env = { CHATCAPTAIN_TOKEN: GOOD, CHATCAPTAIN_CHATBOT_ID: CHATBOT };
  const args = ['verify', '--against', server.url, '--create', '--record', 'shapes.json'];
  const running = start(t, args, { cwd, env });
  await running.says(/201: all documented/);
  while (answers < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  running.child.kill('SIGINT');
  const { signal, stderr } = await running.ended;
  t.equal(signal, 'SIGINT');
  t.equal(stderr, 'broken off after 1 answer. 1 conversation was created: the-first.\n');
  t.notOk(existsSync(path.join(cwd, 'shapes.json')));

  answers = 0;
  const forPrograms = start(t, ['verify', '--against', server.url, '--create', '--json'], { cwd, env });
  while (answers < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  forPrograms.child.kill('SIGINT');
  const { stdout } = await forPrograms.ended;
  t.match(JSON.parse(stdout), {
    outcome: 'failed',
    failure: 'broken off by a signal',
    created: [{ conversationId: 'the-first' }],
  });
});

t.test('STUB_SHAPES: afterwards the stub answers in the shapes of another server', async (t) => {
  const servers: Record<string, Ways> = {
    'NestJS by itself': {},
    'error with code and message, 403 for who is unknown': {
      refuse: ({ status, messages }, _request, reply) =>
        reply.code(status === 401 ? 403 : status).send({
          error: { code: 'SOME_CODE', message: messages.join(), requestId: '2f1c8c4e-8a53-4f0e-9d3c-0a5b7d8e9f10' },
        }),
    },
    'problem+json with a list': {
      refuse: ({ status, messages, isOfSchema }, { url }, reply) =>
        reply
          .code(isOfSchema ? 422 : status)
          .type('application/problem+json')
          .send({
            type: 'about:blank',
            title: 'Bad Request',
            status,
            detail: messages[0],
            instance: url,
            timestamp: new Date().toISOString(),
            ok: false,
            cause: null,
            ...(isOfSchema && { errors: messages.map((message) => ({ field: message.split(' ')[0], message })) }),
          }),
    },
    'nothing, text, a page': {
      refuse: ({ status, messages }, _request, reply) => {
        if (status === 401) return reply.code(401).send();
        if (status === 403) return reply.code(403).type('text/plain').send('no');
        if (status === 404) return reply.code(404).type('text/html').send('<h1>?</h1>');
        return reply
          .code(status)
          .serializer(() => messages.join())
          .send({});
      },
    },
  };
  for (const [name, ways] of Object.entries(servers)) {
    await t.test(name, async (t) => {
      const cwd = t.testdir();
      const shapes = path.join(cwd, 'shapes.json');
      const server = await startOtherServer(t, ways);
      await verify(t, server.url, ['--create', '--record', shapes], { cwd });
      const plain = await startStub(t, { database: path.join(cwd, 'plain.sqlite') });
      const before = await verify(t, plain.url, ['--create', '--shapes', shapes], { cwd, env: plain.env });
      t.equal(before.code, 1, 'the stub infers otherwise');
      const stub = await startStub(t, { shapes, database: path.join(cwd, 'shaped.sqlite') });
      const after = await verify(t, stub.url, ['--create', '--shapes', shapes], { cwd, env: stub.env });
      t.equal(after.code, 0, after.stdout);
      t.match(after.stdout, `${CONTRACT_CASES.length} answers`);
    });
  }
});

t.test('STUB_SHAPES that cannot be used stops the start, with every mistake in the file', async (t) => {
  const cwd = t.testdir();
  writeFileSync(path.join(cwd, 'bad.json'), '{"format":"chatcaptain-stub/shapes","version":1,"answers":{"404: x":{}}}');
  const { code, stderr } = await run(t, ['serve', '--port', '0'], { cwd, env: { STUB_SHAPES: 'bad.json' } });
  t.equal(code, 2);
  t.match(
    stderr,
    /^error: bad\.json: \/observed: must be a date.*\nerror: bad\.json: \/answers\/404: x: there is no such case.*\n$/,
  );
  t.notOk(existsSync(path.join(cwd, 'data')), 'before the database is made');
});
