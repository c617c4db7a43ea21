import type { Database } from 'better-sqlite3';
import { setImmediate } from '../timers.ts';
import { checkpoint, setCheckpointInCommit } from './checkpoints.ts';
import type { GroupCommit } from './group-commit.ts';

/**
 * Transactions that write many rows, without the checkpoint that SQLite would make inside their commit: it can take as
 * long as the rest. The log is brought into the main file once the answer is on its way.
 */
export function createLargeTransaction(db: Database, groupCommit: GroupCommit): GroupCommit['transaction'] {
  const inCommit = (): number => db.pragma('wal_autocheckpoint', { simple: true }) as number;

  function checkpointWhenDue(): void {
    try {
      const { log, checkpointed } = checkpoint(db, 'NOOP');
      if (log >= inCommit() && checkpointed < log) checkpoint(db, 'PASSIVE');
    } catch {
      // The database was closed meanwhile, or the disk is full: closing, or the next commit, does it.
    }
  }

  return async (work, committed) => {
    let threshold: number | undefined;
    try {
      return await groupCommit.transaction(() => {
        threshold = inCommit();
        setCheckpointInCommit(db, 0);
        return work();
      }, committed);
    } finally {
      // Before the next group: this runs in the same turn as the commit.
      if (threshold !== undefined) setCheckpointInCommit(db, threshold);
      setImmediate(checkpointWhenDue);
    }
  };
}
