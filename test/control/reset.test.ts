import path from 'node:path';
import t from 'tap';
import { admin, createIn, fill, inFile, leaveTraces, makeChatbot, rowsOf } from '../support/admin.ts';
import { startTestStub, VALID } from '../support/stub.ts';

t.test('a reset of one chatbot takes what its test brought about, and nothing of another', async (t) => {
  const stub = await startTestStub(t);
  const [mine, other] = [
    await makeChatbot(stub, { channels: ['web'] }),
    await makeChatbot(stub, { channels: ['web'] }),
  ];
  for (const made of [mine, other]) {
    await fill(stub, made, 3);
    await createIn(stub, { ...made, token: 'wrong' });
    leaveTraces(stub, made.chatbotId);
    await admin(stub, 'PUT', `/snapshots/base?chatbotId=${made.chatbotId}`);
  }
  const before = rowsOf(stub, other.chatbotId);

  const answer = await admin(stub, 'POST', `/reset?chatbotId=${mine.chatbotId}`);
  t.equal(answer.status, 200);
  t.same(answer.json, { conversations: 3, requests: 4, faults: 1 });
  t.same(rowsOf(stub, mine.chatbotId), {
    conversations: 0,
    requests: 0,
    dropped_requests: 0,
    faults: 0,
    chatbots: 1,
    channels: 1,
    tokens: 1,
    snapshots: 1,
    snapshot_conversations: 3,
    turns: 1,
    seeded: 0,
  });
  t.same(rowsOf(stub, other.chatbotId), before);
  t.equal((await createIn(stub, mine)).status, 201, 'its token and its channel are as they were');
  t.equal((await createIn(stub, mine, { channelId: 'fax' })).json.conversationId, undefined);
  t.equal((await createIn(stub, other)).status, 201);
  const again = await admin(stub, 'POST', `/reset?chatbotId=${mine.chatbotId}`);
  t.same(again.json, { conversations: 1, requests: 2, faults: 0 });
});

t.test('a reset of all takes every chatbot, and leaves the tokens that stand by themselves', async (t) => {
  const stub = await startTestStub(t);
  const standing = stub.mint([{ permission: '*', resource: 'chatbots/*' }]).credential;
  const [mine, other] = [await makeChatbot(stub, { channels: ['web'] }), await makeChatbot(stub)];
  for (const made of [mine, other]) {
    await fill(stub, made, 2);
    leaveTraces(stub, made.chatbotId);
    await admin(stub, 'PUT', `/snapshots/base?chatbotId=${made.chatbotId}`);
  }
  await stub.send({ path: '/v1/nothing' });
  await admin(stub, 'PUT', '/snapshots/all');

  const answer = await admin(stub, 'POST', '/reset?all=true');
  t.same(answer.json, { conversations: 4, requests: 5, faults: 2, chatbots: 2, tokens: 2, snapshots: 2 });
  for (const { chatbotId } of [mine, other]) {
    const left = Object.entries(rowsOf(stub, chatbotId)).filter(([, count]) => count > 0);
    t.same(left, [
      // Of the snapshot of everything.
      ['snapshot_conversations', 2],
      ['turns', 1],
    ]);
  }
  t.same((await admin(stub, 'GET', '/chatbots')).json, { chatbots: [] });
  t.match((await admin(stub, 'GET', '/snapshots')).json, { snapshots: [{ name: 'all', chatbotId: null }] });
  t.equal((await createIn(stub, mine)).status, 401);
  for (const credential of [standing, 'test-token']) {
    t.equal((await stub.create(VALID, { headers: { authorization: `Bearer ${credential}` } })).status, 201);
  }
});

