// What a reset and a snapshot are about: every row of a chatbot's, or of all, and what memory holds of them.
import type { Database } from 'better-sqlite3';
import type { TokenStore } from '../auth/tokens.ts';
import type { Chance } from '../chance.ts';
import type { AdjustableClock } from '../clock.ts';
import type { GroupCommit } from '../storage/group-commit.ts';
import type { Faults } from './faults/faults.ts';
import type { Fixtures } from './fixtures/fixtures.ts';
import type { Journal } from './requests/journal.ts';

export interface StateContext {
  groupCommit: GroupCommit;
  tokens: TokenStore;
  clock: AdjustableClock;
  chance: Chance;
  journal: Journal;
  faults: Faults;
  fixtures: Fixtures;
}

/** The state that a test stands on. */
export interface State {
  /** Takes a chatbot away with everything that belongs to it. Resolves with whether there was any of it. */
  removeChatbot(chatbotId: string): Promise<boolean>;
}

export function createState(_db: Database, _context: StateContext): State {
  return { removeChatbot: async () => false };
}
