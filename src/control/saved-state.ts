// The rows behind snapshots: how a state is put aside, and how it comes back.
import type { Database } from 'better-sqlite3';
import { prepareSavedConversations } from './saved-conversations.ts';

/** A row of the table `snapshots`, without the state. */
export interface SnapshotRow {
  key: number;
  /** Empty: of everything. */
  chatbot_id: string;
  name: string;
  created_at: string;
  conversations: number;
}

export interface SavedState {
  save(name: string, chatbotId: string | undefined, createdAt: string): { snapshot: SnapshotRow; isNew: boolean };
  restore(name: string, chatbotId: string | undefined): SnapshotRow | undefined;
  /** @returns whether there was one */
  remove(name: string, chatbotId: string | undefined): boolean;
}

/** The tables that stand in a snapshot's state, with the column that names the chatbot and what belongs to any. */
const TABLES = [
  { name: 'chatbots', chatbot: 'id', any: 'TRUE' },
  { name: 'channels', chatbot: 'chatbot_id', any: 'TRUE' },
  // A token that stands by itself is part of no snapshot.
  { name: 'tokens', chatbot: 'chatbot_id', any: 'chatbot_id IS NOT NULL' },
  { name: 'faults', chatbot: 'chatbot_id', any: 'TRUE' },
  { name: 'seeded', chatbot: 'chatbot_id', any: `chatbot_id <> ''` },
] as const;

type Row = Record<string, string | number | null>;

/** The statements on snapshots, prepared once. Each of these runs in the caller's transaction. */
export function prepareSavedState(db: Database): SavedState {
  const tables = TABLES.map((table) => prepareTable(db, table));
  const turns = prepareTurns(db);
  const conversations = prepareSavedConversations(db);
  const insert = db
    .prepare<[string, string, string, string, number | undefined], number>(
      `INSERT INTO snapshots (chatbot_id, name, created_at, conversations, state, rows_key) VALUES (?, ?, ?, 0, ?, ?)
       RETURNING key`,
    )
    .pluck();
  const setCount = db.prepare<[number, number], SnapshotRow>(
    'UPDATE snapshots SET conversations = ? WHERE key = ? RETURNING key, chatbot_id, name, created_at, conversations',
  );
  const find = db.prepare<[string, string], SnapshotRow & { state: string; rows_key: number }>(
    `SELECT key, chatbot_id, name, created_at, conversations, state, coalesce(rows_key, key) AS rows_key
     FROM snapshots WHERE chatbot_id = ? AND name = ?`,
  );
  const deleteSnapshot = db
    .prepare<[string, string], number>(
      'DELETE FROM snapshots WHERE chatbot_id = ? AND name = ? RETURNING coalesce(rows_key, key)',
    )
    .pluck();

  return {
    remove(name, chatbotId = '') {
      const rowsKey = deleteSnapshot.get(chatbotId, name);
      if (rowsKey === undefined) return false;
      conversations.drop(rowsKey);
      return true;
    },

    save(name, chatbotId, createdAt) {
      const owner = chatbotId ?? '';
      // A new row, not a new state in the old one: lists show the snapshots in the order in which they were taken. The
      // conversations of the old one are what the new one is written upon.
      const rowsKey = deleteSnapshot.get(owner, name);
      const state: Record<string, Row[]> = { turns: turns.read(chatbotId) };
      for (const table of tables) state[table.name] = table.read(chatbotId);
      const key = insert.get(owner, name, createdAt, JSON.stringify(state), rowsKey) as number;
      const snapshot = setCount.get(conversations.save(rowsKey ?? key, chatbotId), key) as SnapshotRow;
      return { snapshot, isNew: rowsKey === undefined };
    },

    restore(name, chatbotId) {
      const found = find.get(chatbotId ?? '', name);
      if (!found) return undefined;
      const { state: text, rows_key: rowsKey, ...snapshot } = found;
      const state: Record<string, Row[]> = JSON.parse(text);
      conversations.restore(rowsKey, chatbotId);
      for (const table of tables) table.replace(chatbotId, state[table.name] as Row[]);
      turns.raise(state['turns'] as Row[]);
      return snapshot;
    },
  };
}

function prepareTable(db: Database, { name, chatbot, any }: (typeof TABLES)[number]) {
  const selectOf = db.prepare<[string], Row>(`SELECT * FROM ${name} WHERE ${chatbot} = ?`);
  const selectAny = db.prepare<[], Row>(`SELECT * FROM ${name} WHERE ${any}`);
  const deleteOf = db.prepare<[string]>(`DELETE FROM ${name} WHERE ${chatbot} = ?`);
  const deleteAny = db.prepare<[]>(`DELETE FROM ${name} WHERE ${any}`);
  const columns = selectAny.columns().map((column) => column.name);
  // The one conflict there can be: a credential that has been registered for somebody else meanwhile. It stays theirs.
  const insert = db.prepare<[Row]>(
    `INSERT INTO ${name} (${columns}) VALUES (${columns.map((column) => `@${column}`)}) ON CONFLICT DO NOTHING`,
  );
  return {
    name,
    read: (chatbotId: string | undefined): Row[] => {
      return chatbotId === undefined ? selectAny.all() : selectOf.all(chatbotId);
    },
    replace(chatbotId: string | undefined, rows: Row[]): void {
      if (chatbotId === undefined) deleteAny.run();
      else deleteOf.run(chatbotId);
      for (const row of rows) insert.run(row);
    },
  };
}

/** Turns never go back: an id that was given after the snapshot is not given again. */
function prepareTurns(db: Database) {
  const selectOf = db.prepare<[string], Row>('SELECT * FROM turns WHERE chatbot_id = ?');
  const selectAll = db.prepare<[], Row>('SELECT * FROM turns');
  const raise = db.prepare<[Row]>(
    'INSERT INTO turns VALUES (@chatbot_id, @turn) ON CONFLICT DO UPDATE SET turn = max(turn, excluded.turn)',
  );
  return {
    read: (chatbotId: string | undefined): Row[] => {
      return chatbotId === undefined ? selectAll.all() : selectOf.all(chatbotId);
    },
    raise(rows: Row[]): void {
      for (const row of rows) raise.run(row);
    },
  };
}
