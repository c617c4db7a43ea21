// Reads entries of the journal from the database, a piece at a time: other requests are answered between two pieces.
import type { Database, Statement } from 'better-sqlite3';
import { nextTurn } from '../../timers.ts';
import { type Entry, entryFrom, type RequestRow } from './entry.ts';

/** Which entries to read. What is absent may be anything. */
export interface Selection {
  chatbotId?: string | undefined;
  method?: string | undefined;
  path?: string | undefined;
  /** The lowest and the highest status, or `null` for those that were not answered. */
  status?: readonly [lowest: number, highest: number] | null | undefined;
  /** Whether something was passed through that is otherwise than the contract says. */
  drift?: boolean | undefined;
}

export interface WalkOptions {
  /** `asc` (default): oldest first. */
  order?: 'asc' | 'desc';
  /** The place in the journal behind which to begin, in the order of the walk. */
  after?: number | undefined;
}

/** An entry and its place in the journal. */
export interface Placed {
  seq: number;
  /** What it counts for against the journal's limit. */
  bytes: number;
  entry: Entry;
}

export interface Entries {
  find(id: string): Placed | undefined;
  /** The place of the newest entry; 0 when there is none. */
  newest(): number;
  /** Reads at most `limit` at one go: whoever takes them must not use the database before it is through or breaks off. */
  piece(selection: Selection, options: WalkOptions & { limit: number }): Generator<Placed, void, void>;
  /** Reads on as long as the caller does. */
  walk(selection: Selection, options?: WalkOptions): AsyncGenerator<Placed, void, void>;
}

/** How many rows are read at once, and of large ones how many bytes: each reader holds them until it is through. */
const PIECE = 100;
const PIECE_BYTES = 256 * 1024;
/** How long one who reads on keeps everybody else waiting at a time, in milliseconds. */
const TURN = 5;

interface Parameters {
  chatbotId: string | null;
  method: string | null;
  path: string | null;
  lowest: number | null;
  highest: number | null;
  after: number;
  limit: number;
}

/** Prepares the reading of the journal's table. */
export function createEntries(db: Database): Entries {
  const selectOne = db.prepare<[string], RequestRow>('SELECT * FROM requests WHERE id = ?');
  const selectNewest = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM requests').pluck();
  /** One for each kind of question: with all of them in one, no index would be used. */
  const statements = new Map<string, Statement<[Parameters], RequestRow>>();

  function prepare(sql: string): Statement<[Parameters], RequestRow> {
    const statement = statements.get(sql) ?? db.prepare<[Parameters], RequestRow>(sql);
    statements.set(sql, statement);
    return statement;
  }

  function select(selection: Selection, { order = 'asc', after, limit }: WalkOptions & { limit: number }) {
    const [lowest, highest] = selection.status ?? [null, null];
    const { chatbotId = null, method = null, path = null } = selection;
    const begin = after ?? (order === 'asc' ? 0 : Number.MAX_SAFE_INTEGER);
    const parameters: Parameters = { chatbotId, method, path, lowest, highest, after: begin, limit };
    return { statement: prepare(sqlFor(selection, order)), parameters };
  }

  function readPiece(statement: Statement<[Parameters], RequestRow>, parameters: Parameters) {
    const rows: RequestRow[] = [];
    let bytes = 0;
    for (const row of statement.iterate(parameters)) {
      rows.push(row);
      bytes += row.bytes;
      if (bytes > PIECE_BYTES) return { rows, isLast: false };
    }
    return { rows, isLast: rows.length < PIECE };
  }

  return {
    find(id) {
      const row = selectOne.get(id);
      return row && placedFrom(row);
    },
    newest: () => selectNewest.get() as number,
    *piece(selection, options) {
      const { statement, parameters } = select(selection, options);
      for (const row of statement.iterate(parameters)) yield placedFrom(row);
    },
    async *walk(selection, options) {
      const { statement, parameters } = select(selection, { ...options, limit: PIECE });
      for (;;) {
        let since = performance.now();
        const { rows, isLast } = readPiece(statement, parameters);
        for (const row of rows) {
          yield placedFrom(row);
          if (performance.now() - since < TURN) continue;
          await nextTurn();
          since = performance.now();
        }
        if (isLast) return;
        parameters.after = (rows.at(-1) as RequestRow).seq;
        await nextTurn();
      }
    },
  };
}

const HAS_DRIFT = "json_array_length(upstream, '$.drift') > 0";

/** Made of fixed pieces only; every value is bound. */
function sqlFor({ chatbotId, method, path, status, drift }: Selection, order: 'asc' | 'desc'): string {
  const conditions = [
    order === 'asc' ? 'seq > @after' : 'seq < @after',
    ...(chatbotId === undefined ? [] : ['chatbot_id = @chatbotId']),
    ...(method === undefined ? [] : ['method = @method']),
    ...(path === undefined ? [] : ['path = @path']),
    ...(status === undefined ? [] : [status === null ? 'status IS NULL' : 'status BETWEEN @lowest AND @highest']),
    ...(drift === undefined ? [] : [drift ? HAS_DRIFT : `(${HAS_DRIFT}) IS NOT TRUE`]),
  ];
  return `SELECT * FROM requests WHERE ${conditions.join(' AND ')} ORDER BY seq ${order} LIMIT @limit`;
}

function placedFrom(row: RequestRow): Placed {
  return { seq: row.seq, bytes: row.bytes, entry: entryFrom(row) };
}
