// What a reset and a snapshot are about: every row of a chatbot's, or of all, and what memory holds of them.
import type { Database, Statement } from 'better-sqlite3';
import type { TokenStore } from '../auth/tokens.ts';
import type { Chance } from '../chance.ts';
import { type AdjustableClock, iso } from '../clock.ts';
import type { GroupCommit } from '../storage/group-commit.ts';
import { createLargeTransaction } from '../storage/large-transaction.ts';
import type { Faults } from './faults/faults.ts';
import type { Fixtures } from './fixtures/fixtures.ts';
import type { Journal } from './requests/journal.ts';
import { prepareSavedState, type SnapshotRow } from './saved-state.ts';

export interface StateContext {
  groupCommit: GroupCommit;
  tokens: TokenStore;
  clock: AdjustableClock;
  chance: Chance;
  journal: Journal;
  faults: Faults;
  fixtures: Fixtures;
}

/** How many there were of what a reset has deleted. */
export interface Deleted {
  conversations: number;
  requests: number;
  faults: number;
  /** These three only where everything was reset. */
  chatbots?: number;
  tokens?: number;
  snapshots?: number;
}

/**
 * The state that a test stands on. Each change is one transaction, and memory follows in the same turn: a request is
 * answered from the state before or after. Without a chatbot, everything is meant.
 */
export interface State {
  /** Takes a chatbot away with everything that belongs to it. Resolves with whether there was any of it. */
  removeChatbot(chatbotId: string): Promise<boolean>;
  removeConversations(chatbotId?: string): Promise<void>;
  /** Deletes what tests have brought about, and puts in what the fixtures declare. */
  reset(chatbotId?: string): Promise<Deleted>;
  /** What a reset would delete now. Changes nothing. */
  previewReset(chatbotId?: string): Promise<Deleted>;
  /** Saves the state under a name, in the place of what had that name. */
  save(name: string, chatbotId?: string): Promise<{ snapshot: SnapshotRow; isNew: boolean }>;
  /** Puts a saved state in the place of the present one. Resolves with `undefined` when there is none of that name. */
  restore(name: string, chatbotId?: string): Promise<SnapshotRow | undefined>;
  /** Resolves with whether there was one. */
  removeSnapshot(name: string, chatbotId?: string): Promise<boolean>;
}

const OF_ONE = {
  conversations: 'DELETE FROM conversations WHERE chatbot_id = ?',
  requests: 'DELETE FROM requests WHERE chatbot_id = ?',
  dropped: 'DELETE FROM dropped_requests WHERE chatbot_id = ?',
  faults: 'DELETE FROM faults WHERE chatbot_id = ?',
};

/** What a reset leaves is the chatbot itself: its channels, tokens and snapshots. */
const RESET_ONE = { ...OF_ONE, seeded: `DELETE FROM seeded WHERE kind = 'conversation' AND chatbot_id = ?` };

const REMOVE = {
  ...OF_ONE,
  chatbot: 'DELETE FROM chatbots WHERE id = ?',
  channels: 'DELETE FROM channels WHERE chatbot_id = ?',
  tokens: 'DELETE FROM tokens WHERE chatbot_id = ?',
  savedConversations: `DELETE FROM snapshot_conversations
     WHERE snapshot IN (SELECT coalesce(rows_key, key) FROM snapshots WHERE chatbot_id = ?)`,
  snapshots: 'DELETE FROM snapshots WHERE chatbot_id = ?',
  turns: 'DELETE FROM turns WHERE chatbot_id = ?',
  seeded: 'DELETE FROM seeded WHERE chatbot_id = ?',
};

/** Everything that belongs to a chatbot. Turns stay, so that no id is ever given twice. */
const RESET_ALL = {
  conversations: 'DELETE FROM conversations',
  requests: 'DELETE FROM requests',
  dropped: 'DELETE FROM dropped_requests',
  faults: 'DELETE FROM faults',
  chatbots: 'DELETE FROM chatbots',
  channels: 'DELETE FROM channels',
  tokens: 'DELETE FROM tokens WHERE chatbot_id IS NOT NULL',
  savedConversations: `DELETE FROM snapshot_conversations
     WHERE snapshot IN (SELECT coalesce(rows_key, key) FROM snapshots WHERE chatbot_id <> '')`,
  snapshots: `DELETE FROM snapshots WHERE chatbot_id <> ''`,
  seeded: `DELETE FROM seeded WHERE chatbot_id <> ''`,
};

