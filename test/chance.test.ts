import path from 'node:path';
import t, { type Test } from 'tap';
import { createChance, createSeededChance } from '../src/chance.ts';
import { createGroupCommit } from '../src/storage/group-commit.ts';
import { shippedMigrations } from '../src/storage/migrate.ts';
import { openDatabase } from '../src/storage/open.ts';

function seeded(t: Test, seed: string, file = ':memory:') {
  const { db } = openDatabase({ file, durability: 'normal', migrations: shippedMigrations(), lockTimeout: 0 });
  t.teardown(() => db.close());
  const groupCommit = createGroupCommit(db);
  return { db, groupCommit, chance: createSeededChance(seed, db, groupCommit) };
}

/** What one turn gives. */
function draw(chance: ReturnType<typeof createChance>, chatbotId: string) {
  const turn = chance.turn(chatbotId);
  return [turn.newId(), turn.random('delay'), turn.random('fault 1')] as const;
}

t.test('one seed gives the same turns to a chatbot in every run, whatever the others do', async (t) => {
  const first = seeded(t, 'x').chance;
  const alone = [1, 2, 3].map(() => draw(first, 'a'));
  const second = seeded(t, 'x').chance;
  const beside = [1, 2, 3].map(() => {
    draw(second, 'b');
    draw(second, 'c');
    return draw(second, 'a');
  });
  t.same(beside, alone);
  t.equal(new Set(alone.flat()).size, 9, 'each draw differs');
  for (const [id, ...numbers] of alone) {
    t.match(id, /^[0-9A-Za-z]{20}$/);
    for (const number of numbers) t.ok(number >= 0 && number < 1);
  }
  t.same(
    [...alone.map(([id]) => id)].sort(),
    alone.map(([id]) => id),
    'ids sort in the order of the turns',
  );
});

t.test('another seed, another chatbot and no seed give something else', async (t) => {
  const [id] = draw(seeded(t, 'x').chance, 'a');
  t.not(draw(seeded(t, 'y').chance, 'a')[0], id);
  t.not(draw(seeded(t, 'x').chance, 'b')[0], id);
  let made = 0;
  const real = createChance(() => `id-${++made}`);
  t.equal(real.turn('a').newId(), 'id-1');
  t.equal(real.turn('a').newId(), 'id-2');
  t.not(real.turn('a').random('p'), real.turn('a').random('p'));
  t.doesNotThrow(() => real.forget('a'));
});

t.test('numbers are spread evenly', async (t) => {
  const { chance } = seeded(t, 'spread');
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < 5000; index++) {
    const tenth = Math.floor(chance.turn('a').random('p') * 10);
    counts[tenth] = (counts[tenth] as number) + 1;
  }
  // Fixed by the seed, so this cannot fail by chance.
  for (const count of counts) t.ok(count > 400 && count < 600, String(count));
});

t.test(
  'turns go on after a restart and after rows that are ahead, and begin anew with a chatbot that is forgotten',
  async (t) => {
    const file = path.join(t.testdir(), 'stub.sqlite');
    const [one, two, three, four] = (() => {
      const { chance } = seeded(t, 'x');
      return [1, 2, 3, 4].map(() => draw(chance, 'a'));
    })();
    const before = seeded(t, 'x', file);
    t.same(draw(before.chance, 'a'), one);
    t.same(draw(before.chance, 'a'), two);
    await before.groupCommit.drain();
    t.same(draw(before.chance, 'a'), three);
    await before.groupCommit.drain();
    const after = seeded(t, 'x', file);
    t.same(draw(after.chance, 'a'), four);
    await after.groupCommit.drain();
    after.db.exec('UPDATE turns SET turn = 100');
    const [ahead] = draw(after.chance, 'a');
    t.match(ahead, /^0000001d/, 'a restore may put more turns in than memory counted');
    await after.groupCommit.drain();
    after.db.exec("DELETE FROM turns WHERE chatbot_id = 'a'");
    after.chance.forget('a');
    t.same(draw(after.chance, 'a'), one);
  },
);

t.test('storage that refuses a turn does not stop it, and none is given twice', async (t) => {
  const { chance, db, groupCommit } = seeded(t, 'x');
  db.pragma('query_only = on');
  const [one] = draw(chance, 'a');
  await groupCommit.drain();
  db.pragma('query_only = off');
  t.not(draw(chance, 'a')[0], one);
});
