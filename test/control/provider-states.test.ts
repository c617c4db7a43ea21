import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { startTestStub, type TestStub } from '../support/stub.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test asserts on what came, whatever its type
type Json = any;

/** Posts as a verifier does; without a body where there is none. */
async function change(
  { url }: TestStub,
  body: unknown,
  target = '/__admin/provider-states',
): Promise<[status: number, json: Json]> {
  const response = await fetch(`${url}${target}`, {
    method: 'POST',
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return [response.status, await response.json()];
}

/** How many rows of a chatbot's there are, table by table. */
function counts({ file }: TestStub, chatbotId: string): Record<string, unknown> | undefined {
  const db = new Sqlite(file, { readonly: true });
  try {
    return db
      .prepare<{ id: string }, Record<string, unknown>>(
        `SELECT (SELECT count(*) FROM chatbots WHERE id = @id) AS chatbots,
           (SELECT group_concat(id) FROM channels WHERE chatbot_id = @id) AS channels,
           (SELECT count(*) FROM tokens WHERE chatbot_id = @id) AS tokens,
           (SELECT count(*) FROM conversations WHERE chatbot_id = @id) AS conversations`,
      )
      .get({ id: chatbotId });
  } finally {
    db.close();
  }
}

const NONE = { chatbots: 0, channels: null, tokens: 0, conversations: 0 };

async function post(stub: TestStub, { chatbotId, token, channelId }: Json): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const { status, json } = await stub.create({ name: 'X', channelId }, { chatbotId, headers });
  // A 201 with an error: the channel is none of the chatbot's.
  return status === 201 && json.error ? 0 : status;
}

t.test('each built-in state answers with values that make it come true', async (t) => {
  const stub = await startTestStub(t);
  const rows: [state: string, status: number][] = [
    ['a chatbot', 201],
    ['A Chatbot With A Conversation', 201],
    ['a token without the permission', 403],
    ['an expired token', 401],
    ['a revoked token', 401],
  ];
  for (const [state, status] of rows) {
    const [answered, values] = await change(stub, { state, params: {}, action: 'setup' });
    t.equal(answered, 200, state);
    t.match(values, {
      chatbotId: /^\w{20}$/,
      token: /^CCSB-/,
      tokenId: /^\w{20}$/,
      channelId: String,
      channelIds: [String],
    });
    t.equal(await post(stub, values), status, state);
    t.match(counts(stub, values.chatbotId), { chatbots: 1, channels: null, tokens: 1 });
    t.equal('conversationId' in values, state === 'A Chatbot With A Conversation');
  }
  const { json } = await stub.send({ method: 'GET', path: '/__admin/provider-states' });
  t.match(json, { status: 405, detail: /use OPTIONS, POST/ });
});

t.test('parameters become fixtures', async (t) => {
  const stub = await startTestStub(t);
  const grants = [{ permission: 'chatbots.inbox.*' }, { permission: 'x', resource: 'chatbots/other' }];
  const [, shop] = await change(stub, {
    state: 'a chatbot',
    params: { id: 'shop', channels: ['web', 'email'], grants },
  });
  t.match(shop, { chatbotId: 'shop', channelId: 'email', channelIds: ['email', 'web'] });
  t.equal(await post(stub, shop), 201);
  t.equal(await post(stub, { ...shop, channelId: 'other' }), 0);
  t.equal(await post(stub, { ...shop, chatbotId: 'other' }), 403);

  const params = {
    chatbotId: 'talk',
    conversationId: 'c1',
    channelId: 'web',
    channels: ['email', 'web'],
    grants: [],
    name: 'Ada',
    email: 'ada@example.com',
    phone: '',
    createdAt: '2026-01-01T00:00:00Z',
  };
  const [, talk] = await change(stub, { state: 'a chatbot with a conversation', params });
  t.match(talk, { chatbotId: 'talk', conversationId: 'c1', channelId: 'web', channelIds: ['email', 'web'] });
  t.equal(await post(stub, talk), 403);
  t.same(
    stub.rows().find(({ id }) => id === 'c1'),
    {
      chatbot_id: 'talk',
      id: 'c1',
      channel_id: 'web',
      name: 'Ada',
      email: 'ada@example.com',
      phone: '',
      created_at: '2026-01-01T00:00:00.000Z',
    },
  );
  const [, plain] = await change(stub, {
    state: 'a chatbot with a conversation',
    params: { id: 'c2', channels: ['web'] },
  });
  t.match(plain, { conversationId: 'c2', channelId: 'web' });

  const [, more] = await change(stub, { state: 'an expired token', params: { chatbotId: 'shop', unused: null } });
  t.match(more, { chatbotId: 'shop', channelIds: ['email', 'web'] }, 'a second state leaves the channels of the first');
  t.match(counts(stub, 'shop'), { channels: 'email,web', tokens: 2 });
});

t.test('parameters that are not as they must be: 400, each with its place, and nothing is stored', async (t) => {
  const stub = await startTestStub(t);
  const rows: [state: string, params: object, says: RegExp][] = [
    [
      'a chatbot',
      { chanels: ['web'], id: 'bad' },
      /\/params has an unknown property chanels \(did you mean channels\?\)/,
    ],
    ['a chatbot', { id: 'bad/' }, /\/params\/id must be an id/],
    ['a chatbot', { id: 'bad', chatbotId: 'other' }, /chatbotId and id name two different things/],
    ['a chatbot', { id: 'bad', grants: [{ permission: 'a b' }] }, /permission "a b" must be/],
    ['a chatbot with a conversation', { chatbotId: 'bad', email: 'x' }, /\/params\/email must be an email address/],
    [
      'a chatbot with a conversation',
      { chatbotId: 'bad', channels: ['web'], channelId: 'w' },
      /is none of the channels/,
    ],
    [
      'a chatbot with a conversation',
      { chatbotId: 'bad', id: 'a', conversationId: 'b' },
      /conversationId and id name two/,
    ],
    [
      'fixtures',
      { chatbots: [{ id: 'bad' }, { id: 'bad' }, {}] },
      /\/params\/chatbots\/2 lacks id.*the chatbot "bad" stands at \/chatbots\/0\/id already/,
    ],
    ['fixtures', { chatbot: [] }, /\/params has an unknown property chatbot/],
    ['a chatbot', [] as object, /\/params must be an object/],
  ];
  for (const [state, params, says] of rows) {
    const [status, problem] = await change(stub, { state, params });
    t.equal(status, 400, state);
    t.match(problem.detail, says);
    t.same(counts(stub, 'bad'), NONE);
  }
});

t.test('an unknown state: 400, with what it may have meant and those that there are', async (t) => {
  const folder = t.testdir({ 'pact.yaml': 'providerStates: {a chatbot for Ada: {}}\n' });
  const stub = await startTestStub(t, {
    database: path.join(folder, 'x.sqlite'),
    fixtures: path.join(folder, 'pact.yaml'),
  });
  for (const action of ['setup', 'teardown']) {
    const [status, problem] = await change(stub, { state: 'a chatbots', action });
    t.equal(status, 400);
    t.match(problem, {
      detail:
        /^There is no state "a chatbots"\. Did you mean "a chatbot"\? There are "a chatbot for Ada", "a chatbot", /,
      states: ['a chatbot for Ada', 'a chatbot', 'a chatbot with a conversation', String, String, String, 'fixtures'],
    });
  }
  const [, problem] = await change(stub, { state: 'the moon is full' });
  t.match(problem.detail, /^There is no state "the moon is full"\. There are /);
});

t.test('what the verifiers send, each in its own way', async (t) => {
  const stub = await startTestStub(t);
  const isSetUp = async (body: unknown, target: string | undefined, message: string) => {
    const [status, values] = await change(stub, body, target);
    t.equal(status, 200, message);
    t.match(values, { chatbotId: String, token: String }, message);
    return values;
  };
  const at = '/__admin/provider-states';
  await isSetUp(
    { state: 'a chatbot', params: {}, action: 'setup' },
    `${at}/`,
    'pact_verifier, with a slash at the end',
  );
  await isSetUp({ state: 'a chatbot' }, at, 'pact-jvm without teardown and parameters');
  await isSetUp(
    { consumer: 'Web', state: 'a chatbot', states: ['a chatbot'], params: null },
    at,
    'pact-provider-verifier',
  );
  await isSetUp({ consumer: 'Web', states: ['a chatbot'] }, at, 'states alone');
  const both = await isSetUp(
    {
      states: [
        { name: 'a chatbot', params: { id: 'both' } },
        null,
        '',
        { name: 'an expired token', params: { id: 'both' } },
      ],
    },
    at,
    'several states with parameters',
  );
  t.equal(await post(stub, both), 401, 'of two values of one name, the later');
  t.match(counts(stub, 'both'), { chatbots: 1, tokens: 2 });

  const query = new URLSearchParams({ state: 'a chatbot', action: 'setup', id: 'q', channels: '["web"]' });
  t.match(await isSetUp(undefined, `${at}?${query}`, 'parameters in the URL'), { chatbotId: 'q', channelIds: ['web'] });
  query.set('action', 'teardown');
  t.same(await change(stub, undefined, `${at}/?${query}`), [200, {}]);
  t.match(counts(stub, 'q'), { chatbots: 0, channels: null, tokens: 0 });
  const [status, problem] = await change(stub, undefined, `${at}?state=a%20chatbot&channels=%5Bweb`);
  t.equal(status, 400, 'what only looks like JSON is text');
  t.match(problem.detail, /\/params\/channels must be a list/);

  for (const nothing of [{ state: '' }, { state: null, params: {} }, { states: [] }, { states: [null] }]) {
    t.same(await change(stub, nothing), [200, {}], 'an interaction without a state');
    t.same(await change(stub, { ...nothing, action: 'teardown' }), [200, {}]);
  }
  t.same(await change(stub, undefined, `${at}?state=`), [200, {}]);
  for (const body of [undefined, {}, { action: 'setup', consumer: 'Web' }]) {
    t.match(await change(stub, body), [400, { detail: /^Say which state: send / }]);
  }
  t.match(await change(stub, { state: 'a chatbot', action: 'begin' }), [
    400,
    { detail: /\/action must be setup or teardown/ },
  ]);
  t.match(await change(stub, { state: 12 }), [400, { detail: /\/state must be a text/ }]);
});

t.test('tear-down takes out what set-up has put in, with what came to a chatbot that it made', async (t) => {
  const stub = await startTestStub(t);
  const params = { channels: ['web'], id: 'made' };
  const [, values] = await change(stub, { state: 'a chatbot', params });
  t.equal(await post(stub, values), 201);
  t.same(await change(stub, { action: 'teardown', state: 'A CHATBOT', params: { id: 'made', channels: ['web'] } }), [
    200,
    {},
  ]);
  t.equal(await post(stub, values), 401);
  t.same(counts(stub, 'made'), NONE);
  t.same(
    await change(stub, { action: 'teardown', state: 'a chatbot', params }),
    [200, {}],
    'a second time there is nothing',
  );

  const twice = [await change(stub, { state: 'a chatbot' }), await change(stub, { state: 'a chatbot' })].map(
    ([, json]) => json,
  );
  await change(stub, { state: 'a chatbot', action: 'teardown' });
  t.equal(await post(stub, twice[0]), 201, 'each tear-down is for the last set-up');
  t.equal(await post(stub, twice[1]), 401);
});

t.test('tear-down leaves what was there before as it was', async (t) => {
  const folder = t.testdir({
    'shop.yaml': [
      'chatbots:',
      '  - id: shop',
      '    channels: [web]',
      '    tokens: [{token: own-token}]',
      '    conversations: [{id: c, channelId: web, name: Ada}]',
      'tokens: [{name: all, token: all-token, grants: [{permission: "*", resource: "chatbots/*"}]}]',
    ].join('\n'),
  });
  const stub = await startTestStub(t, {
    database: path.join(folder, 'x.sqlite'),
    fixtures: path.join(folder, 'shop.yaml'),
  });
  const before = counts(stub, 'shop');
  const params = {
    chatbots: [
      {
        id: 'shop',
        channels: ['email'],
        conversations: [
          { id: 'c', channelId: 'email', name: 'Eva' },
          { channelId: 'email', name: 'Bea' },
        ],
      },
    ],
    tokens: [
      { token: 'all-token', grants: [] },
      { token: 'new-token', grants: [] },
    ],
  };
  const [status, values] = await change(stub, { state: 'fixtures', params });
  t.equal(status, 200);
  t.match(values, { chatbotId: 'shop', token: 'all-token', channelId: 'email', conversationId: 'c' });
  t.match(counts(stub, 'shop'), { channels: 'email', conversations: 2 });
  t.equal(await post(stub, values), 403);
  await change(stub, { state: 'fixtures', params, action: 'teardown' });
  t.same(counts(stub, 'shop'), before);
  t.match(stub.rows(), [{ id: 'c', name: 'Ada', channel_id: 'web' }]);
  t.equal(await post(stub, { chatbotId: 'shop', token: 'all-token', channelId: 'web' }), 201);
  t.equal(await post(stub, { chatbotId: 'shop', token: 'new-token', channelId: 'web' }), 401);

  const [, alone] = await change(stub, { state: 'fixtures', params: { tokens: [{ token: 'x', grants: [] }] } });
  t.same(Object.keys(alone), ['token', 'tokenId'], 'no chatbot, no value of one');
  t.same((await change(stub, { state: 'fixtures' }))[1], {});
});

t.test('states of the fixture files take parameters in the place of their placeholders', async (t) => {
  const folder = t.testdir({
    'pact.yaml': [
      'providerStates:',
      '  A chatbot for somebody:',
      '    chatbots:',
      `      - id: "bot-\${id}"`,
      `        channels: "\${channels}"`,
      `        tokens: [{token: "\${token}", expiresIn: "\${life}"}]`,
      `        conversations: [{channelId: web, name: "\${name} of \${id}: \${channels}"}]`,
    ].join('\n'),
  });
  const stub = await startTestStub(t, {
    database: path.join(folder, 'x.sqlite'),
    fixtures: path.join(folder, 'pact.yaml'),
  });
  const params = { id: 7, channels: ['web', 'email'], token: 'given-token', life: '60', name: 'Ada', more: true };
  const asked = { state: 'a chatbot for SOMEBODY', params };
  const [status, values] = await change(stub, asked);
  t.equal(status, 200);
  t.match(values, {
    chatbotId: 'bot-7',
    token: 'given-token',
    channelIds: ['email', 'web'],
    conversationId: /^00000001/,
  });
  t.equal(await post(stub, values), 201);
  t.match(stub.rows()[0], { name: 'Ada of 7: ["web","email"]' });
  await change(stub, { ...asked, action: 'teardown' });
  t.equal(await post(stub, values), 401);

  t.match(await change(stub, { state: 'a chatbot for somebody', params: { name: 'Ada', life: null } }), [
    400,
    {
      detail:
        'The state "A chatbot for somebody" needs parameters that are missing: send id, channels, token, life in params.',
    },
  ]);
  t.match(await change(stub, { state: 'a chatbot for somebody', params: { ...params, token: 'a b', life: 'long' } }), [
    400,
    {
      errors: [
        { pointer: '/chatbots/0/tokens/0/token' },
        { pointer: '/chatbots/0/tokens/0/expiresIn', detail: /^must be a number of seconds/ },
      ],
    },
  ]);
});

t.test('only the last thousand set-ups are remembered for their tear-down', async (t) => {
  const stub = await startTestStub(t);
  const states = Array.from({ length: 1001 }, (_, index) => ({
    name: 'fixtures',
    params: { tokens: [{ token: `t${index}`, grants: [] }] },
  }));
  await change(stub, { states });
  const status = async (token: string) => post(stub, { chatbotId: 'x', token, channelId: 'web' });
  for (const { name: state, params } of [states[0], states[1]] as typeof states) {
    t.same(await change(stub, { state, params, action: 'teardown' }), [200, {}]);
  }
  t.equal(await status('t0'), 403, 'forgotten, and so still there');
  t.equal(await status('t1'), 401);
});

const shop = { state: 'a chatbot', params: { id: 'shop', channels: ['email'] } };
const teardown = { action: 'teardown' };

/** Asks the control plane. */
async function admin({ send }: TestStub, method: string, path: string, body?: object): Promise<Json> {
  const headers = { 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const { status, json } = await send({ method, path: `/__admin${path}`, ...sent });
  return { status, ...json };
}

t.test('tear-down leaves alone what was made after a reset or a removal', async (t) => {
  const stub = await startTestStub(t);
  await admin(stub, 'POST', '/chatbots', { id: 'shop', channels: ['web'] });
  await change(stub, shop);
  await admin(stub, 'POST', '/reset?all=true');
  await change(stub, { ...shop, ...teardown });
  t.same(counts(stub, 'shop'), NONE, 'what was there before the set-up does not come back');

  // A clock that stands gives every chatbot of this id the same time.
  for (const [method, path] of [
    ['POST', '/reset?all=true'],
    ['DELETE', '/chatbots/shop'],
  ] as const) {
    await admin(stub, 'PUT', '/clock', { set: '2026-01-01T00:00:00Z', freeze: true });
    await change(stub, shop);
    await admin(stub, method, path);
    await admin(stub, 'PUT', '/clock', { set: '2026-01-01T00:00:00Z', freeze: true });
    const made = await admin(stub, 'POST', '/chatbots', { id: 'shop', channels: ['email'] });
    t.equal(made.status, 201);
    t.equal(await post(stub, { ...made, channelId: 'email' }), 201);
    t.same(await change(stub, { ...shop, ...teardown }), [200, {}]);
    t.same(counts(stub, 'shop'), { chatbots: 1, channels: 'email', tokens: 1, conversations: 1 }, path);
    t.equal(await post(stub, { ...made, channelId: 'email' }), 201, 'its token is good');
    await admin(stub, 'DELETE', '/chatbots/shop');
  }
});

t.test('tear-down leaves alone what was changed since', async (t) => {
  const stub = await startTestStub(t);
  await admin(stub, 'POST', '/chatbots', { id: 'shop' });
  const params = {
    chatbots: [{ id: 'shop', conversations: [{ id: 'c', channelId: 'web', name: 'Ada' }] }],
    tokens: [{ token: 'one', grants: [] }],
  };
  const [, { tokenId }] = await change(stub, { state: 'fixtures', params });
  await admin(stub, 'DELETE', `/tokens/${tokenId}`);
  const db = new Sqlite(stub.file);
  db.exec(`UPDATE conversations SET name = 'Eva'`);
  db.close();
  await change(stub, { state: 'fixtures', params, ...teardown });
  t.match(stub.rows(), [{ id: 'c', name: 'Eva' }]);
  const { tokens } = await admin(stub, 'GET', '/tokens');
  t.match(
    tokens.find(({ id }: Json) => id === tokenId),
    { state: 'revoked' },
  );
});

t.test('what two states have put in goes with the last of them that is torn down', async (t) => {
  const stub = await startTestStub(t);
  const expired = { state: 'an expired token', params: { id: 'shop' } };
  for (const order of [
    [shop, expired],
    [expired, shop],
  ]) {
    const [, values] = await change(stub, shop);
    await change(stub, expired);
    t.match(counts(stub, 'shop'), { chatbots: 1, tokens: 2 });
    await change(stub, { ...order[0], ...teardown });
    t.match(counts(stub, 'shop'), { chatbots: 1, tokens: 1 });
    t.equal(await post(stub, values), order[0] === shop ? 401 : 201);
    await change(stub, { ...order[1], ...teardown });
    t.same(counts(stub, 'shop'), NONE);
  }

  const named = (name: string) => ({
    name: 'fixtures',
    params: { chatbots: [{ id: 'shop', conversations: [{ id: 'c', channelId: 'web', name }] }] },
  });
  const [ada, bea, eva] = [named('Ada'), named('Bea'), named('Eva')];
  await change(stub, { states: [ada, bea, eva] });
  await change(stub, { states: [bea], ...teardown });
  t.match(stub.rows(), [{ name: 'Eva' }]);
  await change(stub, { states: [eva], ...teardown });
  t.match(stub.rows(), [{ name: 'Ada' }], 'back to what the first of them has put in');
  await change(stub, { states: [bea] });
  await change(stub, { states: [eva] });
  await change(stub, { states: [bea, ada], ...teardown });
  await change(stub, { states: [eva], ...teardown });
  t.same(counts(stub, 'shop'), NONE);

  await change(stub, { states: ['a chatbot', 'a chatbot'] });
  await change(stub, { states: ['a chatbot', 'a chatbot'], ...teardown });
  t.same((await admin(stub, 'GET', '/chatbots')).chatbots, [], 'the same state twice in one request');
});

t.test('a chatbot that was there without being made, or that a file declares since, is not removed', async (t) => {
  const stub = await startTestStub(t);
  const { credential } = stub.mint([{ permission: '*', resource: 'chatbots/*' }]);
  const values = { chatbotId: 'shop', token: credential, channelId: 'web' };
  t.equal(await post(stub, values), 201);
  await change(stub, shop);
  t.equal(await post(stub, { ...values, channelId: 'email' }), 201);
  await change(stub, { ...shop, ...teardown });
  t.same(counts(stub, 'shop'), { chatbots: 0, channels: null, tokens: 0, conversations: 2 });

  await change(stub, { state: 'a chatbot', params: { id: 'declared' } });
  const db = new Sqlite(stub.file);
  db.exec(`INSERT INTO seeded VALUES ('chatbot', 'declared', 'declared')`);
  db.close();
  await change(stub, { state: 'a chatbot', params: { id: 'declared' }, ...teardown });
  t.match(counts(stub, 'declared'), { chatbots: 1, tokens: 0 });
});

t.test('parameters that are nested without end: 400, in the body and in the URL', async (t) => {
  const stub = await startTestStub(t);
  const nested = (times: number) => `${'['.repeat(times)}${']'.repeat(times)}`;
  for (const action of ['setup', 'teardown']) {
    const query = new URLSearchParams({ state: 'fixtures', action, x: nested(2000) });
    const [status, problem] = await change(stub, undefined, `/__admin/provider-states?${query}`);
    t.equal(status, 400);
    t.match(problem.detail, /nested too deep/);
    const answer = await stub.send({
      path: '/__admin/provider-states',
      headers: { 'content-type': 'application/json' },
      body: `{"state": "fixtures", "action": "${action}", "params": {"x": ${nested(30_000)}}}`,
    });
    t.equal(answer.status, 400);
  }
});
