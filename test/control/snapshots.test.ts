import path from 'node:path';
import t from 'tap';
import { admin, conversationIds, createIn, fill, inFile, leaveTraces, makeChatbot, rowsOf } from '../support/admin.ts';
import { PERMISSION, pathOf, sendRaw, startTestStub, type TestStub, VALID } from '../support/stub.ts';

/** Every row that a snapshot of this chatbot holds, as it stands in the tables. */
function stateOf(stub: TestStub, chatbotId: string): unknown {
  return inFile(stub, (db) =>
    ['conversations', 'channels', 'tokens', 'faults', 'seeded'].map((table) =>
      db.prepare(`SELECT * FROM ${table} WHERE chatbot_id = ? ORDER BY id`).all(chatbotId),
    ),
  );
}

t.test('a restore brings back exactly what was saved, for one chatbot alone', async (t) => {
  const stub = await startTestStub(t);
  const [mine, other] = [
    await makeChatbot(stub, { channels: ['web'] }),
    await makeChatbot(stub, { channels: ['web'] }),
  ];
  for (const made of [mine, other]) {
    await fill(stub, made, 3);
    leaveTraces(stub, made.chatbotId);
    inFile(stub, (db) => db.prepare(`INSERT INTO seeded VALUES ('chatbot', ?, ?)`).run(made.chatbotId, made.chatbotId));
  }
  const saved = await admin(stub, 'PUT', `/snapshots/base?chatbotId=${mine.chatbotId}`);
  t.equal(saved.status, 201);
  t.match(saved.json, { name: 'base', chatbotId: mine.chatbotId, createdAt: /Z$/, conversations: 3 });
  const before = stateOf(stub, mine.chatbotId);

  await fill(stub, mine, 2);
  await admin(
    stub,
    'DELETE',
    `/conversations/${(await conversationIds(stub, mine.chatbotId))[0]}?chatbotId=${mine.chatbotId}`,
  );
  inFile(stub, (db) => {
    const chatbot = { id: mine.chatbotId };
    db.prepare('UPDATE faults SET fired = 9 WHERE chatbot_id = @id').run(chatbot);
    db.prepare(`INSERT INTO channels VALUES (@id, 'late')`).run(chatbot);
    db.prepare('DELETE FROM seeded WHERE chatbot_id = @id').run(chatbot);
    db.prepare(`UPDATE conversations SET name = 'changed' WHERE chatbot_id = @id`).run(chatbot);
    db.prepare(`UPDATE tokens SET revoked_at = created_at WHERE chatbot_id = @id`).run(chatbot);
    const late = `INSERT INTO tokens SELECT 'late', name, 'late', grants, created_at, NULL, NULL, @id FROM tokens LIMIT 1`;
    db.prepare(late).run(chatbot);
  });
  t.equal((await createIn(stub, mine)).status, 401);
  await fill(stub, other, 1);
  const [beside, journal] = [stateOf(stub, other.chatbotId), rowsOf(stub, mine.chatbotId)['requests']];

  const restored = await admin(stub, 'POST', `/snapshots/base/restore?chatbotId=${mine.chatbotId}`);
  t.equal(restored.status, 200);
  t.same(restored.json, saved.json);
  t.same(stateOf(stub, mine.chatbotId), before);
  t.same(stateOf(stub, other.chatbotId), beside);
  t.equal(rowsOf(stub, mine.chatbotId)['requests'], journal, 'the journal is as it was');
  t.equal((await createIn(stub, mine)).status, 201, 'the token that was revoked is good again');
  t.equal((await createIn(stub, mine, { channelId: 'late' })).json.conversationId, undefined);
});

