import t from 'tap';
import { admin, conversationIds, createIn, fill, inFile, makeChatbot } from '../support/admin.ts';
import { startTestStub, type TestStub, VALID } from '../support/stub.ts';

/** Ids in the order of the requests, even within one millisecond. */
const SEEDED: object = { seed: 'seed' };

/** The ids that a search finds, page by page, in order. */
async function find(stub: TestStub, search: Record<string, string>): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const query = new URLSearchParams({ ...search, ...(cursor && { cursor }) });
    const { status, json, text } = await admin(stub, 'GET', `/conversations?${query}`);
    if (status !== 200) throw new Error(text);
    ids.push(...json.conversations.map(({ id }: { id: string }) => id));
    cursor = json.nextCursor;
  }
  return ids;
}

t.test('a conversation is told exactly as it was given, and what was not given is left out', async (t) => {
  const stub = await startTestStub(t, SEEDED);
  const made = await makeChatbot(stub, { id: 'mine' });
  const full = { name: 'Jöhn\u0000 🏳️‍🌈', email: 'john.doe@example.com', phone: '', channelId: 'web' };
  const [one, other] = [await createIn(stub, made, full), await createIn(stub, made, { name: '', channelId: '' })];
  const { json } = await admin(stub, 'GET', '/conversations');
  const [first, second] = json.conversations;
  t.match(first.createdAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  t.same(json, {
    conversations: [
      { id: one.json.conversationId, chatbotId: 'mine', ...full, createdAt: first.createdAt },
      { id: other.json.conversationId, chatbotId: 'mine', channelId: '', name: '', createdAt: second.createdAt },
    ],
  });
  t.same((await admin(stub, 'GET', `/conversations/${first.id}?chatbotId=mine`)).json, first);
});

t.test('a conversation can be read once its 201 is out', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      const { conversationId } = (await createIn(stub, made)).json;
      const { status } = await admin(stub, 'GET', `/conversations/${conversationId}?chatbotId=${made.chatbotId}`);
      t.equal(status, 200);
    }),
  );
});

t.test('each filter finds those that it says, alone and together', async (t) => {
  const stub = await startTestStub(t, SEEDED);
  const [a, b] = [await makeChatbot(stub, { id: 'a' }), await makeChatbot(stub, { id: 'B-bot' })];
  const bodies = {
    anna: { name: 'Anna Ärger', channelId: 'web', email: 'anna@example.com' },
    bert: { name: 'Bert', channelId: 'app', phone: '+49 176' },
    carl: { name: 'Carl', channelId: 'web', email: 'ANNA@example.com' },
  };
  const ids: Record<string, string> = {};
  for (const [name, body] of Object.entries(bodies)) ids[name] = (await createIn(stub, a, body)).json.conversationId;
  ids['dora'] = (await createIn(stub, b, { name: 'Dora', channelId: 'web' })).json.conversationId;

  const rows: [search: Record<string, string>, found: string[]][] = [
    [{}, ['dora', 'anna', 'bert', 'carl']],
    [{ chatbotId: 'a' }, ['anna', 'bert', 'carl']],
    [{ chatbotId: 'nobody' }, []],
    [{ channelId: 'web' }, ['dora', 'anna', 'carl']],
    [{ channelId: 'WEB' }, []],
    [{ channelId: 'web', chatbotId: 'a' }, ['anna', 'carl']],
    [{ email: 'anna@example.com' }, ['anna']],
    [{ text: 'anna' }, ['anna', 'carl']],
    [{ text: 'ÄRG' }, ['anna']],
    [{ text: 'ärg' }, ['anna']],
    [{ text: '9 17' }, ['bert']],
    [{ text: 'b-BOT' }, ['dora']],
    [{ text: 'APP' }, ['bert']],
    [{ text: (ids['carl'] as string).toLowerCase() }, ['carl']],
    [{ text: '%' }, []],
    [{ text: 'a', channelId: 'web', chatbotId: 'a', email: 'ANNA@example.com' }, ['carl']],
  ];
  for (const [search, found] of rows) {
    const expected = found.map((name) => ids[name]);
    t.same(await find(stub, search), expected, JSON.stringify(search));
    t.same(await find(stub, { ...search, order: 'desc' }), expected.toReversed(), `${JSON.stringify(search)} desc`);
    t.same(await find(stub, { ...search, limit: '1' }), expected, `${JSON.stringify(search)} one by one`);
  }
});

