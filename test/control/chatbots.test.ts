import t from 'tap';
import type { StubOptions } from '../../src/index.ts';
import { admin, conversationIds, createIn, fill, inFile, leaveTraces, makeChatbot, rowsOf } from '../support/admin.ts';
import { PERMISSION, startTestStub, VALID } from '../support/stub.ts';

const ID = /^[A-Za-z0-9]{20}$/;
const TOKEN = /^CCSB-[A-Za-z0-9]{8}-[A-Za-z0-9]{12}$/;

t.test('one call without a body gives everything that a test needs', async (t) => {
  const stub = await startTestStub(t);
  const answer = await admin(stub, 'POST', '/chatbots');
  t.equal(answer.status, 201);
  t.match(answer.json, { chatbotId: ID, token: TOKEN, tokenId: ID, channelIds: [ID] });
  t.equal(Object.keys(answer.json).length, 4);

  const created = await createIn(stub, answer.json);
  t.equal(created.status, 201);
  t.match(created.json.conversationId, ID);
  t.equal(
    (await createIn(stub, answer.json, { channelId: 'any other' })).json.error,
    undefined,
    'any channelId is taken',
  );
});

t.test('an empty body and an empty object are no body', async (t) => {
  const stub = await startTestStub(t);
  const headers = { 'content-type': 'application/json' };
  for (const body of ['', '{}']) {
    t.equal((await stub.send({ path: '/__admin/chatbots', headers, body })).status, 201, JSON.stringify(body));
  }
});

t.test('what is asked for is what is made', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, {
    id: 'größe 🏳️‍🌈',
    name: 'ci',
    channels: ['web', 'app'],
    grants: [{ permission: 'chatbots.inbox.*' }, { permission: '*', resource: 'chatbots/elsewhere' }],
    expiresIn: 3600,
  });
  t.same([made.chatbotId, made.channelIds], ['größe 🏳️‍🌈', ['web', 'app']]);
  const token = inFile(stub, (db) => db.prepare<[], Record<string, string>>('SELECT * FROM tokens').get());
  t.match(token, { id: made.tokenId, name: 'ci', chatbot_id: made.chatbotId, revoked_at: null });
  t.same(JSON.parse(token?.['grants'] as string), [
    { permission: 'chatbots.inbox.*', resource: `chatbots/${made.chatbotId}` },
    { permission: '*', resource: 'chatbots/elsewhere' },
  ]);
  const lifetime = Date.parse(token?.['expires_at'] as string) - Date.parse(token?.['created_at'] as string);
  t.equal(lifetime, 3600_000);

  t.match((await createIn(stub, made)).json, { conversationId: ID });
  t.match((await createIn(stub, made, { channelId: 'fax' })).json, { error: /fax does not exist/ });
  const elsewhere = { chatbotId: 'elsewhere', headers: { authorization: `Bearer ${made.token}` } };
  t.equal((await stub.create(VALID, elsewhere)).status, 201);
});

t.test('by default the token holds everything on this chatbot, nothing on others, and has its name', async (t) => {
  const stub = await startTestStub(t);
  const [one, other] = [await makeChatbot(stub), await makeChatbot(stub)];
  const crossed = await createIn(stub, { ...other, token: one.token });
  t.equal(crossed.status, 403);
  t.equal((await createIn(stub, one)).status, 201);
  const names = inFile(stub, (db) => db.prepare('SELECT name, grants FROM tokens ORDER BY name').all());
  t.same(
    names,
    [one.chatbotId, other.chatbotId].sort().map((id) => {
      return { name: id, grants: JSON.stringify([{ permission: '*', resource: `chatbots/${id}` }]) };
    }),
  );
});

t.test('a token without grants may do nothing', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { grants: [] });
  t.equal((await createIn(stub, made)).status, 403);
});

t.test('the token is told once, and kept nowhere', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  await createIn(stub, made);
  await admin(stub, 'PUT', '/snapshots/base');
  await admin(stub, 'PUT', `/snapshots/base?chatbotId=${made.chatbotId}`);
  for (const path of ['/chatbots', `/chatbots/${made.chatbotId}`, '/snapshots', '/conversations']) {
    const { text } = await admin(stub, 'GET', path);
    t.notMatch(text, made.token, path);
  }
  const dump = inFile(stub, (db) => {
    const tables = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all();
    return JSON.stringify(tables.map((table) => db.prepare(`SELECT * FROM ${table}`).all()));
  });
  t.match(dump, made.tokenId, 'this is where it would be');
  t.notMatch(dump, made.token);
});

