// The journal: what came in on the data plane, what went out, and why. Bounded, and kept in the database.
import type { Database } from 'better-sqlite3';
import { type GroupCommit, StorageUnavailableError } from '../../storage/group-commit.ts';
import { createDropped } from './dropped.ts';
import { type Entry, type RequestRow, rowFrom } from './entry.ts';

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
  /** How many entries the limits have pushed out or storage has refused, of one chatbot or of all. */
  dropped(chatbotId?: string): number;
  /** The same since this journal was opened, of all: a number that no clearing takes back. */
  droppedSinceStart(): number;
  /** How much there is in it. */
  size(): { entries: number; bytes: number };
  /** Removes every entry of one chatbot, or of all, and the counts of those dropped. */
  clear(chatbotId?: string): Promise<void>;
  /** Says that a transaction has taken out every entry of one chatbot, or of all, and the counts of those dropped. */
  forget(chatbotId?: string): void;
}

interface Share {
  entries: number;
  bytes: number;
}

/** The oldest entries of a chatbot, which go. */
interface Cut extends Share {
  chatbot_id: string;
  /** The place of the newest of them. */
  last: number;
}

/**
 * Opens the journal. When it is full, the oldest entries of the chatbot that has the most go if it has more than a tenth
 * of what the journal may hold, else the oldest of all: one that is noisy does not push out what the others did, and what
 * many did long ago does not push out what is done now.
 */
