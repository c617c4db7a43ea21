import type { Database } from 'better-sqlite3';
import { setImmediate } from '../timers.ts';
import type { GroupCommit } from './group-commit.ts';

/** What `PRAGMA wal_checkpoint` says: how many pages the log holds, and how many of them are in the main file. */
interface LogState {
  log: number;
  checkpointed: number;
}

/**
 * Transactions that write many rows, without the checkpoint that SQLite would make inside their commit: it can take as
 * long as the rest. The log is brought into the main file once the answer is on its way.
 */
export function createLargeTransaction(db: Database, groupCommit: GroupCommit): GroupCommit['transaction'] {
  const threshold = db.pragma('wal_autocheckpoint', { simple: true }) as number;
  const checkpoint = (mode: string): LogState => (db.pragma(`wal_checkpoint(${mode})`) as [LogState])[0];

  function checkpointWhenDue(): void {
    try {
      const { log, checkpointed } = checkpoint('NOOP');
      if (log >= threshold && checkpointed < log) checkpoint('PASSIVE');
    } catch {
      // The database was closed meanwhile, or the disk is full: closing, or the next commit, does it.
    }
  }

  return async (work, committed) => {
    try {
      return await groupCommit.transaction(() => {
        db.pragma('wal_autocheckpoint = 0');
        return work();
      }, committed);
    } finally {
      // Before the next group: this runs in the same turn as the commit.
      db.pragma(`wal_autocheckpoint = ${threshold}`);
      setImmediate(checkpointWhenDue);
    }
  };
}