t.test('400: each mistake is named, and nothing is made', async (t) => {
  const stub = await startTestStub(t);
  const rows: [body: unknown, says: RegExp][] = [
    [{ id: '' }, /\/id must be an id/],
    [{ id: '*' }, /\/id must be an id/],
    [{ id: '..' }, /\/id must be an id/],
    [{ id: 'a/b' }, /holds no \//],
    [{ id: 'a\u0000' }, /no control characters/],
    [{ id: '\ud800' }, /\/id must be an id/],
    [{ id: 'a'.repeat(12_001) }, /at most 12000 characters in a URL/],
    [{ id: 'ü'.repeat(2001) }, /percent-encoded, not 12006/],
    [{ id: 1 }, /\/id must be an id/],
    [{ ID: 'a' }, /unknown property ID \(did you mean id\?\)/],
    [{ name: '' }, /\/name must be a text that is not empty/],
    [{ name: 'a\nb' }, /\/name must be a text that is not empty, without control characters/],
    [{ channels: ['\u0000'] }, /\/channels\/0 must be a text that is not empty, without control/],
    [{ channels: [] }, /leave it out, and the chatbot takes any channelId/],
    [{ channels: ['a', 'a'] }, /each once/],
    [{ channels: [''] }, /\/channels\/0 must be a text that is not empty/],
    [{ channels: 'web' }, /\/channels must be a list of channel ids/],
    [{ grants: [{ permission: 'a b' }] }, /dotted segments/],
    [{ grants: [{ permission: '*', resource: 'chatbots' }] }, /a kind and an id/],
    [{ grants: [{ resource: 'chatbots/a' }] }, /\/grants\/0 lacks permission/],
    [{ expiresIn: 0 }, /\/expiresIn/],
    [{ expiresIn: 1e300 }, /before the year 10000/],
    [[], /the body/],
  ];
  for (const [body, says] of rows) {
    const answer = await admin(stub, 'POST', '/chatbots', body);
    t.equal(answer.status, 400, JSON.stringify(body).slice(0, 60));
    t.match(answer.json.detail, says);
  }
  t.same((await admin(stub, 'GET', '/chatbots')).json, { chatbots: [] });
  t.equal(
    inFile(stub, (db) => db.prepare('SELECT count(*) FROM tokens').pluck().get()),
    0,
  );
});

t.test('an id that takes 12,000 characters in a URL is one like any other', async (t) => {
  const stub = await startTestStub(t);
  const id = 'ü'.repeat(1000) + 'a'.repeat(6000);
  const made = await makeChatbot(stub, { id });
  t.equal((await createIn(stub, made)).status, 201);
  t.equal((await admin(stub, 'GET', `/chatbots/${encodeURIComponent(id)}`)).json.conversations, 1);
});

t.test('409: an id that is taken changes nothing', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'mine', channels: ['web'] });
  const again = await admin(stub, 'POST', '/chatbots', { id: 'mine', channels: ['app'] });
  t.equal(again.status, 409);
  t.match(again.json.detail, /mine already/);
  t.match(rowsOf(stub, 'mine'), { chatbots: 1, channels: 1, tokens: 1 });
  t.equal((await createIn(stub, made)).status, 201);
});

t.test('two that ask for one id at once: one gets it', async (t) => {
  const stub = await startTestStub(t);
  const answers = await Promise.all(Array.from({ length: 8 }, () => admin(stub, 'POST', '/chatbots', { id: 'mine' })));
  t.same(answers.map(({ status }) => status).sort(), [201, 409, 409, 409, 409, 409, 409, 409]);
  t.match(rowsOf(stub, 'mine'), { chatbots: 1, tokens: 1 });
});

t.test('a chatbot that had conversations before it was made keeps them', async (t) => {
  const stub = await startTestStub(t);
  stub.declareChannels('early', 'old');
  await stub.create({ ...VALID, channelId: 'old' }, { chatbotId: 'early' });
  const made = await makeChatbot(stub, { id: 'early' });
  t.equal((await createIn(stub, made)).json.error, undefined, 'and takes any channelId, as it was asked to');
  t.equal((await conversationIds(stub, 'early')).length, 2);
});

t.test('the same seed gives the same ids of chatbots and channels, and shifts no turn of a chatbot', async (t) => {
  const runs: unknown[] = [];
  for (const seed of ['one', 'one', 'two']) {
    const stub = await startTestStub(t, { database: ':memory:', seed } as StubOptions);
    const [first, second] = [await makeChatbot(stub), await makeChatbot(stub, { channels: ['web'] })];
    const named = await makeChatbot(stub, { id: 'named' });
    const ids = [first.chatbotId, ...first.channelIds, second.chatbotId, ...named.channelIds];
    t.equal(new Set(ids).size, ids.length, 'each different');
    runs.push([ids, await fill(stub, named, 2)]);
  }
  t.same(runs[1], runs[0]);
  t.notSame(runs[2], runs[0]);

  const stub = await startTestStub(t, { database: ':memory:', seed: 'one' });
  const alone = await makeChatbot(stub, { id: 'named', channels: ['web'] });
  t.same(await fill(stub, alone, 2), (runs[0] as unknown[])[1], 'whatever was made beside it');
});

