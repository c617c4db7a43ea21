import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Database } from 'better-sqlite3';
import { targetOf } from './target.ts';

/** What is to be put in the place of a file that is gone. */
export interface Rescued {
  /** Where it lies until then. */
  draft: string;
  /** Puts it there, unless there is something already: then it stays where it is. Returns where it is. */
  putInPlace(): string;
}

/**
 * Writes what an open connection still has of a deleted file into a new one beside it, which nobody takes for the database
 * before it is put in place: until then the connection must have been closed, since what it does then it does by name.
 *
 * @throws SQLite's own error, or the system's, when that cannot be written
 */
export function rescue(db: Database, file: string, now: Date): Rescued {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  // Not in the place of a link, which may lead to another volume.
  const place = targetOf(file);
  const draft = `${place}.rescued-${now.toISOString().replaceAll(/[:.]/g, '-')}`;
  try {
    db.prepare('VACUUM INTO ?').run(draft);
    sync(draft);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  return {
    draft,
    putInPlace() {
      if (existsSync(place)) return draft;
      renameSync(draft, place);
      return place;
    },
  };
}

function sync(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
