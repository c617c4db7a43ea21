// What it means when storage as a whole fails, rather than one statement.
import { DisplacedError, type Displacement } from './anchor.ts';
import { codeOf } from './sqlite-error.ts';

const DISPLACED: Record<Displacement, string> = {
  deleted: 'the database file was deleted',
  moved: 'the database file is not in its place: it was moved, or its volume is away',
  replaced: 'another file is in the place of the database file',
  unlogged: 'the log of the database file was deleted',
};

/** By the beginning of the code of SQLite's error, of the system's, or of the cause for which a file is refused. */
const FAILURES: [code: string, reason: string][] = [
  ['SQLITE_FULL', 'the disk is full'],
  ['SQLITE_BUSY', 'another process holds the database locked'],
  ['SQLITE_LOCKED', 'another process holds the database locked'],
  ['SQLITE_READONLY', 'the database is read-only'],
  ['SQLITE_CORRUPT', 'the database file is damaged'],
  ['SQLITE_NOTADB', 'the database file is damaged'],
  ['SQLITE_IOERR', 'the disk gives errors'],
  ['SQLITE_CANTOPEN', 'the database cannot be opened'],
  ['FOREIGN', "another program's file is in the place of the database"],
  ['NEWER', 'the database is of a newer release'],
  ['SQLITE_NOMEM', 'there is not enough memory'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk is full'],
  ['EROFS', 'the volume of the database is read-only'],
  ['EACCES', 'the folder of the database may not be written'],
  ['EPERM', 'the folder of the database may not be written'],
  ['ENOENT', 'the folder of the database is not there'],
  ['ENOTDIR', 'the folder of the database is not there'],
  ['EEXIST', 'the folder of the database is not there'],
];

/** After these the same connection cannot be trusted, or not be used, any more. */
const LOST = /^SQLITE_(CORRUPT|NOTADB|IOERR|CANTOPEN)/;

/** Whether the file itself is no whole database any more. */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error));
}

/** Whether an error is about the database as a whole rather than about the one statement that met it. */
export function isStorageFailure(error: unknown): boolean {
  return error instanceof DisplacedError || isClosed(error) || knownFailure(error) !== undefined;
}

/** Whether the database has to be opened anew: what is full or locked, or moved away, may be as before in a moment. */
export function isLoss(error: unknown): boolean {
  if (error instanceof DisplacedError) return error.how !== 'moved';
  return LOST.test(codeOf(error));
}

/** Why storage refused, in words for the caller: no path, no statement. */
export function describeFailure(error: unknown): string {
  if (error instanceof DisplacedError) return DISPLACED[error.how];
  if (isClosed(error)) return 'the database is not open';
  return knownFailure(error) ?? 'the database could not be written';
}

function knownFailure(error: unknown): string | undefined {
  const code = codeOf(error);
  return FAILURES.find(([beginning]) => code.startsWith(beginning))?.[1];
}

/** better-sqlite3 says so in a `TypeError` without a code. */
function isClosed(error: unknown): boolean {
  return error instanceof TypeError && /database connection is not open/.test(error.message);
}