t.test('the list has every chatbot once, by id: made, or with conversations or channels only', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'b-made', channels: ['web', 'app'] });
  await fill(stub, made, 2);
  await makeChatbot(stub, { id: 'd-made' });
  await stub.create(VALID, { chatbotId: 'a%2Ftalks' });
  stub.declareChannels('c-declares', 'web');
  const { json } = await admin(stub, 'GET', '/chatbots');
  t.match(json, {
    chatbots: [
      { chatbotId: 'a/talks', channelIds: [], conversations: 1, createdAt: null },
      { chatbotId: 'b-made', channelIds: ['app', 'web'], conversations: 2, createdAt: /^\d{4}-.*Z$/ },
      { chatbotId: 'c-declares', channelIds: ['web'], conversations: 0, createdAt: null },
      { chatbotId: 'd-made', channelIds: [], conversations: 0, createdAt: /Z$/ },
    ],
  });
  t.same(Object.keys(json), ['chatbots']);

  const pages: string[][] = [];
  for (let query = '?limit=3'; query !== ''; ) {
    const page = (await admin(stub, 'GET', `/chatbots${query}`)).json;
    pages.push(page.chatbots.map(({ chatbotId }: { chatbotId: string }) => chatbotId));
    query = page.nextCursor ? `?limit=3&cursor=${page.nextCursor}` : '';
  }
  t.same(pages, [['a/talks', 'b-made', 'c-declares'], ['d-made']]);

  for (const chatbot of json.chatbots) {
    const one = await admin(stub, 'GET', `/chatbots/${encodeURIComponent(chatbot.chatbotId)}`);
    t.same(one.json, chatbot);
  }
  t.equal((await admin(stub, 'GET', '/chatbots/nobody')).status, 404);
  t.match((await admin(stub, 'GET', '/chatbots?limt=3')).json.detail, /did you mean limit/);
});

t.test('a removed chatbot is gone with all that was its own, and nothing of another', async (t) => {
  const stub = await startTestStub(t, { seed: 'seed' });
  const [mine, other] = [
    await makeChatbot(stub, { channels: ['web'] }),
    await makeChatbot(stub, { channels: ['web'] }),
  ];
  const standing = stub.mint([{ permission: PERMISSION, resource: `chatbots/${mine.chatbotId}` }]);
  for (const made of [mine, other]) {
    await fill(stub, made, 3);
    leaveTraces(stub, made.chatbotId);
    await admin(stub, 'PUT', `/snapshots/base?chatbotId=${made.chatbotId}`);
    inFile(stub, (db) => db.prepare(`INSERT INTO seeded VALUES ('chatbot', ?, ?)`).run(made.chatbotId, made.chatbotId));
  }
  const before = rowsOf(stub, other.chatbotId);
  t.same(
    Object.entries(before).filter(([, count]) => count === 0),
    [],
    'there is something to lose in every table',
  );

  t.equal((await admin(stub, 'DELETE', `/chatbots/${mine.chatbotId}`)).status, 204);
  t.same([...new Set(Object.values(rowsOf(stub, mine.chatbotId)))], [0]);
  t.same(rowsOf(stub, other.chatbotId), before);
  t.equal((await createIn(stub, mine)).status, 401, 'its token is worth nothing');
  t.equal((await createIn(stub, other)).status, 201);
  const late = await createIn(stub, { ...mine, token: standing.credential });
  t.equal(late.status, 201, 'a token that stands by itself stays');
});

t.test('404 for a chatbot of which there is nothing', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  t.equal((await admin(stub, 'DELETE', '/chatbots/nobody')).status, 404);
  t.equal((await createIn(stub, made)).status, 201);
  t.equal((await admin(stub, 'DELETE', `/chatbots/${made.chatbotId}`)).status, 204);
  const again = await admin(stub, 'DELETE', `/chatbots/${made.chatbotId}`);
  t.equal(again.status, 404);
  t.match(again.json.detail, made.chatbotId);
  t.equal((await createIn(stub, made)).status, 401, 'memory knows its token no more');
  t.equal(
    (await admin(stub, 'DELETE', `/chatbots/${made.chatbotId}`)).status,
    204,
    'that request stands in the journal',
  );
});

t.test('with a seed, a chatbot that was removed and made again begins anew', async (t) => {
  const stub = await startTestStub(t, { seed: 'seed' });
  const first = await fill(stub, await makeChatbot(stub, { id: 'mine' }), 3);
  await admin(stub, 'DELETE', '/chatbots/mine');
  t.same(await fill(stub, await makeChatbot(stub, { id: 'mine' }), 3), first);
});

t.test('503 when storage refuses the commit: no chatbot and no token', async (t) => {
  const stub = await startTestStub(t);
  inFile(stub, (db) => {
    // A foreign key that is looked at when the transaction is committed.
    db.exec(`
      CREATE TABLE parent (id TEXT PRIMARY KEY) STRICT;
      CREATE TABLE child (id TEXT REFERENCES parent DEFERRABLE INITIALLY DEFERRED) STRICT;
      CREATE TRIGGER refuse AFTER INSERT ON chatbots BEGIN INSERT INTO child VALUES ('nobody'); END;
    `);
  });
  const answer = await admin(stub, 'POST', '/chatbots', { id: 'mine' });
  t.equal(answer.status, 503);
  t.match(answer.json.detail, /Nothing was changed/);
  t.match(rowsOf(stub, 'mine'), { chatbots: 0, tokens: 0 });
  inFile(stub, (db) => db.exec('DROP TRIGGER refuse'));
  t.equal((await createIn(stub, await makeChatbot(stub, { id: 'mine' }))).status, 201, 'and the next try succeeds');
});