t.test('a snapshot of everything brings chatbots back, and takes later ones away', async (t) => {
  const stub = await startTestStub(t);
  const standing = stub.mint([{ permission: '*', resource: 'chatbots/*' }]);
  const [a, b] = [await makeChatbot(stub, { id: 'a', channels: ['web'] }), await makeChatbot(stub, { id: 'b' })];
  for (const made of [a, b]) await fill(stub, made, 2);
  leaveTraces(stub, 'a');
  t.match((await admin(stub, 'PUT', '/snapshots/base')).json, { name: 'base', chatbotId: null, conversations: 4 });
  const list = (await admin(stub, 'GET', '/chatbots')).json;
  const before = [stateOf(stub, 'a'), stateOf(stub, 'b')];

  await admin(stub, 'DELETE', '/chatbots/a');
  await fill(stub, b, 1);
  const late = await makeChatbot(stub, { id: 'late' });
  const lateStanding = stub.mint([{ permission: PERMISSION, resource: 'chatbots/*' }]).credential;
  stub.revoke(standing.token.id);

  t.equal((await admin(stub, 'POST', '/snapshots/base/restore?all=true')).status, 200);
  t.same([stateOf(stub, 'a'), stateOf(stub, 'b')], before);
  t.same((await admin(stub, 'GET', '/chatbots')).json, list);
  for (const made of [a, b]) t.equal((await createIn(stub, made)).status, 201);
  t.equal((await createIn(stub, late)).status, 401);
  t.equal(
    (await createIn(stub, { ...a, token: lateStanding })).status,
    201,
    'a token by itself is part of no snapshot',
  );
  t.equal((await createIn(stub, { ...a, token: standing.credential })).status, 401, 'nor is that it was revoked');
});

t.test('a credential that has been registered for somebody else since stays theirs', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'mine' });
  await admin(stub, 'PUT', '/snapshots/base?chatbotId=mine');
  const read = () => inFile(stub, (db) => db.prepare('SELECT chatbot_id, name FROM tokens').all());
  inFile(stub, (db) => db.prepare(`UPDATE tokens SET chatbot_id = NULL, name = 'theirs'`).run());
  t.equal((await admin(stub, 'POST', '/snapshots/base/restore?chatbotId=mine')).status, 200);
  t.same(read(), [{ chatbot_id: null, name: 'theirs' }]);
  t.equal((await createIn(stub, made)).status, 201);
});

t.test('names are per chatbot, and saving again takes the place of what had the name', async (t) => {
  const stub = await startTestStub(t);
  const [a, b] = [await makeChatbot(stub, { id: 'a' }), await makeChatbot(stub, { id: 'b' })];
  const list = async (query = '') => (await admin(stub, 'GET', `/snapshots${query}`)).json.snapshots;
  const brief = (all: Record<string, unknown>[]) =>
    all.map(({ name, chatbotId, conversations }) => [name, chatbotId, conversations]);
  for (const query of ['?chatbotId=a', '?chatbotId=b', '']) {
    t.equal((await admin(stub, 'PUT', `/snapshots/base${query}`)).status, 201, query);
  }
  await fill(stub, a, 2);
  await fill(stub, b, 1);
  const replaced = await admin(stub, 'PUT', '/snapshots/base?chatbotId=a');
  t.equal(replaced.status, 200);
  t.equal(replaced.json.conversations, 2);
  t.same(brief(await list()), [
    ['base', 'b', 0],
    ['base', null, 0],
    ['base', 'a', 2],
  ]);
  t.same(brief(await list('?chatbotId=b')), [['base', 'b', 0]]);
  t.same(brief(await list('?chatbotId=nobody')), []);

  const first = (await admin(stub, 'GET', '/snapshots?limit=2')).json;
  const second = (await admin(stub, 'GET', `/snapshots?limit=2&cursor=${first.nextCursor}`)).json;
  t.same([...first.snapshots, ...second.snapshots], await list());
  t.equal(second.nextCursor, undefined);

  await admin(stub, 'POST', '/snapshots/base/restore?chatbotId=b');
  t.same([(await conversationIds(stub, 'a')).length, (await conversationIds(stub, 'b')).length], [2, 0]);
  t.equal((await admin(stub, 'DELETE', '/snapshots/base?chatbotId=b')).status, 204);
  t.same(brief(await list()), [
    ['base', null, 0],
    ['base', 'a', 2],
  ]);
  t.equal((await admin(stub, 'DELETE', '/snapshots/base')).status, 204);
  t.same(brief(await list()), [['base', 'a', 2]]);
  t.equal((await admin(stub, 'DELETE', '/snapshots/base?chatbotId=a')).status, 204);
  t.equal(
    inFile(stub, (db) => db.prepare('SELECT count(*) FROM snapshot_conversations').pluck().get()),
    0,
  );
});

