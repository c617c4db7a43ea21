import Sqlite from 'better-sqlite3';
import { StartupError } from '../startup-error.ts';
import { isBusy } from './sqlite-error.ts';
import { targetOf } from './target.ts';

/** A server's claim on a database. */
export interface Claim {
  /** Gives it up. */
  release(): void;
}

/** The file that stands for the claim on a database, by whatever name that is called. Its folder must be there. */
export function lockFileOf(file: string): string {
  return `${targetOf(file)}-lock`;
}

/**
 * Claims a database for one server, until that releases it or its process dies. What SQLite holds locked for it is an
 * empty file beside the database, so that commands can work on the database meanwhile. It stays there for ever: one that
 * goes away can be locked by two, each of them with another file of this name. In `:memory:` there is nothing to claim.
 *
 * @throws StartupError when another server has it; SQLite's own error when its folder cannot be written
 */
export function claimDatabase(file: string): Claim {
  if (file === ':memory:') return { release() {} };
  const lock = new Sqlite(lockFileOf(file), { timeout: 0 });
  try {
    // A journal in memory: nothing is written, so that a claim can be made on a full disk, too.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    const text = `${file} is in use by another server; stop that one, or name another file with --database.`;
    throw new StartupError(text, { cause: error });
  }
  return { release: () => void lock.close() };
}
