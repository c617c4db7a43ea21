import t, { type Test } from 'tap';
import { resolveSettings } from '../../../src/config.ts';
import { openContext, type ServerContext } from '../../../src/context.ts';
import { createEntries } from '../../../src/control/requests/entries.ts';
import type { Entry } from '../../../src/control/requests/entry.ts';
import { compileMatch, type Match, selectionOf } from '../../../src/control/requests/match.ts';
import { describeSearch, searchNearMisses } from '../../../src/control/requests/near-misses.ts';
import { createPast } from '../../../src/control/requests/past.ts';
import { createWaiters, type Outcome } from '../../../src/control/requests/waiters.ts';
import { createLogger } from '../../../src/logging.ts';

async function open(t: Test): Promise<ServerContext> {
  const settings = resolveSettings({ options: { database: ':memory:', logLevel: 'silent' } });
  const context = openContext(settings, await createLogger({ level: 'silent', format: 'json' }));
  t.teardown(() => context.db.close());
  return context;
}

let made = 0;

function entryOf(chatbotId: string | undefined, status: number): Entry {
  const message = { headers: {} };
  return {
    id: `id-${made++}`,
    time: new Date(0).toISOString(),
    method: 'POST',
    path: '/',
    chatbotId,
    status,
    durationMs: 0,
    request: message,
    response: message,
    decisions: [],
  };
}

t.test('waiters cost one subscription while there are any, and are forgotten as soon as they are over', async (t) => {
  const { db, journal } = await open(t);
  let subscriptions = 0;
  const counting: typeof journal = {
    ...journal,
    subscribe(listener) {
      subscriptions++;
      const unsubscribe = journal.subscribe(listener);
      return () => {
        subscriptions--;
        unsubscribe();
      };
    },
  };
  const waiters = createWaiters(counting, createPast(counting, createEntries(db)));
  const departure = new AbortController();
  const closing = new AbortController();
  const wait = (match: Match, signal = new AbortController().signal, timeoutMs = 60_000): Promise<Outcome> => {
    const wish = { matches: compileMatch(match), selection: selectionOf(match), count: 1, timeoutMs };
    return waiters.wait(wish, { departure: signal, closing: closing.signal });
  };
  const waits = [
    wait({ chatbotId: 'a', status: 201 }),
    wait({ chatbotId: 'a', status: 403 }),
    wait({ chatbotId: 'b' }),
    wait({ status: 201 }, departure.signal),
    wait({ chatbotId: null }),
    wait({ chatbotId: 'c' }, departure.signal),
    wait({ chatbotId: 'd' }, undefined, 0),
  ];
  t.equal(waiters.count(), 7);
  t.equal(subscriptions, 1);
  t.match(await waits[6], { because: 'timeout', requests: [] });
  t.equal(waiters.count(), 6);

  const first = entryOf('a', 201);
  const second = entryOf(undefined, 404);
  for (const entry of [entryOf('x', 500), first, second]) journal.record(entry);
  // At once, not only when the entry is in the database.
  t.same((await waits[0])?.requests, [first]);
  t.same((await waits[3])?.requests, [first]);
  t.same((await waits[4])?.requests, [second]);
  t.equal(waiters.count(), 3);
  departure.abort();
  t.match(await waits[5], { because: 'departed', requests: [] });
  t.equal(waiters.count(), 2);
  t.equal(subscriptions, 1);
  closing.abort();
  t.match(await Promise.all([waits[1], waits[2]]), [{ because: 'closing' }, { because: 'closing' }]);
  t.equal(waiters.count(), 0);
  t.equal(subscriptions, 0);
});

t.test('a request that is answered while the past is looked at counts once', async (t) => {
  const { db, journal } = await open(t);
  const waiters = createWaiters(journal, createPast(journal, createEntries(db)));
  const signals = { departure: new AbortController().signal, closing: new AbortController().signal };
  const wish = { matches: compileMatch({}), selection: {}, count: 2, timeoutMs: 60_000 };
  const [before, during, after] = [entryOf('a', 201), entryOf('a', 202), entryOf('a', 203)];
  journal.record(before);
  const two = waiters.wait(wish, signals);
  const three = waiters.wait({ ...wish, count: 3 }, signals);
  journal.record(during);
  t.match((await two).requests, [{ id: before.id }, { id: during.id }]);
  await journal.settled();
  t.equal(waiters.count(), 1, 'three waits on');
  journal.record(after);
  t.match((await three).requests, [{ id: before.id }, { id: during.id }, { id: after.id }]);
});

t.test('a wait that begins when nobody listens any more, or the server closes, ends without a look', async (t) => {
  const { db, journal } = await open(t);
  const waiters = createWaiters(journal, createPast(journal, createEntries(db)));
  journal.record(entryOf('a', 201));
  const wish = { matches: compileMatch({}), selection: {}, count: 1, timeoutMs: 60_000 };
  const open_ = new AbortController().signal;
  t.match(await waiters.wait(wish, { departure: AbortSignal.abort(), closing: open_ }), { because: 'departed' });
  t.match(await waiters.wait(wish, { departure: open_, closing: AbortSignal.abort() }), { because: 'closing' });
  t.match(await waiters.wait(wish, { departure: open_, closing: open_ }), { because: 'met' });
});

t.test('what storage refused is found by those who were waiting, and counts once', async (t) => {
  const { db, journal } = await open(t);
  const waiters = createWaiters(journal, createPast(journal, createEntries(db)));
  const wish = {
    matches: compileMatch({ chatbotId: 'a' }),
    selection: { chatbotId: 'a' },
    count: 3,
    timeoutMs: 60_000,
  };
  const signals = { departure: new AbortController().signal, closing: new AbortController().signal };
  const waiting = waiters.wait(wish, signals);
  const [stored, refused, last] = [entryOf('a', 201), entryOf('a', 202), entryOf('a', 203)];
  journal.record(stored);
  await journal.settled();
  db.exec("CREATE TRIGGER refusal BEFORE INSERT ON requests BEGIN SELECT RAISE(ABORT, 'no'); END");
  for (const entry of [refused, last]) journal.record(entry);
  const { requests } = await waiting;
  t.same(
    requests.map(({ status }) => status),
    [201, 202, 203],
  );
});

const signalsOf = () => ({ departure: new AbortController().signal, closing: new AbortController().signal });
const wishOf = (match: Match, more = {}) => ({
  matches: compileMatch(match),
  selection: selectionOf(match),
  count: 1,
  timeoutMs: 60_000,
  ...more,
});

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
