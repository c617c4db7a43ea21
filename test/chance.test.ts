import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { createChance, createSeededChance } from '../src/chance.ts';
import { createGroupCommit } from '../src/storage/group-commit.ts';

function open(t: Test) {
  const db = new Sqlite(':memory:');
  t.teardown(() => db.close());
  db.exec('CREATE TABLE turns (chatbot_id TEXT NOT NULL PRIMARY KEY, turn INTEGER NOT NULL) STRICT, WITHOUT ROWID');
  const groupCommit = createGroupCommit(db);
  return { db, groupCommit, chance: createSeededChance('seed', db, groupCommit) };
}

t.test('turns that are taken before the first of them is committed are different', async (t) => {
  const { chance, groupCommit } = open(t);
  const ids = Array.from({ length: 5 }, () => chance.turn('mine').newId());
  await groupCommit.settled();
  ids.push(chance.turn('mine').newId());
  t.equal(new Set(ids).size, 6);
  t.same(ids, ids.toSorted());
});

t.test('turns go on behind those of the rows, when these were put ahead', async (t) => {
  const { db, chance, groupCommit } = open(t);
  const first = chance.turn('mine').newId();
  await groupCommit.settled();
  const expected = open(t).chance;
  for (let index = 0; index < 7; index++) expected.turn('mine');
  db.prepare('UPDATE turns SET turn = 7').run();
  t.equal(chance.turn('mine').newId(), expected.turn('mine').newId());
  db.prepare('DELETE FROM turns').run();
  chance.forget('mine');
  t.equal(chance.turn('mine').newId(), first, 'and a chatbot that is gone begins anew');
});

t.test('without a seed nothing follows from anything, and nothing need be forgotten', async (t) => {
  let number = 0;
  const chance = createChance(() => `id ${number++}`);
  t.equal(chance.turn('mine').newId(), 'id 0');
  chance.forget('mine');
  t.equal(chance.turn('mine').newId(), 'id 1');
  t.not(chance.turn('mine').random('delay'), chance.turn('mine').random('delay'));
});