/** Prepares what a reset, a restore and a removal do to every table. */
export function createState(db: Database, context: StateContext): State {
  const { tokens, clock, chance, journal, faults, fixtures } = context;
  const transaction = createLargeTransaction(db, context.groupCommit);
  const resetOne = prepareDeletions(db, RESET_ONE);
  const resetAll = prepareDeletions(db, RESET_ALL);
  const countOne = prepareCounts(db, RESET_ONE);
  const countAll = prepareCounts(db, RESET_ALL);
  const remove = prepareDeletions(db, REMOVE);
  const removeConversationsOf = db.prepare<[string]>(OF_ONE.conversations);
  const removeAllConversations = db.prepare<[]>(RESET_ALL.conversations);
  const saved = prepareSavedState(db);

  function forgetClock(chatbotId: string | undefined): void {
    if (chatbotId === undefined) clock.forgetAll();
    else clock.forget(chatbotId);
  }

  function reload(chatbotId: string | undefined): void {
    tokens.reload(chatbotId);
    faults.reload(chatbotId);
  }

  return {
    removeChatbot: (chatbotId) =>
      transaction(
        () => Object.values(remove(chatbotId)).some((changes) => changes > 0),
        () => {
          reload(chatbotId);
          journal.forget(chatbotId);
          chance.forget(chatbotId);
          clock.forget(chatbotId);
        },
      ),

    removeConversations: (chatbotId) =>
      transaction(() => {
        if (chatbotId === undefined) removeAllConversations.run();
        else removeConversationsOf.run(chatbotId);
      }),

    reset: (chatbotId) =>
      transaction(
        () => {
          // Before the fixtures go in: what they declare is dated by the clock as it is after the reset.
          forgetClock(chatbotId);
          const deleted = chatbotId === undefined ? withoutParts(resetAll()) : pickCounts(resetOne(chatbotId));
          fixtures.apply(chatbotId);
          return deleted;
        },
        () => {
          reload(chatbotId);
          journal.forget(chatbotId);
        },
      ),

    async previewReset(chatbotId) {
      await context.groupCommit.settled();
      return chatbotId === undefined ? withoutParts(countAll()) : pickCounts(countOne(chatbotId));
    },

    save: (name, chatbotId) => transaction(() => saved.save(name, chatbotId, iso(clock.now(chatbotId)))),

    restore: (name, chatbotId) =>
      transaction(
        () => saved.restore(name, chatbotId),
        () => {
          reload(chatbotId);
          forgetClock(chatbotId);
        },
      ),

    removeSnapshot: (name, chatbotId) => transaction(() => saved.remove(name, chatbotId)),
  };
}

type Counts<Sql> = Record<keyof Sql, number>;

/** Prepares deletions that run one after the other, and say how many rows each of them took. */
function prepareDeletions<Sql extends Record<string, string>>(
  db: Database,
  sql: Sql,
): (...parameters: string[]) => Counts<Sql> {
  const deletions = Object.entries(sql).map(([name, text]) => [name, prepareDeletion(db, text)] as const);
  return (...parameters) =>
    Object.fromEntries(deletions.map(([name, run]) => [name, run(...parameters)])) as Counts<Sql>;
}

/**
 * Where all rows of a large table are the chatbot's, they are deleted without a condition: SQLite gives up the pages of the
 * table then, and need not take row by row out of them and out of the indexes. Most of all the journal is often full of one.
 */
function prepareDeletion(db: Database, text: string): (...parameters: string[]) => number {
  const deleteSome = db.prepare<string[]>(text);
  const [, table] = /^DELETE FROM (conversations|requests) WHERE chatbot_id = \?$/.exec(text) ?? [];
  if (table === undefined) return (...parameters) => deleteSome.run(...parameters).changes;
  const deleteAll = db.prepare<[]>(`DELETE FROM ${table}`);
  // Two looks into an index; `<>` would go through all of it.
  const hasOthers = db
    .prepare<string[], number>(
      `SELECT EXISTS (SELECT 1 FROM ${table} WHERE chatbot_id < ?) OR EXISTS (SELECT 1 FROM ${table} WHERE chatbot_id > ?)`,
    )
    .pluck();
  return (chatbotId) =>
    (hasOthers.get(chatbotId as string, chatbotId as string) ? deleteSome.run(chatbotId as string) : deleteAll.run())
      .changes;
}

/** Counts what the same deletions would take, each by itself: none of them deletes what another counts. */
function prepareCounts<Sql extends Record<string, string>>(
  db: Database,
  sql: Sql,
): (...parameters: string[]) => Counts<Sql> {
  const statements: [string, Statement<string[], number>][] = Object.entries(sql).map(([name, text]) => [
    name,
    db.prepare<string[], number>(text.replace(/^DELETE/, 'SELECT count(*)')).pluck(),
  ]);
  return (...parameters) =>
    Object.fromEntries(statements.map(([name, statement]) => [name, statement.get(...parameters)])) as Counts<Sql>;
}

function pickCounts({ conversations, requests, faults }: Counts<typeof RESET_ONE>): Deleted {
  return { conversations, requests, faults };
}

function withoutParts(counts: Counts<typeof RESET_ALL>): Deleted {
  const { conversations, requests, faults, chatbots, tokens, snapshots } = counts;
  return { conversations, requests, faults, chatbots, tokens, snapshots };
}
