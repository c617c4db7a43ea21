// Snapshots are written and restored as differences: what is there afterwards must be the same to the byte.
import path from 'node:path';
import type { Database } from 'better-sqlite3';
import t, { type Test } from 'tap';
import { prepareSavedState, type SnapshotRow } from '../../src/control/saved-state.ts';
import { migrate, shippedMigrations } from '../../src/storage/migrate.ts';
import { closeDatabase, openDatabase } from '../../src/storage/open.ts';

const NOW = '2026-01-01T00:00:00.000Z';

/** Ids that are easily taken for one another. */
const CHATBOTS = ['shop', 'Shop', 'shop ', 'shop\u0000', 'sho', 'shopp', 'a/b', 'ß', 'ss', '🏳️‍🌈', '%', '*'];
const TEXTS = ['', ' ', 'Ada', 'ada', 'Ada ', 'Ada\u0000', 'Ada\u0000x', 'é', 'e\u0301', '1', '1.0', '01', 'NULL'];

interface Room {
  db: Database;
  /** The conversations of a chatbot, or all, to the byte, in the order of a list. */
  read(chatbotId?: string): unknown[];
  /** Those of all other chatbots. */
  readOthers(chatbotId?: string): unknown[];
  save(name: string, chatbotId?: string): { snapshot: SnapshotRow; isNew: boolean };
  restore(name: string, chatbotId?: string): void;
  remove(name: string, chatbotId?: string): void;
  /** How many rows this work has written. */
  changesOf(work: () => void): number;
}

function open(t: Test, migrations = shippedMigrations()): Database {
  const file = path.join(t.testdir(), 'stub.sqlite');
  const { db } = openDatabase({ file, durability: 'normal', migrations, lockTimeout: 0 });
  t.teardown(() => closeDatabase(db));
  return db;
}

function roomIn(db: Database): Room {
  const saved = prepareSavedState(db);
  const columns = ['chatbot_id', 'id', 'channel_id', 'name', 'email', 'phone', 'created_at'];
  const bytes = columns.map((column) => `typeof(${column}), hex(CAST(${column} AS BLOB))`);
  const prepareRead = (where: string) =>
    db.prepare(`SELECT ${bytes} FROM conversations WHERE ${where} ORDER BY chatbot_id, id`).raw();
  const [select, selectOthers] = [prepareRead('ifnull(chatbot_id = ?, TRUE)'), prepareRead('chatbot_id <> ?')];
  const changes = db.prepare<[], number>('SELECT total_changes()').pluck();
  return {
    db,
    read: (chatbotId = undefined) => select.all(chatbotId),
    readOthers: (chatbotId = undefined) => selectOthers.all(chatbotId),
    save: (name, chatbotId) => db.transaction(() => saved.save(name, chatbotId, NOW))(),
    restore: (name, chatbotId) => void db.transaction(() => saved.restore(name, chatbotId))(),
    remove: (name, chatbotId) => void db.transaction(() => saved.remove(name, chatbotId))(),
    changesOf(work) {
      const before = changes.get() as number;
      work();
      return (changes.get() as number) - before;
    },
  };
}

/** The same numbers in every run: what fails can be looked at again. */
function createDice(seed: number) {
  let state = seed;
  const roll = (sides: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
  return { roll, pick: <T>(values: readonly T[]): T => values[roll(values.length)] as T };
}

/** Adds, changes and deletes conversations as any program may, ids that were there before among them. */
function edit({ db }: Room, { roll, pick }: ReturnType<typeof createDice>, edits: number): void {
  const put = db.prepare('INSERT OR REPLACE INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?)');
  const text = () => pick(TEXTS);
  const orNull = () => (roll(3) === 0 ? null : text());
  for (let index = 0; index < edits; index++) {
    const chatbotId = pick(CHATBOTS);
    const id = pick([...TEXTS, String(roll(40))]);
    const one = db.prepare('SELECT 1 FROM conversations WHERE chatbot_id = ? AND id = ?').get(chatbotId, id);
    if (!one) put.run(chatbotId, id, text(), text(), orNull(), orNull(), text());
    else db.prepare(`${pick(CHANGES)} WHERE chatbot_id = ? AND id ${pick(['=', '=', '>='])} ?`).run(chatbotId, id);
  }
}

const CHANGES = [
  'DELETE FROM conversations',
  ...[
    'name = upper(name)',
    `name = name || ' '`,
    `name = name || char(0)`,
    `email = iif(email IS NULL, '', NULL)`,
    `phone = iif(phone IS NULL, '', NULL)`,
    `channel_id = '1'`,
    `created_at = created_at || '1'`,
  ].map((change) => `UPDATE conversations SET ${change}`),
];

t.test('whatever was added, changed and deleted, a restore brings every byte back, and touches no other', async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const room = roomIn(open(t));
    const dice = createDice(seed);
    const saved = new Map<string, { name: string; chatbotId: string | undefined; rows: unknown[] }>();
    for (let step = 0; step < 16; step++) {
      edit(room, dice, dice.pick([0, 1, 5, 200]));
      const chatbotId = dice.roll(4) === 0 ? undefined : dice.pick(CHATBOTS.slice(0, 4));
      const name = dice.pick(['base', 'other']);
      const key = JSON.stringify([name, chatbotId]);
      const [before, others] = [room.read(chatbotId), room.readOthers(chatbotId)];
      const known = saved.get(key);
      if (known && dice.roll(2) === 0) {
        room.restore(name, chatbotId);
        t.same(room.read(chatbotId), known.rows, `seed ${seed}: restored`);
      } else {
        const { snapshot, isNew } = room.save(name, chatbotId);
        t.same([snapshot.conversations, isNew], [before.length, !known], `seed ${seed}: saved`);
        t.same(room.read(chatbotId), before);
        saved.set(key, { name, chatbotId, rows: before });
      }
      t.same(room.readOthers(chatbotId), others, `seed ${seed}: others`);
    }
    for (const { name, chatbotId, rows } of saved.values()) {
      room.restore(name, chatbotId);
      t.same(room.read(chatbotId), rows, `seed ${seed}: at the end`);
    }
  }
});

