import t, { type Test } from 'tap';
import { resolveSettings } from '../../../src/config.ts';
import { openContext } from '../../../src/context.ts';
import { createLogger } from '../../../src/logging.ts';

/** A journal without a server, on a database in memory. Entries are of chatbot a unless their id names another: b/1. */
async function openJournal(t: Test, limits: { journalEntries?: number; journalBytes?: number }) {
  const settings = resolveSettings({ options: { database: ':memory:', logLevel: 'silent', ...limits } });
  const { db, groupCommit, journal } = openContext(settings, await createLogger({ level: 'silent', format: 'json' }));
  t.teardown(() => db.close());
  const record = async (...ids: string[]): Promise<void> => {
    const [time, message] = [new Date(0).toISOString(), { headers: {} }];
    for (const id of ids) {
      const [chatbotId] = id.includes('/') ? id.split('/') : ['a'];
      journal.record({
        id,
        time,
        method: 'GET',
        path: '/',
        chatbotId,
        durationMs: 0,
        request: message,
        response: message,
        decisions: [],
      });
    }
    await journal.settled();
  };
  const ids = (): string[] => db.prepare<[], string>('SELECT id FROM requests ORDER BY seq').pluck().all();
  const rows = (): unknown[] => db.prepare('SELECT * FROM dropped_requests ORDER BY chatbot_id').raw().all();
  return { db, groupCommit, journal, record, ids, rows };
}

t.test('what many chatbots left behind does not push out what one does now', async (t) => {
  // An entry takes about 50 bytes; a tenth is 8 entries.
  for (const limits of [{ journalEntries: 80 }, { journalBytes: 4000 }]) {
    const name = Object.keys(limits).join();
    const { journal, record, ids } = await openJournal(t, limits);
    await record(...Array.from({ length: 100 }, (_, index) => `old${index + 100}/1`));
    const before = ids();
    t.ok(journal.dropped() > 0, `${name}: it is full`);
    await record('new/1', 'new/2', 'new/3', 'new/4');
    const isOld = (id: string): boolean => id.startsWith('old');
    t.same(
      ids().filter((id) => !isOld(id)),
      ['new/1', 'new/2', 'new/3', 'new/4'],
    );
    const rest = ids().filter(isOld);
    t.ok(rest.length < before.length, name);
    t.same(rest, before.slice(-rest.length), `${name}: the oldest of all went`);
    t.equal(journal.dropped('new'), 0, name);
    await record(...Array.from({ length: 20 }, (_, index) => `new/${index + 5}`));
    t.ok(journal.dropped('new') > 0, `${name}: beyond a tenth its own go`);
    t.equal(ids().at(-1), 'new/24', name);
    t.ok(ids().filter(isOld).length > 0.8 * before.length, name);
    t.equal(ids().length + journal.dropped(), 124, `${name}: each is there or counted`);
  }
});

t.test('who has dropped how much is told for as many chatbots as the journal may have entries', async (t) => {
  const { journal, record, ids, rows } = await openJournal(t, { journalEntries: 3 });
  await record('b/1', 'c/1', 'd/1', 'b/2', 'c/2', 'd/2');
  t.same(
    rows(),
    [
      ['b', 1],
      ['c', 1],
      ['d', 1],
    ],
    'as many as may be',
  );
  await record('e/1');
  t.same([ids(), journal.dropped()], [['c/2', 'd/2', 'e/1'], 4]);
  await record('f/1', 'g/1', 'h/1');
  t.same(ids(), ['f/1', 'g/1', 'h/1']);
  await record('i/1');
  t.same(ids(), ['g/1', 'h/1', 'i/1']);
  t.ok(rows().length <= 3, JSON.stringify(rows()));
  t.equal(journal.dropped(), 8, 'none is forgotten');
});

t.test('a chatbot that still has entries keeps its count, however many others there were', async (t) => {
  const { journal, record, rows } = await openJournal(t, { journalEntries: 2 });
  await record('a/1', 'a/2', 'a/3', 'b/1', 'b/2');
  for (let index = 0; index < 10; index++) await record(`x${index}/1`, 'b/3'.concat(`${index}`));
  t.ok(rows().length <= 4, JSON.stringify(rows()));
  t.ok(journal.dropped('b') > 0);
  t.equal(journal.dropped(), 5 + 20 - 2);
});

t.test('what storage refuses for ever takes a bounded room', async (t) => {
  const { db, journal, record } = await openJournal(t, { journalEntries: 2 });
  db.exec("CREATE TRIGGER refusal BEFORE INSERT ON requests BEGIN SELECT RAISE(ABORT, 'no'); END");
  await record('b/1', 'c/1', 'd/1', 'e/1', 'b/2');
  t.same(
    ['b', 'c', 'd', 'e', ''].map((chatbotId) => journal.dropped(chatbotId)),
    [2, 1, 0, 0, 2],
  );
  t.equal(journal.dropped(), 5);
});

t.test('entries that another process put in or took out do not confuse the limits', async (t) => {
  const { db, record, ids } = await openJournal(t, { journalEntries: 20 });
  const all = Array.from({ length: 20 }, (_, index) => `c${index}/1`);
  await record(...all);
  db.exec("UPDATE requests SET chatbot_id = 'unknown' WHERE id = 'c0/1'");
  await record('d/1');
  t.same(ids(), [...all.slice(1), 'd/1']);
  await record('d/2');
  t.same(ids(), [...all.slice(2), 'd/1', 'd/2']);
  const full = await openJournal(t, { journalEntries: 1 });
  await full.record('1');
  full.db.exec('CREATE TRIGGER theft AFTER INSERT ON requests BEGIN DELETE FROM requests; END');
  await full.record('2');
  t.same(full.ids(), [], 'and there is an end to it');
});

t.test('entries that somebody else took out make room once the journal is told', async (t) => {
  const { db, groupCommit, journal, record, ids } = await openJournal(t, { journalEntries: 2 });
  await record('1', '2');
  await groupCommit.transaction(() => db.exec('DELETE FROM requests'), journal.forget);
  await record('3', '4');
  t.same(ids(), ['3', '4']);
  t.equal(journal.dropped(), 0);
});

t.test('a group of entries that fails as a whole counts as dropped once, and takes no room', async (t) => {
  const { db, journal, record, ids } = await openJournal(t, { journalEntries: 3 });
  db.exec(
    "CREATE TRIGGER refusal BEFORE INSERT ON requests WHEN NEW.id LIKE 'bad%' BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
  );
  await record('1');
  await record('2', 'bad 1');
  t.same([ids(), journal.dropped()], [['1'], 2]);
  await record('3');
  t.same([ids(), journal.dropped()], [['1', '3'], 2]);
  await record('4', 'bad 2');
  t.same([ids(), journal.dropped()], [['1', '3'], 4]);
  await record('5');
  t.same([ids(), journal.dropped()], [['1', '3', '5'], 4]);
});
