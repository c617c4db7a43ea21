import type { Database } from 'better-sqlite3';
import { setImmediate, setTimeout } from '../timers.ts';
import { describeFailure, isStorageFailure } from './failure.ts';
import { isBusy } from './sqlite-error.ts';

/** A write that was not stored because storage as a whole refused it. The same request may succeed later. */
export class StorageUnavailableError extends Error {
  override name = 'StorageUnavailableError';
}

export interface GroupCommit {
  /**
   * Runs `unit`, which executes one writing statement, in the transaction that this turn of the event loop shares, and
   * resolves with what it returned once that transaction is committed.
   *
   * A unit that throws undoes its own statement and rejects alone; the rest of its group is stored.
   *
   * @throws StorageUnavailableError when SQLite gave up the whole transaction: nothing of the group is stored.
   */
  write<T>(unit: () => T): Promise<T>;
  /**
   * Runs `work` in a transaction of its own, after everything that was asked for before it. What it throws undoes all
   * of it. `committed` runs in the same turn as the commit, so that memory changes together with the rows.
   *
   * @throws StorageUnavailableError when SQLite gave up the transaction
   */
  transaction<T>(work: () => T, committed?: () => void): Promise<T>;
  /** Resolves when everything that was asked for before is committed, or has failed. */
  settled(): Promise<void>;
  /** Resolves when nothing is waiting to be written any more. */
  drain(): Promise<void>;
  /** With what the last group failed as a whole; `undefined` when it was stored. */
  lastFailure(): unknown;
  /** How many writes wait to be committed. */
  pending(): number;
  /** Calls `listener` with each group of writes from now on, once it is committed or has failed as a whole. */
  observe(listener: (group: FinishedGroup) => void): void;
}

/** A group of writes that came to its end. A transaction that was undone by what its own work threw is none. */
export interface FinishedGroup {
  writes: number;
  /** Whether storage refused it as a whole. */
  failed: boolean;
  /** From the first try to begin it, and so with the wait for another process's lock. */
  durationMs: number;
}

export interface GroupCommitOptions {
  /** How long a group waits in all for another process's lock before it is given up, in milliseconds. */
  lockTimeout?: number;
  /** Called before each group: what it throws fails the group. */
  guard?: () => void;
  /** Hears of each group that failed as a whole, with SQLite's own error. */
  onFailure?: (error: unknown, size: number) => void;
  /** Called after each commit. */
  onCommit?: () => void;
  /** Hears of the first group that was stored after one that failed. */
  onRecovery?: () => void;
}

interface Pending {
  unit: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  /** Set on a transaction of its own: what to do in memory once it is committed. */
  committed?: () => void;
  outcome?: { value: unknown } | { error: unknown };
}

/** What stands in the queue to be waited for, and writes nothing. */
const MARKER = (): void => {};

/** Pause between two tries to get a lock that another process holds, in milliseconds. */
const RETRY_PAUSE = 10;

/** Commits all writes of one event-loop turn together: one transaction, and at most one sync, however many requests. */
export function createGroupCommit(db: Database, options: GroupCommitOptions = {}): GroupCommit {
  const {
    lockTimeout = 5000,
    guard = () => {},
    onFailure = () => {},
    onRecovery = () => {},
    onCommit = () => {},
  } = options;
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  let queue: Pending[] = [];
  let scheduled = false;
  let waitingSince: number | undefined;
  let lastFailure: unknown;
  let observer: ((group: FinishedGroup) => void) | undefined;

  function enqueue(pending: Pending): void {
    queue.push(pending);
    if (scheduled) return;
    scheduled = true;
    // Not a micro-task: those run after each request's own callback, and would make groups of one.
    setImmediate(flush);
  }

  function flush(): void {
    const began = waitingSince ?? performance.now();
    try {
      guard();
      begin.run();
    } catch (error) {
      waitingSince = began;
      if (isBusy(error) && performance.now() - began < lockTimeout) {
        setTimeout(flush, RETRY_PAUSE);
        return;
      }
      // Everything that waits has waited for the same lock.
      const waiting = queue;
      queue = [];
      finish(waiting, began, { error });
      return;
    }
    const group = takeGroup();
    let isCommitted = false;
    try {
      for (const pending of group) runUnit(pending);
      if (db.inTransaction) {
        commit.run();
        isCommitted = true;
        onCommit();
      }
    } catch (error) {
      try {
        if (db.inTransaction) rollback.run();
      } finally {
        finish(group, began, { error });
      }
      return;
    }
    finish(group, began, undefined, isCommitted);
  }

  function runUnit(pending: Pending): void {
    try {
      pending.outcome = { value: pending.unit() };
    } catch (error) {
      if (!db.inTransaction || isStorageFailure(error)) throw error;
      pending.outcome = { error };
      // The statement that failed is undone already; of a transaction of several, so must be the others.
      if (pending.committed) rollback.run();
    }
  }

  /** What is committed next: the writes up to the first transaction, or that transaction alone. */
  function takeGroup(): Pending[] {
    const transaction = queue.findIndex(({ committed }) => committed);
    return queue.splice(0, transaction === -1 ? queue.length : Math.max(transaction, 1));
  }

  function finish(group: Pending[], began: number, failure?: { error: unknown }, isCommitted = false): void {
    const isRecovery = isCommitted && lastFailure !== undefined && countWrites(group) > 0;
    waitingSince = undefined;
    if (failure) lastFailure = failure.error;
    else if (isRecovery) lastFailure = undefined;
    if (failure || isCommitted) report(group, began, failure !== undefined);
    scheduled = queue.length > 0;
    if (scheduled) setImmediate(flush);
    if (failure) {
      const reason = new StorageUnavailableError(describeFailure(failure.error), { cause: failure.error });
      for (const { reject } of group) reject(reason);
    } else {
      for (const { outcome, committed, resolve, reject } of group) {
        if (outcome && 'value' in outcome) {
          committed?.();
          resolve(outcome.value);
        } else reject(outcome?.error);
      }
    }
    if (failure) onFailure(failure.error, group.length);
    if (isRecovery) onRecovery();
  }

  function report(group: Pending[], began: number, failed: boolean): void {
    if (!observer) return;
    const writes = countWrites(group);
    if (writes > 0) observer({ writes, failed, durationMs: performance.now() - began });
  }

  function add<T>(unit: () => T, committed?: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      enqueue({ unit, resolve: resolve as (value: unknown) => void, reject, ...(committed && { committed }) });
    });
  }

  /** Stands in the queue behind everything that was asked for before; whether that succeeded is its askers' business. */
  async function settled(): Promise<void> {
    if (scheduled) await add(MARKER).catch(() => {});
  }

  return {
    write: (unit) => add(unit),
    transaction: (work, committed = () => {}) => add(work, committed),
    settled,
    async drain() {
      while (scheduled) await settled();
    },
    lastFailure: () => lastFailure,
    pending: () => countWrites(queue),
    observe(listener) {
      observer = listener;
    },
  };
}

function countWrites(group: readonly Pending[]): number {
  return group.filter(({ unit }) => unit !== MARKER).length;
}