t.test('pages hold each conversation once, while others come and go', async (t) => {
  const stub = await startTestStub(t, SEEDED);
  const made = await makeChatbot(stub);
  const ids = await fill(stub, made, 6);
  const search = `/conversations?limit=2&chatbotId=${made.chatbotId}`;
  const first = (await admin(stub, 'GET', search)).json;
  await admin(stub, 'DELETE', `/conversations/${ids[1]}?chatbotId=${made.chatbotId}`);
  await admin(stub, 'DELETE', `/conversations/${ids[2]}?chatbotId=${made.chatbotId}`);
  const [late] = await fill(stub, made, 1);
  const second = (await admin(stub, 'GET', `${search}&cursor=${first.nextCursor}`)).json;
  const third = (await admin(stub, 'GET', `${search}&cursor=${second.nextCursor}`)).json;
  const seen = [first, second, third].flatMap(({ conversations }) => conversations.map(({ id }: { id: string }) => id));
  t.same(seen, [...ids.slice(0, 2), ...ids.slice(3), late]);
  t.equal(third.nextCursor, undefined);
});

t.test('a search looks through all there is, however far apart the hits lie', async (t) => {
  const stub = await startTestStub(t);
  inFile(stub, (db) => {
    db.exec(`
      INSERT INTO conversations
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3500)
        SELECT 'mine', printf('%020d', i), 'web', iif(i % 1000 = 500, 'needle ', 'hay ') || i, NULL, NULL, '2026' FROM n`);
  });
  const expected = [500, 1500, 2500, 3500].map((number) => String(number).padStart(20, '0'));
  t.same(await find(stub, { text: 'NEEDLE' }), expected.slice(0, 4));
  t.same(await find(stub, { text: 'NEEDLE', order: 'desc', limit: '3' }), expected.toReversed());
  t.equal((await find(stub, { limit: '1000' })).length, 3500);
});

t.test('400: a query that cannot be meant', async (t) => {
  const stub = await startTestStub(t);
  const rows: [method: string, path: string, says: RegExp][] = [
    ['GET', '/conversations?chatbot=a', /did you mean chatbotId/],
    ['GET', '/conversations?text=', /\/text must be a text that is not empty/],
    ['GET', '/conversations?order=up', /asc \(oldest first\) or desc/],
    ['GET', '/conversations?limit=0', /\/limit/],
    ['GET', '/conversations?cursor=WyJhIl0', /cursor is none of this list/],
    ['GET', '/conversations?chatbotId=', /\/chatbotId must be the id of a chatbot/],
    ['GET', '/conversations/x', /lacks chatbotId/],
    ['DELETE', '/conversations/x', /lacks chatbotId/],
    ['DELETE', '/conversations', /Say whose to delete conversations/],
    ['DELETE', '/conversations?all=true&chatbotId=a', /not both/],
    ['DELETE', '/conversations?all=yes', /\/all must be true/],
  ];
  await stub.create(VALID);
  for (const [method, path, says] of rows) {
    const answer = await admin(stub, method, path);
    t.equal(answer.status, 400, `${method} ${path}`);
    t.match(answer.json.detail, says);
  }
  t.equal(stub.rows().length, 1, 'nothing was deleted');
});

t.test('one is deleted, and the same id in another chatbot is another', async (t) => {
  const stub = await startTestStub(t);
  inFile(stub, (db) => {
    const insert = db.prepare(`INSERT INTO conversations VALUES (?, 'same', 'web', ?, NULL, NULL, '2026')`);
    for (const id of ['a', 'b']) insert.run(id, `of ${id}`);
  });
  t.equal((await admin(stub, 'GET', '/conversations/same?chatbotId=b')).json.name, 'of b');
  t.equal((await admin(stub, 'DELETE', '/conversations/same?chatbotId=a')).status, 204);
  for (const method of ['GET', 'DELETE']) {
    const gone = await admin(stub, method, '/conversations/same?chatbotId=a');
    t.equal(gone.status, 404);
    t.match(gone.json.detail, /no conversation same in the chatbot a/);
  }
  t.same(
    stub.rows().map(({ chatbot_id }) => chatbot_id),
    ['b'],
  );
});

t.test('those of one chatbot are deleted, or all', async (t) => {
  const stub = await startTestStub(t);
  const [mine, other] = [await makeChatbot(stub), await makeChatbot(stub)];
  await fill(stub, mine, 3);
  const kept = await fill(stub, other, 2);
  t.equal((await admin(stub, 'DELETE', `/conversations?chatbotId=${mine.chatbotId}`)).status, 204);
  t.same(await conversationIds(stub, mine.chatbotId), []);
  t.same(await conversationIds(stub, other.chatbotId), kept.sort());
  t.equal((await admin(stub, 'DELETE', '/conversations?all=true')).status, 204);
  t.same(stub.rows(), []);
  t.equal((await createIn(stub, mine)).status, 201, 'the chatbot itself is still there');
});
