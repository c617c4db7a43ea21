// Rows as the server would store them, put in without it.
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import Sqlite, { type Database } from 'better-sqlite3';
import { createIdGenerator } from '../src/ids.ts';

export const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

/** A new database with the server's tables, written as the server writes with `normal`. */
export function makeDatabase(file: string): Database {
  const { status, stderr } = spawnSync(process.execPath, [cli, 'migrate', '--database', file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`migrate: ${stderr}`);
  return openDatabase(file);
}

export function openDatabase(file: string): Database {
  const db = new Sqlite(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = normal');
  return db;
}

/** Inserts one conversation a call, with ids in the order of this clock. */
export function inserter(db: Database, clock: () => number = Date.now): (chatbotId: string) => void {
  const statement = db.prepare(
    `INSERT INTO conversations (chatbot_id, id, channel_id, name, email, phone, created_at)
     VALUES (?, ?, 'sTjncRDMuTdv65ex4I05', 'John Doe', 'john.doe@example.com', '+4917612345678', ?)`,
  );
  const newId = createIdGenerator(clock, (size) => randomFillSync(new Uint8Array(size)));
  return (chatbotId) => statement.run(chatbotId, newId(), new Date(clock()).toISOString());
}

/** So many for each of these chatbots, in turn, in one transaction. */
export function fill(db: Database, chatbotIds: string[], each: number, clock?: () => number): void {
  const insert = inserter(db, clock);
  db.transaction(() => {
    for (let index = 0; index < each; index++) for (const chatbotId of chatbotIds) insert(chatbotId);
  })();
}
