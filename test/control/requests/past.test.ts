import t from 'tap';
import { createEntries } from '../../../src/control/requests/entries.ts';
import { compileMatch } from '../../../src/control/requests/match.ts';
import { describeSearch, searchNearMisses } from '../../../src/control/requests/near-misses.ts';
import { createPast } from '../../../src/control/requests/past.ts';
import { createWaiters, type Outcome } from '../../../src/control/requests/waiters.ts';
import { entryOf, open, signalsOf, wishOf } from '../../support/waiting.ts';

t.test('the past is read once for all who begin together, and no further than somebody needs it', async (t) => {
  const { db, journal } = await open(t);
  const entries = createEntries(db);
  let read = 0;
  const counting: typeof entries = {
    ...entries,
    *piece(...parameters) {
      for (const placed of entries.piece(...parameters)) {
        read++;
        yield placed;
      }
    },
  };
  const past = createPast(journal, counting);
  const waiters = createWaiters(journal, past);
  for (let index = 0; index < 1000; index++) journal.record(entryOf('a', 201));
  journal.record(entryOf('b', 201));
  const unmet = [
    ...Array.from({ length: 50 }, () => wishOf({ chatbotId: 'a', status: 403 }, { timeoutMs: 0 })),
    ...Array.from({ length: 50 }, () => wishOf({ chatbotId: 'b', status: 403 }, { timeoutMs: 0 })),
  ];
  for (const outcome of await Promise.all(unmet.map((wish) => waiters.wait(wish, signalsOf())))) {
    t.match(outcome, { because: 'timeout', requests: [], isPastRead: true });
  }
  t.equal(read, 1001);
  read = 0;
  const met = await Promise.all(
    [5, 7].map((count) => waiters.wait(wishOf({ chatbotId: 'a' }, { count }), signalsOf())),
  );
  t.match(met, [{ because: 'met' }, { because: 'met' }]);
  t.equal(read, 7);
  read = 0;
  const searches = await Promise.all(
    Array.from({ length: 50 }, () =>
      searchNearMisses(past, { matches: compileMatch({ status: 403 }), chatbotId: 'a' }, signalsOf().departure),
    ),
  );
  for (const search of searches) t.match(search, { candidates: 1000, isWhole: true });
  t.equal(read, 1000);
});

t.test('who asks while the past is read for others has it read from its beginning', async (t) => {
  const { db, journal } = await open(t);
  const entries = createEntries(db);
  const asked: Promise<Outcome>[] = [];
  const waiters = createWaiters(
    journal,
    createPast(journal, {
      ...entries,
      *piece(...parameters) {
        for (const placed of entries.piece(...parameters)) {
          yield placed;
          if (asked.length === 0) asked.push(waiters.wait(wishOf({ status: 201 }), signalsOf()));
        }
      },
    }),
  );
  const first = entryOf('a', 201);
  journal.record(first);
  for (let index = 0; index < 300; index++) journal.record(entryOf('a', 202));
  t.match(await waiters.wait(wishOf({ status: 403 }, { timeoutMs: 0 }), signalsOf()), { because: 'timeout' });
  t.match(await asked[0], { because: 'met', requests: [{ id: first.id }] });
});

t.test('what comes counts, even when the past cannot be read', async (t) => {
  const { db, journal } = await open(t);
  const stuck: typeof journal = { ...journal, settled: () => new Promise(() => {}) };
  const waiters = createWaiters(stuck, createPast(stuck, createEntries(db)));
  const waiting = waiters.wait(wishOf({ status: 403 }), signalsOf());
  const hit = entryOf('a', 403);
  for (const entry of [hit, entryOf('a', 403)]) journal.record(entry);
  t.match(await waiting, { because: 'met', requests: [{ id: hit.id }], isPastRead: false });
});

t.test('a wait is met by the past and what comes together', async (t) => {
  const { db, journal } = await open(t);
  const waiters = createWaiters(journal, createPast(journal, createEntries(db)));
  const [first, second, third] = [entryOf('a', 201), entryOf('a', 201), entryOf('a', 201)];
  journal.record(first);
  await journal.settled();
  const waiting = waiters.wait(wishOf({}, { count: 2 }), signalsOf());
  for (const entry of [second, third]) journal.record(entry);
  t.match(await waiting, { because: 'met', requests: [{ id: first.id }, { id: second.id }] });
  // Refused by storage, so that it is never read.
  db.exec("CREATE TRIGGER refusal BEFORE INSERT ON requests BEGIN SELECT RAISE(ABORT, 'no'); END");
  const mixed = waiters.wait(wishOf({}, { count: 4 }), signalsOf());
  const lost = entryOf('a', 201);
  journal.record(lost);
  t.match((await mixed).requests, [{ id: first.id }, { id: second.id }, { id: third.id }, { id: lost.id }]);
});

t.test('a past that cannot be read in time holds up no answer for long', async (t) => {
  const { db, journal } = await open(t);
  const stuck: typeof journal = { ...journal, settled: () => new Promise(() => {}) };
  const past = createPast(stuck, createEntries(db));
  const waiters = createWaiters(stuck, past);
  journal.record(entryOf('a', 201));
  const outcome = await waiters.wait(wishOf({}, { timeoutMs: 0 }), signalsOf());
  t.match(outcome, { because: 'timeout', requests: [], isPastRead: false });
  const wish = { matches: compileMatch({}) };
  const search = await searchNearMisses(past, wish, signalsOf().departure);
  t.same(search, { nearMisses: [], candidates: 0, isWhole: false });
  t.equal(describeSearch(search), 'There was no time to look for what came nearest.');
  t.match(await searchNearMisses(past, wish, AbortSignal.abort()), { isWhole: false }, 'nobody hears of them');
});

t.test('a past that cannot be read ends the wait with the error, and only that of its chatbot', async (t) => {
  const { db, journal } = await open(t);
  const past = createPast(journal, createEntries(db));
  const waiters = createWaiters(journal, past);
  for (const chatbotId of ['a', 'b']) journal.record(entryOf(chatbotId, 201));
  await journal.settled();
  db.exec("UPDATE requests SET request_headers = '{' WHERE chatbot_id = 'a'");
  const [other, bad] = [
    waiters.wait(wishOf({ chatbotId: 'b' }), signalsOf()),
    waiters.wait(wishOf({ chatbotId: 'a' }), signalsOf()),
  ];
  await t.rejects(bad, { name: 'SyntaxError' });
  t.match(await other, { because: 'met' });
  const wish = { matches: compileMatch({}), chatbotId: 'a' };
  await t.rejects(searchNearMisses(past, wish, signalsOf().departure), { name: 'SyntaxError' });
  t.equal(waiters.count(), 0);
});
