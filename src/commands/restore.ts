import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  type ReadStream,
  type Stats,
  statSync,
} from 'node:fs';
import { chown } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SettingsError } from '../config.ts';
import { StartupError } from '../startup-error.ts';
import { ANOTHER_BACKUP, besides, LOGS, placeOf, putInPlace, retireLogs, verifyCopy } from '../storage/copy.ts';
import { type Claim, claimDatabase } from '../storage/lock.ts';
import type { Migration } from '../storage/migrate.ts';
import { inspect, startupErrorFrom } from '../storage/open.ts';
import { codeOf } from '../storage/sqlite-error.ts';
import { sleep } from '../timers.ts';
import { loadFileSettings } from './database.ts';
import { interruptible } from './interruptible.ts';
import { summaryOf } from './progress.ts';
import type { Ending } from './signals.ts';

interface RestoreFlags {
  database?: string;
  force?: boolean;
}

/** What is replaced may be of a newer version than this release knows: one goes back because an upgrade went wrong. */
const EVERY_VERSION: Migration[] = [{ version: Number.POSITIVE_INFINITY, name: '', sql: '' }];

/** Puts a back-up, read from standard input where it is called `-`, in the place of the database. */
export function restore(file: string, flags: RestoreFlags): Promise<Ending> {
  const { database } = loadFileSettings({ database: flags.database });
  const isStream = file === '-';
  if (isStream && process.stdin.isTTY) {
    throw new SettingsError(['-: standard input is a terminal; send a back-up into it, or name a file']);
  }
  const source = isStream ? process.stdin : openBackup(file, database);

  return interruptible(async (signal) => {
    const began = performance.now();
    try {
      mkdirSync(path.dirname(path.resolve(database)), { recursive: true });
      const claim = await claimPatiently(database, signal);
      try {
        const place = placeOf(database);
        const old = statSync(place, { throwIfNoEntry: false });
        if (old) assertReplaceable(place, database, flags);
        await besides(place, async (copy) => {
          await pipeline(source, createWriteStream(copy, { flags: 'wx', mode: 0o600 }), { signal });
          const conversations = verifyCopy(copy, isStream ? 'standard input' : file, ANOTHER_BACKUP);
          await giveTo(copy, old);
          const { size } = statSync(copy);
          await retireLogs(place, database);
          await putInPlace(copy, place, signal);
          process.stderr.write(`${database}: ${summaryOf(conversations, size, performance.now() - began)}\n`);
        });
      } finally {
        claim.release();
      }
    } catch (error) {
      throw startupErrorFrom(error, database);
    }
  });
}

/** How long a claim is tried for, in milliseconds. */
const PATIENCE = 2000;
const PAUSE = 20;

/** A server that waits because its database is damaged claims it for a moment each second, to look at it. */
async function claimPatiently(database: string, signal: AbortSignal): Promise<Claim> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return claimDatabase(database);
    } catch (error) {
      if (!(error instanceof StartupError) || performance.now() > deadline) throw error;
    }
    await sleep(PAUSE, undefined, { signal });
  }
}

/** A file with a log is more than this file, and may change while it is read. */
function openBackup(file: string, database: string): ReadStream {
  const place = placeOf(file);
  const log = LOGS.find((ending) => existsSync(`${place}${ending}`));
  if (log) {
    throw new StartupError(
      `${file}${log} is there, so ${file} is a database in use, or one that was not closed, and not all is in it. ` +
        `Make a back-up of it first: chatcaptain-stub backup FILE --database ${file}`,
    );
  }
  try {
    const there = statSync(place);
    const own = statSync(database, { throwIfNoEntry: false });
    if (own?.ino === there.ino && own.dev === there.dev) {
      throw new StartupError(`${file} is the database itself; ${ANOTHER_BACKUP}.`);
    }
    if (!there.isFile()) {
      throw new StartupError(`${file} is no plain file; ${ANOTHER_BACKUP}, or - for standard input.`);
    }
    return createReadStream('', { fd: openSync(place, 'r') });
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`${file} cannot be read (${codeOf(error)}); ${ANOTHER_BACKUP}.`, { cause: error });
  }
}

/** What is there is replaced only where that is meant, and only where it is a database of ours, be it damaged. */
function assertReplaceable(place: string, database: string, { force }: RestoreFlags): void {
  if (!force) {
    throw new StartupError(
      `${database} is there already; --force replaces it. To keep what is in it: chatcaptain-stub backup FILE`,
    );
  }
  try {
    inspect(place, EVERY_VERSION);
  } catch (error) {
    if (!codeOf(error).startsWith('SQLITE_CORRUPT')) throw startupErrorFrom(error, database);
  }
}

/** To the user whose server wrote the old one, with what others may do with it; else as SQLite makes a file. */
async function giveTo(copy: string, old: Stats | undefined): Promise<void> {
  chmodSync(copy, old ? old.mode & 0o777 : 0o644 & ~process.umask());
  // Only root may give a file away, and for whom it is not allowed it is rarely needed.
  if (old) await Promise.allSettled([chown(copy, old.uid, old.gid)]);
}
