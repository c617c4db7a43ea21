// How long a test suite waits for the control plane: each figure is a whole request, on a connection that is kept, to a
// server with a file, a full journal and other chatbots' rows.
import { statSync } from 'node:fs';
import path from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { call, timed } from '../admin.ts';
import { OURS, ours } from '../contestants.ts';
import type { Part, Run } from '../part.ts';
import { cli, fill, inserter, openDatabase } from '../rows.ts';
import { post, type Server, start, timeOf } from '../server.ts';
import { waitFor, waitInFullJournal } from '../waits.ts';

const BIG = 'big';
const SMALL = 'small';
const MANY = 10_000;
const FEW = 100;
const OTHERS = Array.from({ length: 200 }, (_, index) => `chatbot-${index}`);
const EACH = 1000;

export const RESET_FEW = `reset, ${FEW} rows`;
export const RESET_MANY = 'reset, 10,000 rows';
export const SNAPSHOT_NEW = 'snapshot of 10,000 rows';
export const SNAPSHOT_AGAIN = 'snapshot of 10,000 rows, in the place of one';
export const RESTORE_SAME = 'restore of 10,000 rows, none differs';
export const RESTORE_FEW = 'restore of 10,000 rows, 1 % differ';
export const RESTORE_ALL = 'restore of 10,000 rows, all deleted';
const PLAIN = 'plain SQLite: 10,000 rows inserted';

export const state: Part = {
  name: 'state',
  title: 'Reset, snapshot, restore and wait',
  reference: OURS,
  seconds: { full: 75, quick: 14 },
  run,
};

async function run({ quick, figures, say }: Run): Promise<void> {
  const rounds = quick ? 2 : 15;
  // Not counted: a server that has just started runs code that V8 has not compiled yet.
  const warmUp = quick ? 2 : 5;
  let counted = false;
  const server = await start(ours());
  const db = openDatabase(path.join(server.folder, 'stub.sqlite'));
  const note = async (what: string, work: () => Promise<unknown>) => {
    const took = await timed(work);
    if (counted) figures.add(OURS, what, 'ms', took);
  };
  try {
    say(0, 'filling');
    fill(db, OTHERS, EACH);
    fill(db, [BIG], MANY);
    fillJournal(db);
    await call(server, 'PUT', `/snapshots/base?chatbotId=${BIG}`);
    for (let round = 1 - warmUp; round <= rounds; round++) {
      counted = round >= 1;
      say((0.75 * (round - 1 + warmUp)) / (rounds + warmUp), counted ? `round ${round} of ${rounds}` : 'warming up');
      const plain = plainInsert(db, server.folder);
      if (counted) figures.add(OURS, PLAIN, 'ms', plain);
      await createOverHttp(server, SMALL, FEW);
      await note(RESET_FEW, () => call(server, 'POST', `/reset?chatbotId=${SMALL}`));

      await note(SNAPSHOT_NEW, () => call(server, 'PUT', `/snapshots/new?chatbotId=${BIG}`));
      await call(server, 'DELETE', `/snapshots/new?chatbotId=${BIG}`);
      await note(SNAPSHOT_AGAIN, () => call(server, 'PUT', `/snapshots/base?chatbotId=${BIG}`));
      const restore = () => call(server, 'POST', `/snapshots/base/restore?chatbotId=${BIG}`);
      await note(RESTORE_SAME, restore);
      changeAFew(db);
      await note(RESTORE_FEW, restore);
      expectRows(db, MANY);
      await note(RESET_MANY, () => call(server, 'POST', `/reset?chatbotId=${BIG}`));
      expectRows(db, 0);
      await note(RESTORE_ALL, restore);
      expectRows(db, MANY);
      await note('a chatbot made', () => call(server, 'POST', '/chatbots'));
      await note('a small answer, for comparison', () => call(server, 'GET', `/snapshots?chatbotId=${BIG}`));
    }
    for (let round = 1; round <= Math.ceil(rounds / 5); round++) {
      say(0.75, `back-up, round ${round}`);
      const copy = path.join(server.folder, 'copy.sqlite');
      const command = [process.execPath, cli, 'backup', copy, '--force', '--database', db.name];
      const what = `back-up of ${OTHERS.length * EACH + MANY} conversations, beside the server`;
      figures.add(OURS, what, 'ms', await timeOf(command));
      figures.add(OURS, 'size of that back-up', 'MB', statSync(copy).size / 1e6);
    }
    // By themselves: what 500 connections leave behind would be measured with the others.
    for (let round = 0; round <= rounds; round++) {
      say(0.8 + (0.2 * round) / (rounds + 1), `waits, round ${round} of ${rounds}`);
      counted = round >= 1;
      const waits = {
        'a wait answered, 500 others waiting': await waitFor(server, 500, round),
        'a wait answered, 500 others reading a full journal': await waitInFullJournal(server, 500, round),
      };
      for (const [what, took] of Object.entries(waits)) if (counted) figures.add(OURS, what, 'ms', took);
    }
  } finally {
    db.close();
    await server.close();
  }
}