const INSERT_MANY = `INSERT INTO conversations WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  SELECT ?, printf('%020d', i), 'web', 'Ada', 'ada@example.com', NULL, '${NOW}' FROM n`;

t.test('only what differs is written, by a restore and by a snapshot in the place of another', async (t) => {
  for (const chatbotId of ['mine', undefined]) {
    const room = roomIn(open(t));
    room.db.prepare(INSERT_MANY).run('mine');
    room.save('base', chatbotId);
    // Three for the row of the snapshot itself: it goes, comes and is counted.
    room.db.exec(`UPDATE conversations SET phone = '1' WHERE id LIKE '%77'`);
    t.equal(
      room.changesOf(() => room.save('base', chatbotId)),
      3 + 10,
    );
    t.equal(
      room.changesOf(() => room.restore('base', chatbotId)),
      0,
    );
    room.db.exec(`DELETE FROM conversations WHERE id LIKE '%88'`);
    room.db.exec(
      `INSERT INTO conversations SELECT chatbot_id, id || 'x', '', '', '', '', '' FROM conversations LIMIT 5`,
    );
    t.equal(
      room.changesOf(() => room.restore('base', chatbotId)),
      10 + 5,
    );
  }
});

t.test('a snapshot goes with every row of it, however often it has taken the place of another', async (t) => {
  const room = roomIn(open(t));
  const count = room.db.prepare('SELECT count(*) FROM snapshot_conversations').pluck();
  room.db.prepare(INSERT_MANY).run('mine');
  room.save('stays', 'mine');
  const keys = [1, 2, 3].map(() => room.save('goes', 'mine').snapshot.key);
  t.equal(new Set(keys).size, 3, 'each is listed as a new one');
  t.equal(count.get(), 2000);
  room.remove('goes', 'mine');
  t.equal(count.get(), 1000);
  const state = room.read();
  room.db.exec('DELETE FROM conversations');
  room.restore('stays', 'mine');
  t.same(room.read(), state);
});

t.test('snapshots of an earlier release are restored, and can be taken anew', async (t) => {
  const db = open(t, shippedMigrations().slice(0, 2));
  for (const chatbotId of ['mine', 'other']) db.prepare(INSERT_MANY).run(chatbotId);
  const saved = `INSERT INTO snapshot_conversations SELECT key, c.* FROM snapshots AS s JOIN conversations AS c
    ON s.chatbot_id IN ('', c.chatbot_id)`;
  const nothing = JSON.stringify({ turns: [], chatbots: [], channels: [], tokens: [], faults: [], seeded: [] });
  db.prepare(
    `INSERT INTO snapshots (chatbot_id, name, created_at, conversations, state)
     VALUES ('', 'base', @now, 2000, @nothing), ('mine', 'base', @now, 1000, @nothing)`,
  ).run({ now: NOW, nothing });
  db.exec(saved);

  t.match(migrate(db, shippedMigrations()), ['0003_snapshots_as_differences']);
  const room = roomIn(db);
  const [all, mine] = [room.read(), room.read('mine')];
  db.exec(`DELETE FROM conversations WHERE id LIKE '%1'; UPDATE conversations SET name = 'changed'`);
  room.restore('base', 'mine');
  t.same(room.read('mine'), mine);
  room.restore('base');
  t.same(room.read(), all);

  db.exec(`DELETE FROM conversations WHERE chatbot_id = 'mine' AND id LIKE '%1'`);
  const fewer = room.read('mine');
  t.equal(room.save('base', 'mine').isNew, false);
  room.restore('base');
  t.same(room.read(), all);
  room.restore('base', 'mine');
  t.same(room.read('mine'), fewer);
});
