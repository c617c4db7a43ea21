// The journal: what came in on the data plane, what went out, and why. Bounded, and kept in the database.
import type { Database } from 'better-sqlite3';
import type { Decision } from '../../decisions.ts';
import { type GroupCommit, StorageUnavailableError } from '../../storage/group-commit.ts';

/** One message of an entry. Text bodies are as they came; bytes are a body that is not UTF-8. */
export interface Message {
  headers: Record<string, string | string[]>;
  body?: string | Buffer | undefined;
}

/** One request and its answer, with every credential redacted. */
export interface Entry {
  id: string;
  /** ISO 8601, UTC, by the clock of the chatbot. */
  time: string;
  method: string;
  /** The path as it came, percent-encoded; without the query. */
  path: string;
  query?: string | undefined;
  /** Absent when the request names no chatbot. */
  chatbotId?: string | undefined;
  /** Absent when no answer went out. */
  status?: number | undefined;
  durationMs: number;
  request: Message;
  response: Message;
  decisions: readonly Decision[];
  seed?: string | undefined;
}

/** A row of the table `requests`. */
export interface RequestRow {
  seq: number;
  id: string;
  time: string;
  method: string;
  path: string;
  query: string | null;
  chatbot_id: string;
  status: number | null;
  duration_ms: number;
  request_headers: string;
  request_body: string | Buffer | null;
  response_headers: string;
  response_body: string | Buffer | null;
  decisions: string;
  seed: string | null;
  bytes: number;
}

export interface JournalLimits {
  journalEntries: number;
  journalBytes: number;
}

export interface Journal {
  /** Stores an entry with the next group of writes. Listeners hear of it at once. */
  record(entry: Entry): void;
  /** Calls `listener` with each entry from now on, before its answer leaves. Returns what ends that. */
  subscribe(listener: (entry: Entry) => void): () => void;
  /** Resolves when every entry recorded so far can be read. */
  settled(): Promise<void>;
  /** How many entries the limits have pushed out, of one chatbot or of all. */
  dropped(chatbotId?: string): number;
  /** Reads the sizes anew, after a transaction that took entries out. */
  reload(): void;
}

interface Share {
  entries: number;
  bytes: number;
}

/**
 * Opens the journal. When it is full, the oldest entries of whichever chatbot has the most go first: one that is noisy
 * does not push out what the others did.
 */
