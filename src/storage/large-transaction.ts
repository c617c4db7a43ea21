import type { Database } from 'better-sqlite3';
import { setImmediate } from '../timers.ts';
import type { LogState } from './checkpoints.ts';
import type { GroupCommit } from './group-commit.ts';

/**
 * Transactions that write many rows, without the checkpoint that SQLite would make inside their commit: it can take as
 * long as the rest. The log is brought into the main file once the answer is on its way.
 */
export function createLargeTransaction(db: Database, groupCommit: GroupCommit): GroupCommit['transaction'] {
  const inCommit = (): number => db.pragma('wal_autocheckpoint', { simple: true }) as number;
  const checkpoint = (mode: string): LogState => (db.pragma(`wal_checkpoint(${mode})`) as [LogState])[0];

  function checkpointWhenDue(): void {
    try {
      const { log, checkpointed } = checkpoint('NOOP');
      if (log >= inCommit() && checkpointed < log) checkpoint('PASSIVE');
    } catch {
      // The database was closed meanwhile, or the disk is full: closing, or the next commit, does it.
    }
  }

  return async (work, committed) => {
    let threshold: number | undefined;
    try {
      return await groupCommit.transaction(() => {
        threshold = inCommit();
        db.pragma('wal_autocheckpoint = 0');
        return work();
      }, committed);
    } finally {
      // Before the next group: this runs in the same turn as the commit.
      if (threshold !== undefined) db.pragma(`wal_autocheckpoint = ${threshold}`);
      setImmediate(checkpointWhenDue);
    }
  };
}
