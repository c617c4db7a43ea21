import Sqlite from 'better-sqlite3';
import t from 'tap';
import { pathOf, startTestStub, VALID } from '../support/stub.ts';
import { growth, scrape } from './exposition.ts';
import { openServer } from './server.ts';

const GROUPS = 'chatcaptain_stub_commit_groups_total';
const WRITES = 'chatcaptain_stub_commit_group_writes';
const DURATION = 'chatcaptain_stub_commit_duration_seconds';
const QUEUE = 'chatcaptain_stub_commit_queue_writes';

t.test('each group is counted with its writes: the conversation, and the entry in the journal', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on' });
  const before = await scrape(stub);
  t.same([...before.samples.keys()].filter((key) => key.startsWith(GROUPS)).length, 2, 'both outcomes, from the start');
  t.equal(before.value(GROUPS), 0);
  await stub.create(VALID);
  await Promise.all(Array.from({ length: 20 }, () => stub.create(VALID)));
  // Behind the last entry.
  await stub.send({ method: 'GET', path: '/__admin/requests' });
  const after = await scrape(stub);
  const { ['{outcome="committed"}']: groups = 0, ...others } = growth(before, after, GROUPS);
  t.same(others, {}, 'none failed');
  t.ok(groups >= 4 && groups <= 42, `${groups} groups`);
  t.equal(after.value(`${WRITES}_sum`), 42);
  t.equal(after.value(`${WRITES}_count`), groups);
  t.equal(after.value(`${DURATION}_count`), groups);
  t.ok(after.value(`${DURATION}_sum`) > 0);
});

t.test('a group that storage refuses is counted as failed', async (t) => {
  const { app, context, scrape } = await openServer(t);
  const { credential } = context.tokens.create({ grants: [{ permission: '*', resource: 'chatbots/*' }] });
  context.db.pragma('query_only = on');
  const headers = { 'x-chatcaptain-key': credential };
  const answer = await app.inject({ method: 'POST', url: pathOf('a'), headers, payload: VALID });
  t.equal(answer.statusCode, 503);
  await context.journal.settled();
  const { value } = await scrape();
  t.equal(value(GROUPS, { outcome: 'failed' }), 2, 'the conversation, and the entry of its refusal');
  t.equal(value(GROUPS, { outcome: 'committed' }), 0);
});

t.test('what waits for the lock of another process stands in the queue', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on' });
  t.equal((await scrape(stub)).value(QUEUE), 0);
  const other = new Sqlite(stub.file);
  other.exec('BEGIN IMMEDIATE');
  const writes = [stub.create(VALID), stub.create(VALID)];
  while ((await scrape(stub)).value(QUEUE) < 2);
  other.exec('ROLLBACK');
  other.close();
  for (const { status } of await Promise.all(writes)) t.equal(status, 201);
  await stub.send({ method: 'GET', path: '/__admin/requests' });
  t.equal((await scrape(stub)).value(QUEUE), 0);
});