export function createJournal(db: Database, groupCommit: GroupCommit, limits: JournalLimits): Journal {
  const insert = db.prepare<[Omit<RequestRow, 'seq'>]>(
    `INSERT INTO requests (id, time, method, path, query, chatbot_id, status, duration_ms, request_headers,
       request_body, response_headers, response_body, decisions, seed, bytes)
     VALUES (@id, @time, @method, @path, @query, @chatbot_id, @status, @duration_ms, @request_headers,
       @request_body, @response_headers, @response_body, @decisions, @seed, @bytes)`,
  );
  const deleteOldest = db.prepare<[string, number], Pick<RequestRow, 'bytes'>>(
    `DELETE FROM requests WHERE seq IN (SELECT seq FROM requests WHERE chatbot_id = ? ORDER BY seq LIMIT ?)
     RETURNING bytes`,
  );
  const countDropped = db.prepare<[string, number]>(
    `INSERT INTO dropped_requests VALUES (?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
  );
  const selectShares = db.prepare<[], Share & { chatbot_id: string }>(
    'SELECT chatbot_id, count(*) AS entries, sum(bytes) AS bytes FROM requests GROUP BY chatbot_id',
  );
  const selectDropped = db
    .prepare<[string | null, string | null], number>(
      'SELECT coalesce(sum(entries), 0) FROM dropped_requests WHERE ? IS NULL OR chatbot_id = ?',
    )
    .pluck();

  const listeners = new Set<(entry: Entry) => void>();
  let shares = new Map<string, Share>();
  let total: Share = { entries: 0, bytes: 0 };
  /** Entries that storage refused, by chatbot. */
  const lost = new Map<string, number>();
  reload();

  function reload(): void {
    shares = new Map(selectShares.all().map(({ chatbot_id, entries, bytes }) => [chatbot_id, { entries, bytes }]));
    total = { entries: 0, bytes: 0 };
    for (const share of shares.values()) add(total, share.entries, share.bytes);
  }

  function store(row: Omit<RequestRow, 'seq'>): void {
    insert.run(row);
    const share = shares.get(row.chatbot_id) ?? { entries: 0, bytes: 0 };
    shares.set(row.chatbot_id, share);
    for (const sum of [share, total]) add(sum, 1, row.bytes);
    while (total.entries > limits.journalEntries) dropFrom(largest('entries'));
    while (total.bytes > limits.journalBytes) dropFrom(largest('bytes'));
  }

  function largest(measure: keyof Share): [string, Share] {
    return [...shares].reduce((most, other) => (other[1][measure] > most[1][measure] ? other : most));
  }

  /** A hundredth at a time: to look for the largest at every single request would cost too much. */
  function dropFrom([chatbotId, share]: [string, Share]): void {
    const rows = deleteOldest.all(chatbotId, Math.ceil(Math.min(share.entries, limits.journalEntries) / 100));
    countDropped.run(chatbotId, rows.length);
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    for (const sum of [share, total]) add(sum, -rows.length, -bytes);
    if (share.entries === 0) shares.delete(chatbotId);
  }

  return {
    record(entry) {
      const row = rowFrom(entry);
      groupCommit
        .write(() => store(row))
        .catch((error) => {
          lost.set(row.chatbot_id, (lost.get(row.chatbot_id) ?? 0) + 1);
          // The sizes were counted before the group failed.
          if (error instanceof StorageUnavailableError && db.open) reload();
        });
      for (const listener of listeners) listener(entry);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settled: () => groupCommit.settled(),
    dropped(chatbotId) {
      const unstored = chatbotId === undefined ? [...lost.values()] : [lost.get(chatbotId) ?? 0];
      const pushedOut = selectDropped.get(chatbotId ?? null, chatbotId ?? null) as number;
      return unstored.reduce((sum, count) => sum + count, pushedOut);
    },
    reload,
  };
}

function add(sum: Share, entries: number, bytes: number): void {
  sum.entries += entries;
  sum.bytes += bytes;
}

function rowFrom(entry: Entry): Omit<RequestRow, 'seq'> {
  const { request, response } = entry;
  const row = {
    id: entry.id,
    time: entry.time,
    method: entry.method,
    path: entry.path,
    query: entry.query ?? null,
    chatbot_id: entry.chatbotId ?? '',
    status: entry.status ?? null,
    duration_ms: entry.durationMs,
    request_headers: JSON.stringify(request.headers),
    request_body: request.body ?? null,
    response_headers: JSON.stringify(response.headers),
    response_body: response.body ?? null,
    decisions: JSON.stringify(entry.decisions),
    seed: entry.seed ?? null,
  };
  const texts = Object.values(row).filter((value) => typeof value === 'string' || Buffer.isBuffer(value));
  return { ...row, bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) };
}

/** The entry of a row. */
export function entryFrom(row: RequestRow): Entry {
  return {
    id: row.id,
    time: row.time,
    method: row.method,
    path: row.path,
    query: row.query ?? undefined,
    chatbotId: row.chatbot_id === '' ? undefined : row.chatbot_id,
    status: row.status ?? undefined,
    durationMs: row.duration_ms,
    request: { headers: JSON.parse(row.request_headers), body: row.request_body ?? undefined },
    response: { headers: JSON.parse(row.response_headers), body: row.response_body ?? undefined },
    decisions: JSON.parse(row.decisions),
    seed: row.seed ?? undefined,
  };
}
