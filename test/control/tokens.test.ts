import { readFileSync } from 'node:fs';
import t from 'tap';
import { admin } from '../support/admin.ts';
import { PERMISSION, pathOf, startTestStub, VALID } from '../support/stub.ts';

const GRANTS = [{ permission: PERMISSION, resource: 'chatbots/a' }];
const json = { 'content-type': 'application/json' };

t.test('a token is shown once, works at once, and is listed without its credential', async (t) => {
  const stub = await startTestStub(t);
  const made = await admin(stub, 'POST', '/tokens', { name: 'ci', grants: GRANTS });
  t.equal(made.status, 201);
  const { token, ...rest } = made.json;
  t.match(token, /^CCSB-\w{8}-\w{12}$/);
  t.match(rest, {
    id: /^\w{20}$/,
    name: 'ci',
    grants: GRANTS,
    chatbotId: null,
    expiresAt: null,
    revokedAt: null,
    state: 'active',
  });
  const use = () => stub.create(VALID, { chatbotId: 'a', headers: { authorization: `Bearer ${token}` } });
  t.equal((await use()).status, 201);
  const listed = await admin(stub, 'GET', '/tokens');
  t.same(listed.json, { tokens: [rest] });
  t.notMatch(listed.text, token);
  for (const suffix of ['', '-wal']) t.notMatch(readFileSync(`${stub.file}${suffix}`, 'latin1'), token);

  t.equal((await admin(stub, 'DELETE', `/tokens/${rest.id}`)).status, 204);
  t.equal((await use()).status, 401, 'refused from the next request on');
  const [revoked] = (await admin(stub, 'GET', '/tokens')).json.tokens;
  t.match(revoked, { state: 'revoked', revokedAt: /^\d{4}-/ });
  t.equal((await admin(stub, 'DELETE', `/tokens/${rest.id}`)).status, 204, 'twice changes nothing');
  t.same((await admin(stub, 'GET', '/tokens')).json.tokens, [revoked]);
});

t.test('a credential of your own choice, and a lifetime', async (t) => {
  const stub = await startTestStub(t);
  const body = { token: 'my-own-token', grants: GRANTS, expiresIn: 60 };
  const made = await admin(stub, 'POST', '/tokens', body);
  t.equal(made.json.token, 'my-own-token');
  t.equal(Date.parse(made.json.expiresAt) - Date.parse(made.json.createdAt), 60_000);
  const again = await admin(stub, 'POST', '/tokens', body);
  t.equal(again.status, 409);
  t.match(again.json.detail, /registered already: choose another/);
  t.notMatch(again.text, 'my-own-token');
});

t.test('what cannot be a token is 400 with what would be right, and nothing is stored', async (t) => {
  const stub = await startTestStub(t);
  const rows: [body: unknown, says: RegExp][] = [
    [{}, /grants/],
    [{ grant: GRANTS }, /grant .*did you mean grants/],
    [{ grants: [{ permission: 'a b', resource: 'chatbots/a' }] }, /permission "a b" must be dotted segments/],
    [{ grants: [{ permission: PERMISSION, resource: 'chatbots' }] }, /resource "chatbots" must be a kind and an id/],
    [{ grants: [{ permission: PERMISSION }] }, /resource/],
    [{ grants: 'all' }, /must be array/],
    [{ grants: GRANTS, expiresIn: 0 }, /expiresIn must be > 0/],
    [{ grants: GRANTS, expiresIn: '60' }, /expiresIn must be number/],
    [{ grants: GRANTS, expiresIn: 1e300 }, /lifetime/],
    [{ grants: GRANTS, token: 'not a token' }, /a token must be at most 1024 letters/],
    [{ grants: GRANTS, name: 'a\u0000b' }, /control characters/],
    [{ grants: GRANTS, name: 'a\ud800b' }, /well-formed/],
    [{ grants: GRANTS, token: 'x'.repeat(1025) }, /at most 1024/],
    [[], /must be object/],
    [null, /must be object/],
  ];
  for (const [body, says] of rows) {
    const answer = await admin(stub, 'POST', '/tokens', body);
    t.equal(answer.status, 400, JSON.stringify(body));
    t.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
    t.match(
      answer.json,
      { type: 'about:blank', title: 'Bad Request', status: 400, detail: says },
      JSON.stringify(body),
    );
  }
  t.equal((await admin(stub, 'POST', '/tokens')).status, 400, 'no body');
  t.equal((await admin(stub, 'DELETE', '/tokens/nobody')).status, 404);
  t.same((await admin(stub, 'GET', '/tokens')).json, { tokens: [] });
});

