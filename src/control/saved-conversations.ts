// How the conversations of a snapshot are put aside and come back: from table to table, without passing through memory, and
// only what differs is written. Both tables are clustered alike, so that to compare them is to walk along both once.
import type { Database } from 'better-sqlite3';

export interface SavedConversations {
  /**
   * Puts those of a chatbot, or all, in the place of what is saved under this key.
   *
   * @returns how many there are
   */
  save(key: number, chatbotId: string | undefined): number;
  /** Puts what is saved under this key in the place of those of a chatbot, or of all. */
  restore(key: number, chatbotId: string | undefined): void;
  drop(key: number): void;
}

interface Parameters {
  key: number;
  chatbotId: string | undefined;
}

/** Rows that are made to hold what others hold. */
interface Side {
  /** The table, and which of its rows are meant. */
  rows: string;
  /** What an insertion names before its rows, and what it puts there. */
  into: string;
  first: string;
}

/** Prepares the statements. Each of these runs in the caller's transaction. */
export function prepareSavedConversations(db: Database): SavedConversations {
  const ofOne = prepareScope(db, 'chatbot_id = @chatbotId', 'id');
  const ofAll = prepareScope(db, 'TRUE', 'chatbot_id, id');
  const drop = db.prepare<[number]>('DELETE FROM snapshot_conversations WHERE snapshot = ?');
  const scopeOf = (chatbotId: string | undefined) => (chatbotId === undefined ? ofAll : ofOne);
  return {
    save: (key, chatbotId) => scopeOf(chatbotId).save({ key, chatbotId }),
    restore: (key, chatbotId) => void scopeOf(chatbotId).restore({ key, chatbotId }),
    drop: (key) => void drop.run(key),
  };
}

/** @param id what tells one of these conversations from the others */
function prepareScope(db: Database, where: string, id: string) {
  const conversations: Side = {
    rows: `conversations WHERE ${where}`,
    into: 'conversations (',
    first: '',
  };
  const saved: Side = {
    rows: `snapshot_conversations WHERE snapshot = @key AND ${where}`,
    into: 'snapshot_conversations (snapshot, ',
    first: '@key, ',
  };
  return {
    save: prepareCopy(db, conversations, saved, id),
    restore: prepareCopy(db, saved, conversations, id),
  };
}

const COLUMNS = 'chatbot_id, id, channel_id, name, email, phone, created_at';

/** Makes one side hold what the other holds. Returns how many rows that is. */
function prepareCopy(db: Database, from: Side, to: Side, id: string): (parameters: Parameters) => number {
  const inOrder = `ORDER BY ${id}`;
  const deleteGone = db.prepare<[Parameters]>(
    `DELETE FROM ${to.rows} AND (${id}) IN (SELECT ${id} FROM ${to.rows} EXCEPT SELECT ${id} FROM ${from.rows} ${inOrder})`,
  );
  const insert = `INTO ${to.into}${COLUMNS}) SELECT ${to.first}${COLUMNS} FROM`;
  const insertAll = db.prepare<[Parameters]>(`INSERT ${insert} ${from.rows}`);
  // With columns that are compared as they are, byte by byte, and NULL with NULL.
  const insertDifferent = db.prepare<[Parameters]>(
    `INSERT OR REPLACE ${insert} (SELECT ${COLUMNS} FROM ${from.rows} EXCEPT SELECT ${COLUMNS} FROM ${to.rows} ${inOrder})`,
  );
  const isEmpty = db.prepare<[Parameters], number>(`SELECT NOT EXISTS (SELECT 1 FROM ${to.rows})`).pluck();
  const count = db.prepare<[Parameters], number>(`SELECT count(*) FROM ${to.rows}`).pluck();
  return (parameters) => {
    deleteGone.run(parameters);
    // Where nothing is left to compare with, SQLite need not keep the rows apart until it has compared them all.
    if (isEmpty.get(parameters)) return insertAll.run(parameters).changes;
    insertDifferent.run(parameters);
    return count.get(parameters) as number;
  };
}
