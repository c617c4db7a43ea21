import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { StartupError } from '../startup-error.ts';
import { type Anchor, createAnchor, DisplacedError } from './anchor.ts';
import { setCheckpointInCommit } from './checkpoints.ts';
import { prepareLate } from './late-statement.ts';
import { type Claim, claimDatabase } from './lock.ts';
import { ANOTHER_DATABASE, assertOurs, type Migration, migrate, sentence } from './migrate.ts';
import { codeOf, isBusy } from './sqlite-error.ts';
import { targetOf } from './target.ts';
import { troubleIn } from './volume.ts';

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
  /** Reads all of it first, and refuses one that is damaged anywhere. Takes as long as the file is large. */
  check?: boolean;
  /**
   * How long opening waits for another process that migrates the same file, or has it for itself, in milliseconds: 5000
   * where nothing else is said. Nothing else is done meanwhile.
   */
  patience?: number;
}

export interface OpenedDatabase {
  db: Database;
  /** Names of the migrations that this opening applied. */
  applied: string[];
}

/** A database that one server has for itself. */
export interface HeldDatabase extends OpenedDatabase {
  anchor: Anchor;
  /**
   * Brings the log into the main file where that is elsewhere: nobody would find the log. Does nothing where it is in its
   * place, deleted or closed.
   *
   * @throws what hinders it, such as another process that reads
   */
  fold(): void;
  /** Brings the log into the main file, closes it, and gives it up. Does nothing the second time. */
  letGo(): void;
}

/** How long opening waits for another process that has the file, unless it says otherwise, in milliseconds. */
const PATIENCE = 5000;

/** How much of the file SQLite keeps in memory of its own, in KiB. The system keeps the rest, and can do without. */
const CACHE = 4096;

/** Pause between two tries to turn the log on while another process opens the same new file, in milliseconds. */
const RETRY_PAUSE = 10;

/**
 * Opens the database, makes its folder when missing, and migrates it.
 *
 * @throws StartupError one line that names the file and what to do
 */
export function openDatabase(options: OpenOptions): OpenedDatabase {
  try {
    look(options);
    return open(options);
  } catch (error) {
    throw startupErrorFrom(error, options.file);
  }
}

/**
 * The same for a server, which claims the database before it changes anything in it.
 *
 * @throws StartupError
 */
export function holdDatabase(options: OpenOptions): HeldDatabase {
  const { file } = options;
  let claim: Claim | undefined;
  try {
    look(options);
    claim = claimDatabase(file);
    const before = inodeOf(file);
    return hold(open(options), claim, file, before);
  } catch (error) {
    claim?.release();
    throw startupErrorFrom(error, file);
  }
}

/** @param before which file was there when it was opened; to read a large one takes long enough to put another there */
function hold({ db, applied }: OpenedDatabase, claim: Claim, file: string, before: number | undefined): HeldDatabase {
  const anchor = anchorOf(db, file, before);
  let isHeld = true;
  return {
    db,
    applied,
    anchor,
    fold() {
      if (db.open && !anchor.isInPlace() && !anchor.isDeleted()) foldLog(db);
    },
    letGo() {
      if (!isHeld) return;
      closeDatabase(db);
      // Where what is left of the log cannot be removed, all of this is done again: the next file must not get it.
      anchor.release();
      claim.release();
      isHeld = false;
    },
  };
}

function foldLog(db: Database): void {
  const [{ busy }] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: 0 | 1 }];
  if (busy) throw Object.assign(new Error('another process reads what is in the log'), { code: 'SQLITE_BUSY' });
}

function anchorOf(db: Database, file: string, before: number | undefined): Anchor {
  try {
    if (before !== undefined && inodeOf(file) !== before) throw new DisplacedError('replaced');
    return createAnchor(file);
  } catch (error) {
    // SQLite itself would leave its log as it is, for the file that is there now.
    closeDatabase(db);
    throw error;
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/** Makes the folder, and refuses a file that is not ours. */
function look({ file, migrations, patience }: OpenOptions): void {
  if (file === ':memory:') return;
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  if (existsSync(file)) inspect(file, migrations, patience);
}

function open(options: OpenOptions): OpenedDatabase {
  const { file, durability, migrations, lockTimeout, check = false, patience = PATIENCE } = options;
  const db = prepareLate(new Sqlite(file, { timeout: patience }));
  try {
    turnOnLog(db, patience);
    if (check) assertSound(db);
    db.pragma(`synchronous = ${durability}`);
    db.pragma(`cache_size = -${CACHE}`);
    setCheckpointInCommit(db);
    const applied = migrate(db, migrations);
    db.pragma(`busy_timeout = ${lockTimeout}`);
    return { db, applied };
  } catch (error) {
    db.close();
    throw error;
  }
}

function assertSound(db: Database): void {
  const found = db.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw Object.assign(new Error(String(found)), { code: 'SQLITE_CORRUPT' });
}

/**
 * Looks at an existing file in the way that leaves it untouched when it is refused. A connection that may write would, on
 * closing, fold a log that lies beside the file into it; a read-only one would leave an empty log where none was.
 */
export function inspect(file: string, migrations: readonly Migration[], patience = PATIENCE): void {
  const target = targetOf(file);
  const hasLog = existsSync(`${target}-wal`) || existsSync(`${target}-journal`);
  const db = new Sqlite(file, { readonly: hasLog, timeout: patience });
  try {
    assertOurs(db, file, migrations);
  } finally {
    db.close();
  }
}

/** Turns write-ahead logging on. SQLite does not wait for a lock in this one statement, so the waiting is done here. */
function turnOnLog(db: Database, patience: number): void {
  const deadline = performance.now() + patience;
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

/**
 * What went wrong in words; what has no words here, a `StartupError` among it, as it is.
 *
 * @param otherwise what else can be done
 */
export function startupErrorFrom(error: unknown, file: string, otherwise = ANOTHER_DATABASE): unknown {
  const code = codeOf(error);
  const folder = path.dirname(path.resolve(file));
  // What SQLite could not do, the system knows better why.
  const trouble = /^SQLITE_(CANTOPEN|READONLY|IOERR|PERM)/.test(code) ? (troubleIn(folder) ?? code) : code;
  const cause = trouble === code ? error : Object.assign(new Error(trouble, { cause: error }), { code: trouble });
  const say = (text: string): StartupError => new StartupError(text, { cause, mayPass: true });
  if (error instanceof DisplacedError) {
    return say(`${file} gave way to another file while it was opened: try again.`);
  }
  if (code === 'SQLITE_NOTADB') {
    return say(`${file} is not an SQLite database; it was left as it is. ${sentence(otherwise)}`);
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return say(`${file} is a damaged database (${code}). Put a back-up in its place, or ${otherwise}.`);
  }
  if (isBusy(error)) {
    return say(`${file} is locked by another process; stop that one, or ${otherwise}.`);
  }
  if (code.startsWith('SQLITE_FULL') || trouble === 'ENOSPC') {
    return say(`${file} cannot be written: the disk is full. Free some space, or ${otherwise}.`);
  }
  if (
    /^SQLITE_(CANTOPEN|READONLY|IOERR|PERM)/.test(trouble) ||
    /^E(ACCES|PERM|ROFS|NOENT|NOTDIR|EXIST|ISDIR|LOOP|NAMETOOLONG)$/.test(trouble)
  ) {
    return say(
      `${file} cannot be opened for writing (${trouble}): check that ${folder} is a folder that this user may write, ` +
        `or ${otherwise}.`,
    );
  }
  return error;
}
