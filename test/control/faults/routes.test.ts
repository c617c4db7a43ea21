import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { MAX_BYTES, MAX_FAULTS, MAX_SHARE } from '../../../src/control/faults/faults.ts';
import { admin } from '../../support/admin.ts';
import { startTestStub, VALID } from '../../support/stub.ts';
import { firedOf, makeFault, select } from './support.ts';

const forChatbot = (chatbotId: string) => ({ match: { chatbotId }, effect: { status: 500 } });

t.test('a fault is answered with itself, and found again alone and in the list', async (t) => {
  const stub = await startTestStub(t);
  const asked = {
    match: { chatbotId: 'a', channelId: 'web', name: { $regex: '^J' }, email: 'j@example.com', phone: '+49' },
    effect: { status: 429, body: { busy: true }, headers: { 'Retry-After': '30' }, delayMs: { uniform: [0, 5] } },
    times: 3,
    probability: 0.5,
  };
  const answer = await admin(stub, 'POST', '/faults', asked);
  t.equal(answer.status, 201);
  const { id, createdAt, ...rest } = answer.json;
  t.match(id, /^[0-9A-Za-z]{20}$/);
  t.equal(new Date(createdAt).toISOString(), createdAt);
  t.same(rest, { ...asked, fired: 0 });
  t.same((await admin(stub, 'GET', `/faults/${id}`)).json, answer.json);

  const plain = await makeFault(stub, { effect: { error: 'no' } });
  const { id: _id, createdAt: _at, ...least } = plain;
  t.same(least, { match: {}, effect: { error: 'no' }, fired: 0 }, 'what was not asked for is not there');
  t.same((await admin(stub, 'GET', '/faults')).json, { faults: [answer.json, plain] });
});

t.test('the list is in the order of making, in pages, whole or of one chatbot', async (t) => {
  const stub = await startTestStub(t);
  const ids: string[] = [];
  for (const chatbotId of ['a', 'b', 'a', 'b', 'a']) ids.push((await makeFault(stub, forChatbot(chatbotId))).id);
  const pattern = await makeFault(stub, { match: { chatbotId: { $regex: 'a' } }, effect: { delayMs: 1 } });
  const idsOf = async (query: string, cursor = ''): Promise<string[]> => {
    const { faults, nextCursor } = (await admin(stub, 'GET', `/faults?limit=2${query}${cursor}`)).json;
    const page = faults.map(({ id }: { id: string }) => id);
    t.ok(page.length <= 2);
    return nextCursor === undefined ? page : [...page, ...(await idsOf(query, `&cursor=${nextCursor}`))];
  };
  t.same(await idsOf(''), [...ids, pattern.id]);
  t.same(await idsOf('&chatbotId=a'), [ids[0], ids[2], ids[4]], 'a pattern may mean any chatbot, and so none alone');
  t.same(await idsOf('&chatbotId=c'), []);
  t.equal((await admin(stub, 'GET', '/faults?cursor=x')).status, 400);
});

t.test('unfired=true lists the faults that no request has reached', async (t) => {
  const stub = await startTestStub(t);
  const reached = await makeFault(stub, forChatbot('my-chatbot'));
  const missed = await makeFault(stub, { ...forChatbot('my-chatbot'), match: { chatbotId: 'my-chatbot', name: 'no' } });
  const unfired = async () =>
    (await admin(stub, 'GET', '/faults?unfired=true&chatbotId=my-chatbot')).json.faults.map(
      ({ id }: { id: string }) => id,
    );
  t.same(await unfired(), [reached.id, missed.id]);
  t.equal((await stub.create(VALID)).status, 500);
  t.same(await unfired(), [missed.id]);
});

t.test('DELETE takes one fault away: 204, then 404, and the requests are answered again', async (t) => {
  const stub = await startTestStub(t);
  const fault = await makeFault(stub, forChatbot('my-chatbot'));
  const other = await makeFault(stub, { ...forChatbot('my-chatbot'), effect: { status: 418 } });
  t.equal((await stub.create(VALID)).status, 500);
  t.equal((await admin(stub, 'DELETE', `/faults/${fault.id}`)).status, 204);
  t.equal((await stub.create(VALID)).status, 418);
  t.equal((await admin(stub, 'DELETE', `/faults/${other.id}`)).status, 204);
  t.equal((await stub.create(VALID)).status, 201);
  for (const method of ['GET', 'DELETE']) {
    const answer = await admin(stub, method, `/faults/${fault.id}`);
    t.equal(answer.status, 404);
    t.match(answer.json.detail, /GET \/__admin\/faults/);
  }
  t.same(select(stub, 'SELECT * FROM faults'), []);
});