t.test('404 and 400: nothing is changed', async (t) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'mine' });
  await fill(stub, made, 2);
  await admin(stub, 'PUT', '/snapshots/of-all');
  const rows: [method: string, path: string, status: number, says: RegExp][] = [
    ['POST', '/snapshots/none/restore?chatbotId=mine', 404, /no snapshot none of the chatbot mine/],
    ['POST', '/snapshots/of-all/restore?chatbotId=mine', 404, /no snapshot of-all of the chatbot mine/],
    ['POST', '/snapshots/none/restore?all=true', 404, /no snapshot none of everything/],
    ['DELETE', '/snapshots/of-all?chatbotId=mine', 404, /no snapshot of-all of the chatbot mine/],
    ['DELETE', '/snapshots/none', 404, /no snapshot none of everything/],
    ['POST', '/snapshots/of-all/restore', 400, /Say whose to restore/],
    ['POST', '/snapshots/of-all/restore?all=true&chatbotId=mine', 400, /not both/],
    ['PUT', '/snapshots/base?all=true', 400, /unknown property all/],
    ['PUT', `/snapshots/${'n'.repeat(201)}`, 400, /\/name must be 1 to 200 characters/],
    ['PUT', '/snapshots/a%0Ab', 400, /none of them a control character/],
    ['GET', '/snapshots?cursor=WyJhIl0', 400, /cursor is none of this list/],
  ];
  for (const [method, target, status, says] of rows) {
    const answer = await admin(stub, method, target);
    t.equal(answer.status, status, `${method} ${target}`);
    t.match(answer.json.detail, says);
  }
  t.equal((await conversationIds(stub, 'mine')).length, 2);
  t.equal((await admin(stub, 'GET', '/snapshots')).json.snapshots.length, 1);
  for (const name of ['n'.repeat(200), 'a/b', '🏳️‍🌈', '*']) {
    t.equal((await admin(stub, 'PUT', `/snapshots/${encodeURIComponent(name)}`)).json.name, name);
  }
});

t.test('a snapshot outlives the process', async (t) => {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const first = await startTestStub(t, { database });
  const made = await makeChatbot(first);
  const ids = await fill(first, made, 2);
  await admin(first, 'PUT', `/snapshots/base?chatbotId=${made.chatbotId}`);
  await fill(first, made, 1);
  await first.stub.close();
  const second = await startTestStub(t, { database });
  await admin(second, 'POST', `/snapshots/base/restore?chatbotId=${made.chatbotId}`);
  t.same(await conversationIds(second, made.chatbotId), ids.sort());
  t.equal((await createIn(second, made)).status, 201);
});

t.test('no id names two conversations: a restore takes no turn of a seed back', async (t) => {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const seeded = () => startTestStub(t, { database, seed: 'seed' });
  const first = await seeded();
  const made = await makeChatbot(first, { id: 'mine' });
  const ids = await fill(first, made, 2);
  await admin(first, 'PUT', '/snapshots/base');
  await admin(first, 'PUT', '/snapshots/base?chatbotId=mine');
  ids.push(...(await fill(first, made, 3)));
  await admin(first, 'POST', '/snapshots/base/restore?chatbotId=mine');
  ids.push(...(await fill(first, made, 1)));
  await admin(first, 'POST', '/snapshots/base/restore?all=true');
  await first.stub.close();
  const second = await seeded();
  ids.push(...(await fill(second, made, 1)));
  t.equal(new Set(ids).size, ids.length);
  t.same(await conversationIds(second, 'mine'), [...ids.slice(0, 2), ids.at(-1)]);
});

t.test('the turns of a chatbot that was removed come back with its conversations', async (t) => {
  const stub = await startTestStub(t, { seed: 'seed' });
  const made = await makeChatbot(stub, { id: 'mine' });
  const ids = await fill(stub, made, 2);
  await admin(stub, 'PUT', '/snapshots/base');
  await admin(stub, 'DELETE', '/chatbots/mine');
  await fill(stub, await makeChatbot(stub, { id: 'mine' }), 1);
  await admin(stub, 'POST', '/snapshots/base/restore?all=true');
  const late = await fill(stub, made, 1);
  t.same(await conversationIds(stub, 'mine'), [...ids, ...late]);
});

