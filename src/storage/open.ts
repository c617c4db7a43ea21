import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { StartupError } from '../startup-error.ts';
import { assertOurs, type Migration, migrate } from './migrate.ts';
import { codeOf, isBusy } from './sqlite-error.ts';

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

/** How much of the file SQLite keeps in memory of its own, in KiB. The system keeps the rest, and can do without. */
const CACHE = 4096;

/** Pause between two tries to turn the log on while another process opens the same new file, in milliseconds. */
const RETRY_PAUSE = 10;

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
      turnOnLog(db);
      db.pragma(`synchronous = ${durability}`);
      db.pragma(`cache_size = -${CACHE}`);
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

/**
 * Looks at an existing file in the way that leaves it untouched when it is refused. A connection that may write would, on
 * closing, fold a log that lies beside the file into it; a read-only one would leave an empty log where none was.
 */
function inspect(file: string, migrations: readonly Migration[]): void {
  const hasLog = existsSync(`${file}-wal`) || existsSync(`${file}-journal`);
  const db = new Sqlite(file, { readonly: hasLog, timeout: OPEN_TIMEOUT });
  try {
    assertOurs(db, file, migrations);
  } finally {
    db.close();
  }
}

/** Turns write-ahead logging on. SQLite does not wait for a lock in this one statement, so the waiting is done here. */
function turnOnLog(db: Database): void {
  const deadline = performance.now() + OPEN_TIMEOUT;
  for (;;) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_PAUSE);
    }
  }
}

/** Brings the log into the main file and closes it: what is left is one file that any SQLite tool can copy. */
export function closeDatabase(db: Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // Another process holds the file, or the disk is full: the log stays beside the file, and nothing in it is lost.
    // Or it is closed already, which does no harm either.
  }
  db.close();
}

/** What went wrong in words; what has no words here, a `StartupError` among it, as it is. */
function startupErrorFrom(error: unknown, file: string): unknown {
  const code = codeOf(error);
  const folder = path.dirname(path.resolve(file));
  const say = (text: string): StartupError => new StartupError(text, { cause: error });
  if (code === 'SQLITE_NOTADB') {
    return say(`${file} is not an SQLite database; it was left as it is. Name another file with --database.`);
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return say(
      `${file} is a damaged database (${code}). Put a back-up in its place, or name another file with --database.`,
    );
  }
  if (isBusy(error)) {
    return say(`${file} is locked by another process; stop that one, or name another file with --database.`);
  }
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC') {
    return say(`${file} cannot be written: the disk is full. Free some space, or name another file with --database.`);
  }
  if (
    /^SQLITE_(CANTOPEN|READONLY|IOERR|PERM)/.test(code) ||
    /^E(ACCES|PERM|ROFS|NOENT|NOTDIR|EXIST|ISDIR|LOOP|NAMETOOLONG)$/.test(code)
  ) {
    return say(
      `${file} cannot be opened for writing (${code}): check that ${folder} is a folder that this user may write, ` +
        'or name another file with --database.',
    );
  }
  return error;
}