export function createJournal(db: Database, groupCommit: GroupCommit, limits: JournalLimits): Journal {
  // By place: to find sixteen values by their names costs as much as to store them.
  const insert = db.prepare<RequestRow[keyof RequestRow][]>(
    `INSERT INTO requests (id, time, method, path, query, chatbot_id, status, duration_ms, request_headers,
       request_body, response_headers, response_body, decisions, seed, bytes, upstream)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // Summed up first and deleted as a range: a deletion that returns each row takes half as long again.
  const selectOldest = db.prepare<[number], Cut>(
    `SELECT chatbot_id, count(*) AS entries, sum(bytes) AS bytes, max(seq) AS last
     FROM (SELECT chatbot_id, bytes, seq FROM requests ORDER BY seq LIMIT ?) GROUP BY chatbot_id`,
  );
  const selectOldestOf = db.prepare<[string, number], Cut>(
    `SELECT chatbot_id, count(*) AS entries, sum(bytes) AS bytes, max(seq) AS last
     FROM (SELECT chatbot_id, bytes, seq FROM requests WHERE chatbot_id = ? ORDER BY seq LIMIT ?) GROUP BY chatbot_id`,
  );
  const deleteUpTo = db.prepare<[number]>('DELETE FROM requests WHERE seq <= ?');
  const deleteUpToOf = db.prepare<[number, string]>('DELETE FROM requests WHERE seq <= ? AND chatbot_id = ?');
  const selectShares = db.prepare<[], Share & { chatbot_id: string }>(
    'SELECT chatbot_id, count(*) AS entries, sum(bytes) AS bytes FROM requests GROUP BY chatbot_id',
  );
  const dropped = createDropped(db, limits.journalEntries);

  const deleteAll = ['requests', 'dropped_requests'].map((table) => db.prepare(`DELETE FROM ${table}`));
  const deleteOf = ['requests', 'dropped_requests'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE chatbot_id = ?`),
  );

  const listeners = new Set<(entry: Entry) => void>();
  let shares = new Map<string, Share>();
  let total: Share = { entries: 0, bytes: 0 };
  /** Whether `shares` and `total` may be wrong. */
  let isStale = true;
  /** Entries that storage refused, by chatbot, until it takes their number. */
  let lost = new Map<string, number>();
  /** What was in `lost` before the group that is being written. */
  let writtenOff = new Map<string, number>();
  let droppedSinceStart = 0;

  function measure(): void {
    shares = new Map(selectShares.all().map(({ chatbot_id, entries, bytes }) => [chatbot_id, { entries, bytes }]));
    total = { entries: 0, bytes: 0 };
    for (const share of shares.values()) add(total, share.entries, share.bytes);
    isStale = false;
  }

  /** Returns how many entries had to go for it. */
  function store(row: Omit<RequestRow, 'seq'>): number {
    if (isStale) measure();
    insert.run(
      row.id,
      row.time,
      row.method,
      row.path,
      row.query,
      row.chatbot_id,
      row.status,
      row.duration_ms,
      row.request_headers,
      row.request_body,
      row.response_headers,
      row.response_body,
      row.decisions,
      row.seed,
      row.bytes,
      row.upstream,
    );
    if (lost.size > 0) {
      [writtenOff, lost] = [lost, new Map()];
      for (const [chatbotId, count] of writtenOff) dropped.add(chatbotId, count);
    }
    const share = shares.get(row.chatbot_id) ?? { entries: 0, bytes: 0 };
    shares.set(row.chatbot_id, share);
    for (const sum of [share, total]) add(sum, 1, row.bytes);
    let cut = 0;
    while (total.entries > limits.journalEntries) cut += makeRoom('entries', limits.journalEntries);
    while (total.bytes > limits.journalBytes) cut += makeRoom('bytes', limits.journalBytes);
    return cut;
  }

  /** @param cut how many entries had to go for it */
  function stored(cut: number): void {
    droppedSinceStart += cut;
    writtenOff.clear();
  }

  function notStored(chatbotId: string, error: unknown): void {
    droppedSinceStart += 1;
    lose(chatbotId, 1);
    if (!(error instanceof StorageUnavailableError)) return;
    // Both were counted before the group failed.
    isStale = true;
    for (const [chatbotId, count] of writtenOff) lose(chatbotId, count);
    writtenOff.clear();
  }

  /** Bounded like the counts that are stored. */
  function lose(chatbotId: string, count: number): void {
    const key = lost.has(chatbotId) || lost.size < limits.journalEntries ? chatbotId : '';
    lost.set(key, (lost.get(key) ?? 0) + count);
  }

  /** The chatbot that has the most; among equals the one that was heard of first. */
  function largest(size: keyof Share): string {
    let [largestId, most] = ['', 0];
    for (const [chatbotId, share] of shares) {
      if (share[size] > most) [largestId, most] = [chatbotId, share[size]];
    }
    return largestId;
  }

  /**
   * A hundredth at a time: to look for the largest at every single request would cost too much. Returns how many entries
   * went.
   */
  function makeRoom(size: keyof Share, limit: number): number {
    const chatbotId = largest(size);
    const share = shares.get(chatbotId) as Share;
    const isNoisy = share[size] > limit / 10 && share.entries < total.entries;
    const cuts = isNoisy
      ? selectOldestOf.all(chatbotId, hundredth(share.entries))
      : selectOldest.all(hundredth(total.entries));
    const last = Math.max(...cuts.map((cut) => cut.last));
    if (isNoisy) deleteUpToOf.run(last, chatbotId);
    else deleteUpTo.run(last);
    let gone = 0;
    for (const { chatbot_id, entries, bytes } of cuts) {
      gone += entries;
      dropped.add(chatbot_id, entries);
      const owner = shares.get(chatbot_id);
      if (owner) for (const sum of [owner, total]) add(sum, -entries, -bytes);
      else isStale = true;
      if (owner?.entries === 0) shares.delete(chatbot_id);
    }
    // Another process may work on the same file, and has put in or taken out what is not known here.
    if (isStale || gone === 0) measure();
    return gone;
  }

  function hundredth(entries: number): number {
    return Math.ceil(Math.min(entries, limits.journalEntries) / 100);
  }

  function forget(chatbotId?: string): void {
    if (chatbotId === undefined) {
      lost.clear();
      isStale = true;
      return;
    }
    lost.delete(chatbotId);
    const { entries, bytes } = shares.get(chatbotId) ?? { entries: 0, bytes: 0 };
    add(total, -entries, -bytes);
    shares.delete(chatbotId);
  }

  return {
    record(entry) {
      const row = rowFrom(entry);
      groupCommit.write(() => store(row)).then(stored, (error) => notStored(row.chatbot_id, error));
      for (const listener of listeners) listener(entry);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settled: () => groupCommit.settled(),
    dropped(chatbotId) {
      const unstored = chatbotId === undefined ? [...lost.values()] : [lost.get(chatbotId) ?? 0];
      return unstored.reduce((sum, count) => sum + count, dropped.count(chatbotId));
    },
    droppedSinceStart: () => droppedSinceStart,
    size() {
      if (isStale) measure();
      return { ...total };
    },
    async clear(chatbotId) {
      const [statements, parameters] = chatbotId === undefined ? [deleteAll, []] : [deleteOf, [chatbotId]];
      const work = (): void => {
        for (const statement of statements) statement.run(...parameters);
      };
      await groupCommit.transaction(work, () => forget(chatbotId));
    },
    forget,
  };
}

function add(sum: Share, entries: number, bytes: number): void {
  sum.entries += entries;
  sum.bytes += bytes;
}
