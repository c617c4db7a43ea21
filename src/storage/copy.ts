// A database as one file of its own: made of a database in use, checked, and put in a place as a whole.
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { StartupError } from '../startup-error.ts';
import { nextTurn } from '../timers.ts';
import { APPLICATION_ID, assertOurs, shippedMigrations } from './migrate.ts';
import { inspect, startupErrorFrom } from './open.ts';
import { codeOf, isBusy } from './sqlite-error.ts';
import { targetOf } from './target.ts';

/** What SQLite keeps beside a database. Each of them would be applied to another file that takes the place of its own. */
export const LOGS = ['-wal', '-journal', '-shm'] as const;

/** What a refusal of a back-up advises to do instead. */
export const ANOTHER_BACKUP = 'name another back-up';

/** How many pages are copied before signals are looked at again: 4 MB, some milliseconds. */
const PAGES = 1000;

/** How long a statement waits while a server writes, in milliseconds. */
const LOCK_TIMEOUT = 5000;

export interface CopyOptions {
  signal: AbortSignal;
  /** Hears how much of the whole is copied. */
  onProgress: (done: number, whole: number) => void;
}

/**
 * Copies a database, also beside a server that goes on writing, into a file that is not there yet. Nothing is migrated.
 *
 * @throws StartupError one line that names the database and what to do
 */
export async function copySnapshot(database: string, copy: string, { signal, onProgress }: CopyOptions): Promise<void> {
  const source = blaming(database, () => openSource(database));
  try {
    // What this transaction sees is what is copied. Without it SQLite would begin anew with every commit of a server, and
    // never come to an end beside a busy one.
    blaming(database, () => {
      source.exec('BEGIN');
      source.prepare('SELECT 1 FROM sqlite_schema').get();
    });
    await source.backup(copy, {
      progress({ totalPages, remainingPages }) {
        signal.throwIfAborted();
        onProgress(totalPages - remainingPages, totalPages);
        return PAGES;
      },
    });
  } finally {
    source.close();
  }
}

/** Like `inspect`: one that may write would fold the log of a server that died, one that may not would leave a new one. */
function openSource(database: string): Sqlite.Database {
  inspect(database, shippedMigrations());
  // A log without its index is that of a server that died elsewhere, and to read it an index must be made.
  const target = placeOf(database);
  const hasLog = existsSync(`${target}-wal`) && existsSync(`${target}-shm`);
  return new Sqlite(database, { readonly: hasLog, fileMustExist: true, timeout: LOCK_TIMEOUT });
}

/** What goes wrong with the database, and not with its copy. */
function blaming<T>(database: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw startupErrorFrom(error, database);
  }
}

/**
 * Makes sure that a file is a whole database of ours, and nothing but one file: a copy of a database with a log asks for
 * a log whenever it is opened, which no tool can make on a read-only disk.
 *
 * @param name what it is called towards people
 * @returns how many conversations are in it
 * @throws StartupError
 */
export function verifyCopy(copy: string, name: string, otherwise: string): number {
  const damaged = (what: string, cause?: unknown): StartupError =>
    new StartupError(`${name} is a damaged database (${what}); ${otherwise}.`, { cause });
  try {
    const db = new Sqlite(copy, { fileMustExist: true });
    try {
      assertOurs(db, name, shippedMigrations(), otherwise);
      if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
        throw new StartupError(`${name} is an empty database: there is nothing in it; ${otherwise}.`);
      }
      db.pragma('journal_mode = DELETE');
      const [problem] = db.pragma('quick_check(1)') as [{ quick_check: string }];
      if (problem.quick_check !== 'ok') throw damaged(problem.quick_check.replace(/\s+/g, ' '));
      return db.prepare('SELECT count(*) FROM conversations').pluck().get() as number;
    } finally {
      db.close();
    }
  } catch (error) {
    if (codeOf(error).startsWith('SQLITE_CORRUPT')) throw damaged(codeOf(error), error);
    throw startupErrorFrom(error, name, otherwise);
  }
}

/** Where a path leads: SQLite looks for a log beside the file itself, and a rename would take the place of a link. */
export function placeOf(file: string): string {
  try {
    return targetOf(file);
  } catch {
    // Whoever writes there is told why that cannot be.
    return path.resolve(file);
  }
}

/**
 * Gives `work` the name for a file on the disk of `place`, and takes it away afterwards with all that SQLite left beside
 * it, unless it was put in its place.
 */
export async function besides<T>(place: string, work: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(path.dirname(place), '.chatcaptain-stub-'));
  try {
    return await work(path.join(folder, 'copy.sqlite'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts a file in a place, whole, whatever was there, and so that it stays there when the power fails. */
export async function putInPlace(file: string, place: string, signal: AbortSignal): Promise<void> {
  await sync(file);
  // A signal that came while SQLite checked the file was not heard yet.
  await nextTurn();
  signal.throwIfAborted();
  renameSync(file, place);
  await syncFolder(path.dirname(place));
}

/**
 * Takes away what SQLite keeps beside a database that another file will replace. What its log holds goes into it before,
 * so that it is whole at every moment, should the replacement not come about.
 *
 * @throws StartupError when another program has it open
 */
export async function retireLogs(place: string, name: string): Promise<void> {
  try {
    const db = new Sqlite(place, { fileMustExist: true, timeout: 0 });
    try {
      db.pragma('journal_mode = DELETE');
    } finally {
      db.close();
    }
  } catch (error) {
    if (isBusy(error)) throw startupErrorFrom(error, name);
    // It is damaged, or not there, and its log is of no use without it.
  }
  for (const log of LOGS) rmSync(`${place}${log}`, { force: true });
  // Before the replacement: when the power fails, no log may come back beside it.
  await syncFolder(path.dirname(place));
}

/** Windows knows no such thing for a folder. */
async function syncFolder(folder: string): Promise<void> {
  await Promise.allSettled([sync(folder)]);
}

async function sync(file: string): Promise<void> {
  const handle = await open(file);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