/** As tests bring them about: each with an entry in the journal. */
async function createOverHttp(server: Server, chatbotId: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const { status } = await post(`${server.url}/v1/inbox/${chatbotId}/conversations`);
    if (status !== 201) throw new Error(`a conversation for ${chatbotId}: ${status}`);
  }
}

/** A hundredth of the rows: some are gone, some are different, some are new. */
function changeAFew(db: Database): void {
  const third = Math.floor(MANY / 100 / 3);
  const ids = db.prepare<[string], string>('SELECT id FROM conversations WHERE chatbot_id = ?').pluck().all(BIG);
  const every = Math.floor(ids.length / (2 * third));
  const [remove, change] = [
    db.prepare('DELETE FROM conversations WHERE chatbot_id = ? AND id = ?'),
    db.prepare(`UPDATE conversations SET name = 'Jane Roe' WHERE chatbot_id = ? AND id = ?`),
  ];
  const insert = inserter(db);
  db.transaction(() => {
    for (let index = 0; index < third; index++) {
      remove.run(BIG, ids[2 * index * every]);
      change.run(BIG, ids[(2 * index + 1) * every]);
      insert(BIG);
    }
    insert(BIG);
  })();
}

function expectRows(db: Database, expected: number): void {
  const count = db.prepare<[string], number>('SELECT count(*) FROM conversations WHERE chatbot_id = ?').pluck();
  const found = count.get(BIG);
  if (found !== expected) throw new Error(`${found} conversations in the place of ${expected}`);
}

/** The same rows into an empty table of the same make, in a file of its own. */
function plainInsert(like: Database, folder: string): number {
  const file = path.join(folder, `plain-${performance.now()}.sqlite`);
  const db = new Sqlite(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = normal');
  const sql = like.prepare<[], string>(`SELECT sql FROM sqlite_schema WHERE name = 'conversations'`).pluck();
  db.exec(sql.get() as string);
  const began = performance.now();
  fill(db, [BIG], MANY);
  const took = performance.now() - began;
  db.close();
  return took;
}

/** To its bound, of which each of the others has brought the same. */
function fillJournal(db: Database): void {
  const headers = JSON.stringify({ 'content-type': 'application/json', 'user-agent': 'bench', host: '127.0.0.1' });
  const statement = db.prepare(
    `INSERT INTO requests (id, time, method, path, chatbot_id, status, duration_ms, request_headers, request_body,
       response_headers, decisions, bytes)
     VALUES (?, '2026-11-23T12:00:00.000Z', 'POST', '/v1/inbox/x/conversations', ?, 201, 0.8, ?, '{}', ?, '[]', 500)`,
  );
  db.transaction(() => {
    for (let index = 0; index < 10_000; index++) {
      statement.run(`request-${index}`, OTHERS[index % OTHERS.length], headers, headers);
    }
  })();
}