t.test('DELETE of a chatbot takes its faults alone; all takes every one; without either it is 400', async (t) => {
  const stub = await startTestStub(t);
  for (const chatbotId of ['a', 'a', 'b']) await makeFault(stub, forChatbot(chatbotId));
  await makeFault(stub, { effect: { delayMs: 1 } });
  const refused = await admin(stub, 'DELETE', '/faults');
  t.equal(refused.status, 400);
  t.match(refused.json.detail, /Say whose to delete faults/);
  t.equal(select(stub, 'SELECT * FROM faults').length, 4);

  t.equal((await admin(stub, 'DELETE', '/faults?chatbotId=a')).status, 204);
  t.same(
    select<{ chatbot_id: string }>(stub, 'SELECT chatbot_id FROM faults ORDER BY seq').map((row) => row.chatbot_id),
    ['b', ''],
  );
  t.equal((await stub.create(VALID, { chatbotId: 'a' })).status, 201);
  t.equal((await stub.create(VALID, { chatbotId: 'b' })).status, 500);

  t.equal((await admin(stub, 'DELETE', '/faults?all=true')).status, 204);
  t.same(select(stub, 'SELECT * FROM faults'), []);
  t.equal((await stub.create(VALID, { chatbotId: 'b' })).status, 201);
});

t.test('faults and their counts survive a restart, and a row that cannot be read does no harm', async (t) => {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const before = await startTestStub(t, { database });
  const fault = await makeFault(before, { ...forChatbot('my-chatbot'), times: 3 });
  const anyones = await makeFault(before, { match: { name: { $regex: '^Jane' } }, effect: { error: 'no' } });
  for (let index = 0; index < 2; index++) t.equal((await before.create(VALID)).status, 500);
  await before.stub.close();
  const db = new Sqlite(database);
  db.exec(
    `INSERT INTO faults (id, chatbot_id, definition, fired, created_at) VALUES ('bad', 'my-chatbot', '{', 0, '')`,
  );
  db.close();

  const after = await startTestStub(t, { database });
  t.same((await admin(after, 'GET', '/faults')).json.faults, [{ ...fault, fired: 2 }, anyones]);
  t.equal((await after.create(VALID)).status, 500);
  t.equal((await after.create(VALID)).status, 201, 'the third time was the last');
  t.same((await after.create({ ...VALID, name: 'Jane' })).json, { error: 'no' });
  t.equal(await firedOf(after, fault), 3);
});

