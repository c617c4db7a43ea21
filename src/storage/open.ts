import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { StartupError } from '../startup-error.ts';
import { assertOurs, type Migration, migrate } from './migrate.ts';

export interface OpenOptions {
  /** A path, or `:memory:`. */
  file: string;
  durability: 'normal' | 'full';
  migrations: readonly Migration[];
  /**
   * Milliseconds that a statement waits for another process's lock. Waiting stops the event loop: 0 in a server, whose
   * group commit tries again by itself.
   */
  lockTimeout: number;
}

export interface OpenedDatabase {
  db: Database;
  /** Names of the migrations that this opening applied. */
  applied: string[];
}

/** How long opening waits for another process that migrates the same file, in milliseconds. */
const OPEN_TIMEOUT = 5000;

/**
 * Opens the database, makes its folder when missing, and migrates it.
 *
 * @throws StartupError one line that names the file and what to do
 */
export function openDatabase({ file, durability, migrations, lockTimeout }: OpenOptions): OpenedDatabase {
  try {
    if (file !== ':memory:') {
      mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
      if (existsSync(file)) inspect(file, migrations);
    }
    const db = new Sqlite(file, { timeout: OPEN_TIMEOUT });
    try {
      db.pragma('journal_mode = WAL');
      db.pragma(`synchronous = ${durability}`);
      const applied = migrate(db, migrations);
      db.pragma(`busy_timeout = ${lockTimeout}`);
      return { db, applied };
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw startupErrorFrom(error, file);
  }
}

/** Looks at an existing file through a read-only connection, so that a refused one stays untouched. */
function inspect(file: string, migrations: readonly Migration[]): void {
  const db = new Sqlite(file, { readonly: true, timeout: OPEN_TIMEOUT });
  try {
    assertOurs(db, file, migrations);
  } finally {
    db.close();
  }
}

/** Brings the log into the main file and closes it: what is left is one file that any SQLite tool can copy. */
export function closeDatabase(db: Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // Another process holds the file, or the disk is full: the log stays beside the file, and nothing in it is lost.
  }
  db.close();
}

function startupErrorFrom(error: unknown, file: string): unknown {
  if (error instanceof StartupError) return error;
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  const folder = path.dirname(path.resolve(file));
  const say = (text: string): StartupError => new StartupError(text, { cause: error });
  if (code === 'SQLITE_NOTADB') {
    return say(`${file} is not an SQLite database; it was left as it is. Name another file with --database.`);
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return say(`${file} is a damaged database (${code}). Put a back-up in its place, or name another file with --database.`);
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return say(`${file} is locked by another process; stop that one, or name another file with --database.`);
  }
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC') {
    return say(`${file} cannot be written: the disk is full. Free some space, or name another file with --database.`);
  }
  if (/^SQLITE_(CANTOPEN|READONLY|IOERR|PERM)/.test(code) || /^E(ACCES|PERM|ROFS|NOTDIR|EXIST|ISDIR)$/.test(code)) {
    return say(
      `${file} cannot be opened for writing (${code}): check that ${folder} is a folder that this user may write, ` +
        'or name another file with --database.',
    );
  }
  return error;
}
