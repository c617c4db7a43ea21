import type { Database } from 'better-sqlite3';
import { codeOf, isBusy } from './sqlite-error.ts';

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
  /** Resolves when nothing is waiting to be written any more. */
  drain(): Promise<void>;
}

export interface GroupCommitOptions {
  /** How long a group waits in all for another process's lock before it is given up, in milliseconds. */
  lockTimeout?: number;
  /** Hears of each group that failed as a whole, with SQLite's own error. */
  onFailure?: (error: unknown, size: number) => void;
}

interface Pending {
  unit: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  outcome?: { value: unknown } | { error: unknown };
}

/** Pause between two tries to get a lock that another process holds, in milliseconds. */
const RETRY_PAUSE = 10;

/** Commits all writes of one event-loop turn together: one transaction, and at most one sync, however many requests. */
export function createGroupCommit(db: Database, options: GroupCommitOptions = {}): GroupCommit {
  const { lockTimeout = 5000, onFailure = () => {} } = options;
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  let queue: Pending[] = [];
  let scheduled = false;
  let waitingSince: number | undefined;
  let idle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    // Not a micro-task: those run after each request's own callback, and would make groups of one.
    setImmediate(flush);
  }

  function flush(): void {
    try {
      begin.run();
    } catch (error) {
      waitingSince ??= performance.now();
      if (isBusy(error) && performance.now() - waitingSince < lockTimeout) {
        setTimeout(flush, RETRY_PAUSE);
        return;
      }
      finish(takeGroup(), { error });
      return;
    }
    const group = takeGroup();
    try {
      for (const pending of group) runUnit(pending);
      commit.run();
    } catch (error) {
      try {
        if (db.inTransaction) rollback.run();
      } finally {
        finish(group, { error });
      }
      return;
    }
    finish(group);
  }

  function runUnit(pending: Pending): void {
    try {
      pending.outcome = { value: pending.unit() };
    } catch (error) {
      if (!db.inTransaction || isStorageFailure(error)) throw error;
      pending.outcome = { error };
    }
  }

  function takeGroup(): Pending[] {
    const group = queue;
    queue = [];
    scheduled = false;
    waitingSince = undefined;
    return group;
  }

  function finish(group: Pending[], failure?: { error: unknown }): void {
    if (failure) {
      const reason = new StorageUnavailableError(describeFailure(failure.error), { cause: failure.error });
      for (const { reject } of group) reject(reason);
    } else {
      for (const { outcome, resolve, reject } of group) {
        if (outcome && 'value' in outcome) resolve(outcome.value);
        else reject(outcome?.error);
      }
    }
    if (!scheduled) {
      for (const resolve of idle) resolve();
      idle = [];
    }
    if (failure) onFailure(failure.error, group.length);
  }

  return {
    write<T>(unit: () => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        queue.push({ unit, resolve: resolve as (value: unknown) => void, reject });
        schedule();
      });
    },
    drain(): Promise<void> {
      return scheduled ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve();
    },
  };
}

/** Whether an error is about the file as a whole rather than about the one statement that met it. */
function isStorageFailure(error: unknown): boolean {
  return /^SQLITE_(FULL|IOERR|NOMEM|CORRUPT|NOTADB|READONLY|CANTOPEN|BUSY|LOCKED)/.test(codeOf(error));
}

/** Why storage refused, in words for the caller: no path, no statement. */
function describeFailure(error: unknown): string {
  const code = codeOf(error);
  if (code.startsWith('SQLITE_FULL')) return 'the disk is full';
  if (code.startsWith('SQLITE_BUSY')) return 'another process holds the database locked';
  if (code.startsWith('SQLITE_READONLY')) return 'the database is read-only';
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return 'the database file is damaged';
  return 'the database could not be written';
}