t.test('a request that has passed the guard is refused when its token goes before it stores', async (t) => {
  const changes: [name: string, change: (stub: TestStub) => Promise<unknown>, status: number][] = [
    ['the chatbot is removed', (stub) => admin(stub, 'DELETE', '/chatbots/mine'), 204],
    ['everything is reset', (stub) => admin(stub, 'POST', '/reset?all=true'), 200],
    [
      'a snapshot without it is restored',
      (stub) => admin(stub, 'POST', '/snapshots/empty/restore?chatbotId=mine'),
      200,
    ],
  ];
  for (const [name, change, status] of changes) {
    await t.test(name, async (t) => {
      const stub = await startTestStub(t);
      await admin(stub, 'PUT', '/snapshots/empty?chatbotId=mine');
      const made = await makeChatbot(stub, { id: 'mine' });
      const post = (contact: string, prefer: string, connection: string): string => {
        const body = JSON.stringify({ ...VALID, name: contact });
        const headers = [
          'Host: localhost',
          `Authorization: Bearer ${made.token}`,
          'Content-Type: application/json',
          `Content-Length: ${body.length}`,
          `Prefer: ${prefer}`,
          `Connection: ${connection}`,
        ];
        return `POST ${pathOf('mine')} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
      };
      // Behind each other on one connection: when the second is stored, the first is past the guard, and waits.
      const requests = post('delayed', 'delay=60000', 'keep-alive') + post('at once', 'delay=0', 'close');
      const answers = sendRaw(stub.url, requests);
      while ((await conversationIds(stub, 'mine')).length === 0);
      t.same(
        stub.rows().map((row) => row.name),
        ['at once'],
      );
      t.match(await change(stub), { status });
      // Closing ends the delay.
      await stub.stub.close();
      const statuses = [...(await answers).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code);
      t.same(statuses, ['401', '201']);
      t.same(stub.rows(), []);
    });
  }
});

t.test('each request that runs during restores is answered from the state before or after one', async (t) => {
  for (const seed of [undefined, 'seed']) {
    const stub = await startTestStub(t, {
      database: path.join(t.testdirName, `${seed}.sqlite`),
      ...(seed && { seed }),
    } as object);
    const [mine, other] = [await makeChatbot(stub), await makeChatbot(stub)];
    const saved = await fill(stub, mine, 40);
    await admin(stub, 'PUT', `/snapshots/base?chatbotId=${mine.chatbotId}`);

    interface Span {
      from: number;
      to: number;
    }
    let step = 0;
    /** Numbers the moments: what ended before another began has the smaller number. */
    async function span<T>(work: () => Promise<T>): Promise<Span & { value: T }> {
      const from = step++;
      const value = await work();
      return { from, to: step++, value };
    }
    const repeat = async <T>(times: number, work: () => Promise<T>) => {
      const spans: (Span & { value: T })[] = [];
      for (let index = 0; index < times; index++) spans.push(await span(work));
      return spans;
    };
    const [restores, beside, ...rest] = await Promise.all([
      repeat(25, () => admin(stub, 'POST', `/snapshots/base/restore?chatbotId=${mine.chatbotId}`)),
      repeat(60, () => createIn(stub, other)),
      ...Array.from({ length: 3 }, () => repeat(40, () => createIn(stub, mine))),
      ...Array.from({ length: 3 }, () => repeat(40, () => conversationIds(stub, mine.chatbotId))),
    ]);
    const writes = rest.slice(0, 3).flat() as typeof beside;
    const reads = rest.slice(3).flat() as unknown as (Span & { value: string[] })[];

    const outcomes = [restores, beside, writes].map((spans) => [...new Set(spans.map(({ value }) => value.status))]);
    t.same(outcomes, [[200], [201], [201]]);
    const ids = writes.map(({ value }) => value.json.conversationId);
    t.equal(new Set([...saved, ...ids]).size, saved.length + ids.length, 'no id was given twice');
    const wrong = reads.filter((read) => {
      const seen = new Set(read.value);
      const holdsSaved = saved.every((id) => seen.delete(id));
      // What a restore that began after the write, and had ended before the read, must have taken away.
      const isGone = (write: Span) => restores.some(({ from, to }) => write.to < from && to < read.from);
      // What no restore can have taken away that began before the read had ended.
      const isThere = (write: Span) =>
        write.to < read.from && restores.every(({ from, to }) => to < write.from || read.to < from);
      const isRight = writes.every((write) => {
        const id = write.value.json.conversationId;
        return seen.delete(id) ? write.from < read.to && !isGone(write) : !isThere(write);
      });
      return !holdsSaved || !isRight || seen.size > 0;
    });
    t.same(wrong, [], 'no read saw anything between');

    await admin(stub, 'POST', `/snapshots/base/restore?chatbotId=${mine.chatbotId}`);
    t.same(await conversationIds(stub, mine.chatbotId), saved.toSorted());
    const late = await fill(stub, mine, 5);
    t.same(await conversationIds(stub, mine.chatbotId), [...saved, ...late].sort());
    const besideIds = beside.map(({ value }) => value.json.conversationId);
    t.same(await conversationIds(stub, other.chatbotId), besideIds.sort(), 'the other chatbot has all of its own');
  }
});
