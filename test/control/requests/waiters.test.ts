import t from 'tap';
import { createEntries } from '../../../src/control/requests/entries.ts';
import { compileMatch, type Match, selectionOf } from '../../../src/control/requests/match.ts';
import { createPast } from '../../../src/control/requests/past.ts';
import { createWaiters, type Outcome } from '../../../src/control/requests/waiters.ts';
import { entryOf, open } from '../../support/waiting.ts';

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
