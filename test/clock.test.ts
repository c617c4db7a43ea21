import t from 'tap';
import { createClock, LATEST } from '../src/clock.ts';

/** A clock over a time that only the test moves. */
function setUp() {
  let real = 1_000_000;
  const clock = createClock(() => real);
  return { clock, pass: (milliseconds: number) => (real += milliseconds) };
}

t.test('it is the time of the system until somebody moves it', async (t) => {
  const { clock, pass } = setUp();
  pass(5);
  t.equal(clock.now(), 1_000_005);
  t.equal(clock.now('a'), 1_000_005);
  t.same(clock.read(), { now: 1_000_005, isFrozen: false, offsetMs: 0 });
});

t.test(
  'set, it runs on from there; advanced, it is ahead; frozen, it stands; let go, it runs on from where it stood',
  async (t) => {
    const { clock, pass } = setUp();
    t.same(clock.adjust({ set: 5000 }), { now: 5000, isFrozen: false, offsetMs: -995_000 });
    pass(7);
    t.equal(clock.now(), 5007);
    clock.adjust({ advanceMs: 100 });
    t.equal(clock.now(), 5107);
    clock.adjust({ freeze: true });
    pass(50);
    t.same(clock.read(), { now: 5107, isFrozen: true, offsetMs: 5107 - 1_000_057 });
    clock.adjust({ advanceMs: -107 });
    t.same(
      clock.read(),
      { now: 5000, isFrozen: true, offsetMs: 5000 - 1_000_057 },
      'advanced while it stands, it stands there',
    );
    clock.adjust({ freeze: false });
    pass(3);
    t.equal(clock.now(), 5003);
    clock.adjust({ reset: true });
    t.equal(clock.now(), 1_000_060);
  },
);

t.test('changes of one call apply in order: reset, set, advance, freeze', async (t) => {
  const { clock, pass } = setUp();
  clock.adjust({ set: 9_000_000, freeze: true });
  t.same(clock.adjust({ reset: true, advanceMs: 10, freeze: true }), { now: 1_000_010, isFrozen: true, offsetMs: 10 });
  pass(1);
  t.same(clock.adjust({ set: 20, advanceMs: 5, freeze: false }), {
    now: 25,
    isFrozen: false,
    offsetMs: 25 - 1_000_001,
  });
});

t.test('a chatbot may have a time of its own, which no other feels', async (t) => {
  const { clock, pass } = setUp();
  clock.adjust({ set: 77, freeze: true }, 'a');
  pass(10);
  t.equal(clock.now('a'), 77);
  t.equal(clock.now('b'), 1_000_010);
  t.equal(clock.now(), 1_000_010);
  clock.adjust({ set: 500 });
  t.equal(clock.now('a'), 77, 'nor does it feel the server');
  t.equal(clock.now('b'), 500);
  clock.adjust({ advanceMs: 1 }, 'b');
  t.equal(clock.now('b'), 501, 'its own begins at the time of the server');
  clock.adjust({ reset: true }, 'a');
  t.equal(clock.now('a'), 500);
  clock.forget('b');
  t.equal(clock.now('b'), 500);
  clock.adjust({ freeze: true }, 'a');
  clock.forgetAll();
  t.equal(clock.now('a'), 1_000_010);
  t.equal(clock.now(), 1_000_010);
});

t.test('it stays within the years that a timestamp can name', async (t) => {
  const { clock, pass } = setUp();
  clock.adjust({ advanceMs: 1e300 });
  pass(1000);
  t.equal(clock.now(), LATEST);
  t.doesNotThrow(() => new Date(clock.now()).toISOString());
  clock.adjust({ advanceMs: -1e300 });
  t.ok(clock.now() >= 0 && clock.now() < 1001);
});
