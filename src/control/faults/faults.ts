import type { Database } from 'better-sqlite3';
import type { Clock } from '../../clock.ts';
import type { GroupCommit } from '../../storage/group-commit.ts';

/** The faults that somebody asked for. */
export interface Faults {
  /** Reads the faults of one chatbot, or all, anew after a transaction that changed their rows. */
  reload(chatbotId?: string): void;
}

export function createFaults(
  _db: Database,
  _context: { groupCommit: GroupCommit; newId: () => string; clock: Clock },
): Faults {
  return { reload() {} };
}
