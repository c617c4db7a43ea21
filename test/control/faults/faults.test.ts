import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { resolveSettings } from '../../../src/config.ts';
import { openContext } from '../../../src/context.ts';
import { createLogger } from '../../../src/logging.ts';
import { closeDatabase } from '../../../src/storage/open.ts';

/** What a server works with, on a file of its own, without the server. */
async function opened(t: Test) {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const context = openContext(
    resolveSettings({ options: { database, logLevel: 'silent' } }),
    await createLogger({ level: 'silent', format: 'json' }),
  );
  t.teardown(() => closeDatabase(context.db));
  const firedInTable = (id: string) => context.db.prepare('SELECT fired FROM faults WHERE id = ?').pluck().get(id);
  return { ...context, database, firedInTable };
}

const forChatbot = (chatbotId: string) => ({ match: { chatbotId }, effect: { status: 500 } });

t.test('reload of one chatbot reads its faults anew and leaves those of others as they are', async (t) => {
  const { db, faults, groupCommit, firedInTable } = await opened(t);
  const [a, b, anyones] = [
    await faults.create(forChatbot('a')),
    await faults.create(forChatbot('b')),
    await faults.create({ match: {}, effect: { delayMs: 1 } }),
  ];
  const restore = groupCommit.transaction(
    () => db.exec(`UPDATE faults SET fired = fired + 7`),
    () => faults.reload('a'),
  );
  // Behind the transaction: its fault is another one by then.
  faults.count(a);
  faults.count(b);
  await restore;
  await groupCommit.settled();
  t.equal(faults.get(a.id)?.fired, 7);
  t.equal(firedInTable(a.id), 7, 'a firing of the state before is not counted in the state after');
  t.not(faults.get(a.id), a);
  t.equal(faults.get(b.id), b, 'the same object, with its live count');
  t.equal(firedInTable(b.id), 1);
  t.equal(faults.get(anyones.id), anyones);
  t.same(faults.candidates('a'), [faults.get(a.id), anyones]);
  t.same(
    faults.list().map(({ id }) => id),
    [a, b, anyones].map(({ id }) => id),
    'still in the order of making',
  );

  db.exec(`DELETE FROM faults WHERE chatbot_id = 'a'`);
  faults.reload('a');
  t.same(faults.candidates('a'), [anyones]);
  t.equal(faults.get(a.id), undefined);
  t.equal(faults.get(b.id), b);
});

t.test('reload reads all faults anew', async (t) => {
  const { db, faults } = await opened(t);
  const fault = await faults.create(forChatbot('a'));
  await faults.create({ match: {}, effect: { delayMs: 1 } });
  db.exec(`UPDATE faults SET fired = 3 WHERE id = '${fault.id}'; DELETE FROM faults WHERE chatbot_id = ''`);
  faults.reload();
  t.same(
    faults.candidates('a').map(({ id, fired }) => [id, fired]),
    [[fault.id, 3]],
  );
  t.same(faults.candidates('b'), []);
});

t.test('a firing that storage refused to count is made good by the next', async (t) => {
  const { database, faults, groupCommit, firedInTable } = await opened(t);
  const fault = await faults.create(forChatbot('a'));
  const other = new Sqlite(database);
  t.teardown(() => other.close());
  other.exec(`CREATE TRIGGER no BEFORE UPDATE ON faults BEGIN SELECT RAISE(ABORT, 'no'); END`);
  faults.count(fault);
  await groupCommit.settled();
  t.equal(fault.fired, 1, 'memory decides');
  t.equal(firedInTable(fault.id), 0);
  other.exec('DROP TRIGGER no');
  faults.count(fault);
  await groupCommit.settled();
  t.equal(firedInTable(fault.id), 2);
});