t.test('what is no fault is 400 and says where and what would be right', async (t) => {
  const stub = await startTestStub(t);
  const status = { status: 500 };
  const rows: [body: unknown, pointer: string, detail: RegExp][] = [
    [{}, '', /lacks effect/],
    [{ effect: status, tims: 1 }, '', /unknown property tims \(did you mean times\?\)/],
    [{ effect: status, times: 0 }, '/times', /must be >= 1/],
    [{ effect: status, times: 1.5 }, '/times', /must be integer/],
    [{ effect: status, times: '1' }, '/times', /must be integer/],
    [{ effect: status, probability: 0 }, '/probability', /must be a number above 0, up to 1/],
    [{ effect: status, probability: 1.1 }, '/probability', /must be a number above 0, up to 1/],
    [{ effect: status, match: { chatbot: 'x' } }, '/match', /did you mean chatbotId/],
    [{ effect: status, match: { name: 1 } }, '/match/name', /must be a text, or \{"\$regex": "…"\}/],
    [{ effect: status, match: { name: ['x'] } }, '/match/name', /must be a text, or/],
    [{ effect: status, match: { name: {} } }, '/match/name', /has no operator: use \{"\$regex": "…"\}/],
    [{ effect: status, match: { name: { $regexp: 'x' } } }, '/match/name/$regexp', /did you mean \$regex\?/],
    [
      { effect: status, match: { name: { $exists: true } } },
      '/match/name/$exists',
      /is no operator \(there is \{"\$regex/,
    ],
    [{ effect: status, match: { name: { $regex: 'x', 'a/b': 1 } } }, '/match/name/a~1b', /is no operator/],
    [
      { effect: status, match: { name: { $regex: 1 } } },
      '/match/name/$regex',
      /must be a regular expression as a text/,
    ],
    [
      { effect: status, match: { name: { $regex: 'x'.repeat(1001) } } },
      '/match/name/$regex',
      /at most 1000 characters/,
    ],
    [
      { effect: status, match: { email: { $regex: '(' } } },
      '/match/email/$regex',
      /is no regular expression: .*Unterminated group/,
    ],
    [{ effect: {} }, '/effect', /must have one of status, error, connection or delayMs, as in \{"status": 429\}/],
    [{ effect: { stauts: 500 } }, '/effect', /did you mean status/],
    [{ effect: { status: 500, error: 'x' } }, '/effect', /one of status, error, connection, not status and error/],
    [{ effect: { error: 'x', connection: 'reset' } }, '/effect', /not error and connection/],
    [{ effect: { status: 199 } }, '/effect/status', /must be a whole number from 200 to 599/],
    [{ effect: { status: 600 } }, '/effect/status', /must be a whole number from 200 to 599/],
    [{ effect: { status: '500' } }, '/effect/status', /must be a whole number from 200 to 599/],
    [{ effect: { error: 'x', body: 'y' } }, '/effect/body', /stands beside a status/],
    [{ effect: { delayMs: 1, headers: {} } }, '/effect/headers', /stands beside a status/],
    [{ effect: { status: 204, body: null } }, '/effect/body', /a 204 has no body/],
    [{ effect: { status: 304, body: '' } }, '/effect/body', /a 304 has no body/],
    [{ effect: { error: 1 } }, '/effect/error', /must be string/],
    [{ effect: { connection: 'close' } }, '/effect/connection', /must be reset, empty, truncate or garbage/],
    [{ effect: { delayMs: -1 } }, '/effect/delayMs', /must be milliseconds from 0 to 60000/],
    [{ effect: { delayMs: 60_001 } }, '/effect/delayMs', /must be milliseconds from 0 to 60000/],
    [{ effect: { delayMs: { uniform: [1] } } }, '/effect/delayMs', /"uniform": \[shortest, longest\]/],
    [{ effect: { delayMs: { uniform: [5, 1] } } }, '/effect/delayMs/uniform', /5 is the longer one/],
    [{ effect: { delayMs: { lognormal: { median: 0, sigma: 1 } } } }, '/effect/delayMs', /must be milliseconds/],
    [{ effect: { ...status, headers: { a: 1 } } }, '/effect/headers/a', /must be a text/],
    [{ effect: { ...status, headers: { 'a b': '' } } }, '/effect/headers/a b', /is no name of a header/],
    [{ effect: { ...status, headers: { 'a/~': '' } } }, '/effect/headers/a~1~0', /is no name of a header/],
    [{ effect: { ...status, headers: { a: 'b\r\nc: d' } } }, '/effect/headers/a', /no header may hold/],
    [{ effect: { ...status, headers: { a: '🙈' } } }, '/effect/headers/a', /no header may hold/],
    [{ effect: { ...status, headers: { a: '1', A: '2' } } }, '/effect/headers/A', /is there twice/],
  ];
  for (const name of ['Content-Length', 'transfer-encoding', 'Connection', 'date', 'trailer', 'X-Stub-Request-Id']) {
    rows.push([{ effect: { ...status, headers: { [name]: '1' } } }, `/effect/headers/${name}`, /set by the server/]);
  }
  for (const [body, pointer, detail] of rows) {
    const answer = await admin(stub, 'POST', '/faults', body);
    t.equal(answer.status, 400, JSON.stringify(body));
    t.match(answer.json.errors, [{ pointer, detail }], JSON.stringify(body));
    t.match(answer.json.detail, detail);
  }
  t.same((await admin(stub, 'GET', '/faults')).json, { faults: [] });
});

t.test('409 when there are as many faults as can be; deleting one makes room', async (t) => {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const fill = async (count: number, definition: string) => {
    await (await startTestStub(t, { database })).stub.close();
    const db = new Sqlite(database);
    db.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO faults (id, chatbot_id, definition, fired, created_at) SELECT 'f' || i, 'a', ?, 0, '' FROM n`,
    ).run(count, definition);
    db.close();
    return startTestStub(t, { database });
  };
  const definition = JSON.stringify(forChatbot('a'));

  const many = await fill(MAX_FAULTS - 1, definition);
  const answers = await Promise.all([1, 2, 3].map(() => admin(many, 'POST', '/faults', forChatbot('b'))));
  t.same(answers.map(({ status }) => status).sort(), [201, 409, 409], 'at once, too');
  t.match(answers.find(({ status }) => status === 409)?.json.detail, /10000 in all, .* are the most\. DELETE those/);
  t.equal((await admin(many, 'DELETE', '/faults/f1')).status, 204);
  t.equal((await admin(many, 'POST', '/faults', forChatbot('b'))).status, 201);
  t.equal((await admin(many, 'DELETE', '/faults?all=true')).status, 204);
  for (let made = 0; made < MAX_SHARE; made += 100) {
    await Promise.all(Array.from({ length: 100 }, () => admin(many, 'POST', '/faults', forChatbot('greedy'))));
  }
  const more = await admin(many, 'POST', '/faults', forChatbot('greedy'));
  t.match(more.json, { status: 409, detail: /1000 faults of one chatbot/ });
  t.equal((await admin(many, 'POST', '/faults', forChatbot('b'))).status, 201, 'another chatbot has its own share');
  await many.stub.close();

  const long = JSON.stringify({ match: { chatbotId: 'a' }, effect: { status: 500, body: 'x'.repeat(1_050_000) } });
  const large = await fill(Math.floor(MAX_BYTES / long.length), long);
  const body = 'x'.repeat(1_000_000);
  const refused = await admin(large, 'POST', '/faults', { effect: { status: 500, body } });
  t.equal(refused.status, 409);
  t.match(refused.json.detail, /64 MiB of them are the most/);
  t.equal((await admin(large, 'POST', '/faults', forChatbot('b'))).status, 201, 'a short one still fits');
  t.equal((await admin(large, 'POST', '/faults', { effect: { status: 500, body: body + body } })).status, 413);
});
