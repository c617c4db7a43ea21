// How many entries of each chatbot the journal no longer has.
import type { Database } from 'better-sqlite3';

export interface Dropped {
  /** To be called in a group of writes. */
  add(chatbotId: string, count: number): void;
  /** How many of one chatbot, or of all. */
  count(chatbotId?: string): number;
}

/** Opens the counts. Beyond `mostRows`, chatbots that have no entry left share one row: that of the empty id. */
export function createDropped(db: Database, mostRows: number): Dropped {
  const upsert = db.prepare<[string, number]>(
    `INSERT INTO dropped_requests VALUES (?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
  );
  const countRows = db.prepare<[], number>('SELECT count(*) FROM dropped_requests').pluck();
  const deleteGone = db
    .prepare<[], number>(
      `DELETE FROM dropped_requests WHERE chatbot_id <> '' AND NOT EXISTS
         (SELECT 1 FROM requests WHERE requests.chatbot_id = dropped_requests.chatbot_id) RETURNING entries`,
    )
    .pluck();
  const sum = db
    .prepare<[string | null, string | null], number>(
      'SELECT coalesce(sum(entries), 0) FROM dropped_requests WHERE ? IS NULL OR chatbot_id = ?',
    )
    .pluck();
  /** How many rows there are at most: they are not counted at every single addition. */
  let rows = Number.POSITIVE_INFINITY;

  return {
    add(chatbotId, count) {
      upsert.run(chatbotId, count);
      if (++rows <= mostRows) return;
      rows = countRows.get() as number;
      if (rows <= mostRows) return;
      const gone = deleteGone.all();
      if (gone.length > 0) upsert.run('', total(gone));
      rows -= gone.length - 1;
    },
    count: (chatbotId) => sum.get(chatbotId ?? null, chatbotId ?? null) as number,
  };
}

function total(counts: Iterable<number>): number {
  return [...counts].reduce((sum, count) => sum + count, 0);
}