t.test('pages go on behind the last token seen, whatever is made meanwhile', async (t) => {
  const stub = await startTestStub(t);
  // In one moment, so that the ids decide.
  await admin(stub, 'PUT', '/clock', { freeze: true });
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) {
    ids.push((await admin(stub, 'POST', '/tokens', { name: `n${index}`, grants: [] })).json.id);
  }
  const first = await admin(stub, 'GET', '/tokens?limit=2');
  await admin(stub, 'PUT', '/clock', { advanceMs: 1 });
  ids.push((await admin(stub, 'POST', '/tokens', { grants: [] })).json.id);
  const seen = first.json.tokens.map(({ id }: { id: string }) => id);
  let cursor = first.json.nextCursor;
  while (cursor) {
    const page = await admin(stub, 'GET', `/tokens?limit=2&cursor=${cursor}`);
    seen.push(...page.json.tokens.map(({ id }: { id: string }) => id));
    cursor = page.json.nextCursor;
  }
  t.same(seen, [...ids.slice(0, 5).sort(), ids[5]]);
  for (const bad of ['x', 'WyJhIl0', Buffer.from('[1,2]').toString('base64url')]) {
    t.match((await admin(stub, 'GET', `/tokens?cursor=${bad}`)).json, {
      status: 400,
      detail: /Begin again without one/,
    });
  }
  for (const bad of ['limit=0', 'limit=1001', 'limit=x', 'limt=1']) {
    t.equal((await admin(stub, 'GET', `/tokens?${bad}`)).status, 400, bad);
  }
});

t.test('the command line and the control plane share one store', async (t) => {
  const stub = await startTestStub(t);
  const { token } = stub.mint(GRANTS, { name: 'from the command line', chatbotId: 'a' });
  stub.mint(GRANTS, { name: 'alone' });
  t.match((await admin(stub, 'GET', '/tokens')).json.tokens, { length: 2 });
  t.match((await admin(stub, 'GET', '/tokens?chatbotId=a')).json.tokens, [
    { id: token.id, name: 'from the command line' },
  ]);
  t.same((await admin(stub, 'GET', '/tokens?chatbotId=b')).json.tokens, []);
});

t.test('expiry follows the clock of the chatbot', async (t) => {
  const stub = await startTestStub(t);
  const { json: made } = await admin(stub, 'POST', '/tokens', {
    grants: [{ permission: '*', resource: 'chatbots/*' }],
    expiresIn: 3600,
  });
  const use = async (chatbotId: string): Promise<number> => {
    const headers = { ...json, authorization: `Bearer ${made.token}` };
    return (await stub.send({ path: pathOf(chatbotId), headers, body: JSON.stringify(VALID) })).status;
  };
  await admin(stub, 'PUT', '/clock?chatbotId=a', { advanceMs: 3_600_001 });
  t.equal(await use('a'), 401);
  t.equal(await use('b'), 201, 'another chatbot feels nothing of it');
  await admin(stub, 'PUT', '/clock', { advanceMs: 3_600_001 });
  t.equal(await use('b'), 401);
  t.match((await admin(stub, 'GET', '/tokens')).json.tokens, [{ state: 'expired' }]);
  await admin(stub, 'PUT', '/clock', { reset: true });
  t.equal(await use('b'), 201);
});

t.test('a token for one chatbot alone is made and expires by the clock of that chatbot', async (t) => {
  const stub = await startTestStub(t);
  await admin(stub, 'PUT', '/clock?chatbotId=a', { set: '2030-01-01T00:00:00Z', freeze: true });
  const mint = async (resource: string) =>
    (await admin(stub, 'POST', '/tokens', { grants: [{ permission: '*', resource }], expiresIn: 3600 })).json;
  const made = await mint('chatbots/a');
  t.equal(made.expiresAt, '2030-01-01T01:00:00.000Z');
  const headers = { authorization: `Bearer ${made.token}` };
  t.equal((await stub.create(VALID, { chatbotId: 'a', headers })).status, 201);
  await admin(stub, 'PUT', '/clock?chatbotId=a', { advanceMs: 3_600_001 });
  t.equal((await stub.create(VALID, { chatbotId: 'a', headers })).status, 401);
  t.match((await admin(stub, 'GET', '/tokens')).json.tokens, [{ state: 'expired' }], 'and the list says so, too');
  for (const resource of ['chatbots/*', 'things/a']) t.notMatch((await mint(resource)).expiresAt, /^2030/, resource);
});