t.test('dryRun says what a reset would delete, and changes nothing', async (t) => {
  const cwd = t.testdir({
    'fixtures.json': JSON.stringify({ chatbots: [{ id: 'shop', conversations: [{ channelId: 'web', name: 'Ada' }] }] }),
  });
  const stub = await startTestStub(t, {
    fixtures: path.join(cwd, 'fixtures.json'),
    database: path.join(cwd, 'stub.sqlite'),
  });
  const [mine, other] = [await makeChatbot(stub, { channels: ['web'] }), await makeChatbot(stub)];
  for (const made of [mine, other]) {
    await fill(stub, made, 3);
    leaveTraces(stub, made.chatbotId);
    await admin(stub, 'PUT', `/snapshots/base?chatbotId=${made.chatbotId}`);
    await admin(stub, 'PUT', `/clock?chatbotId=${made.chatbotId}`, { set: '2030-01-01T00:00:00Z', freeze: true });
  }
  await stub.send({ path: '/v1/nothing' });
  await admin(stub, 'PUT', '/snapshots/all');
  /** Every row of every table, and which clocks stand still. */
  const everything = async () => {
    const rows = inFile(stub, (db) => {
      const tables = db
        .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .pluck()
        .all();
      return tables.map((table) => [table, db.prepare(`SELECT * FROM "${table}"`).all()]);
    });
    const clocks = await Promise.all(
      [mine, other].map((made) => admin(stub, 'GET', `/clock?chatbotId=${made.chatbotId}`)),
    );
    return [...rows, clocks.map(({ json }) => json.frozen)];
  };

  for (const scope of [`chatbotId=${mine.chatbotId}`, 'chatbotId=shop', 'chatbotId=nobody', 'all=true']) {
    const before = await everything();
    const preview = await admin(stub, 'POST', `/reset?dryRun=true&${scope}`);
    t.equal(preview.status, 200, scope);
    t.same(await everything(), before, 'nothing has changed');
    const real = await admin(stub, 'POST', `/reset?${scope}`);
    t.same(preview.json, real.json, `${scope}: what is said is what goes`);
    t.same(Object.keys(preview.json), Object.keys(real.json));
  }
  await Promise.all(Array.from({ length: 20 }, () => stub.create(VALID)));
  const preview = await admin(stub, 'POST', '/reset?dryRun=true&chatbotId=my-chatbot');
  t.match(preview.json, { conversations: 20, requests: 20 }, 'what has just been answered counts');
});

t.test('400 for a dryRun that is not true, or without a scope: nothing is reset', async (t) => {
  const stub = await startTestStub(t);
  await stub.create(VALID);
  for (const query of ['?dryRun=true', '?dryRun=false&all=true', '?dryRun=&all=true', '?all=true&dryrun=true']) {
    t.equal((await admin(stub, 'POST', `/reset${query}`)).status, 400, query);
  }
  t.match((await admin(stub, 'POST', '/reset?all=true&dryRun=1')).json.detail, /dryRun must be true/);
  t.equal(stub.rows().length, 1);
});

t.test('400 without a scope: nothing is reset', async (t) => {
  const stub = await startTestStub(t);
  await stub.create(VALID);
  for (const query of ['', '?chatbotId=', '?all=false', '?all=true&chatbotId=my-chatbot', '?chatbotid=my-chatbot']) {
    t.equal((await admin(stub, 'POST', `/reset${query}`)).status, 400, query);
  }
  t.match((await admin(stub, 'POST', '/reset')).json.detail, /\?chatbotId=ID for one chatbot, or \?all=true/);
  t.equal(stub.rows().length, 1);
});

t.test('no id names two conversations: after a reset the turns of a seed go on', async (t) => {
  const stub = await startTestStub(t, { seed: 'seed' });
  const made = await makeChatbot(stub, { id: 'mine' });
  const ids = await fill(stub, made, 3);
  await admin(stub, 'POST', '/reset?chatbotId=mine');
  ids.push(...(await fill(stub, made, 3)));
  await admin(stub, 'POST', '/reset?all=true');
  ids.push(...(await fill(stub, await makeChatbot(stub, { id: 'mine' }), 3)));
  t.equal(new Set(ids).size, 9);
});

t.test('a chatbot of which there is nothing can be reset', async (t) => {
  const stub = await startTestStub(t);
  const answer = await admin(stub, 'POST', '/reset?chatbotId=nobody');
  t.equal(answer.status, 200);
  t.same(answer.json, { conversations: 0, requests: 0, faults: 0 });
  t.equal(
    inFile(stub, (db) => db.prepare('SELECT count(*) FROM chatbots').pluck().get()),
    0,
  );
});
