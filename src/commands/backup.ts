import { chmodSync, createReadStream, existsSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SettingsError } from '../config.ts';
import { StartupError } from '../startup-error.ts';
import { besides, copySnapshot, LOGS, placeOf, putInPlace, verifyCopy } from '../storage/copy.ts';
import { startupErrorFrom } from '../storage/open.ts';
import { codeOf } from '../storage/sqlite-error.ts';
import { loadFileSettings } from './database.ts';
import { interruptible } from './interruptible.ts';
import { createProgress, summaryOf } from './progress.ts';
import type { Ending } from './signals.ts';

interface BackupFlags {
  database?: string;
  force?: boolean;
}

const OTHERWISE = 'name another file';

/**
 * Copies the database into a file, or to standard output where it is called `-`. Standard output is the back-up's alone:
 * what there is to say goes to the other stream.
 */
export function backup(file: string, flags: BackupFlags): Promise<Ending> {
  const { database } = loadFileSettings({ database: flags.database });
  const isStream = file === '-';
  if (isStream && process.stdout.isTTY) {
    throw new SettingsError(['-: standard output is a terminal; send it into a file or a program, or name a file']);
  }
  if (!existsSync(database)) {
    throw new StartupError(`${database} is not there: nothing can be backed up. Name the database with --database.`);
  }
  const place = isStream ? placeOf(database) : placeFor(file, database, flags);

  return interruptible(async (signal) => {
    const began = performance.now();
    const name = isStream ? 'standard output' : file;
    const progress = createProgress(process.stderr, name);
    const make = async (copy: string): Promise<{ conversations: number; bytes: number }> => {
      await copySnapshot(database, copy, { signal, onProgress: progress.show });
      const conversations = verifyCopy(copy, database, 'put a back-up in its place');
      chmodSync(copy, statSync(database).mode & 0o777);
      return { conversations, bytes: statSync(copy).size };
    };
    try {
      const { conversations, bytes } = isStream ? await stream(place, make, signal) : await store(place, make, signal);
      progress.clear();
      process.stderr.write(`${name}: ${summaryOf(conversations, bytes, performance.now() - began)}\n`);
    } catch (error) {
      progress.clear();
      throw startupErrorFrom(error, isStream ? `a file beside ${database}` : file, OTHERWISE);
    }
  });
}

type Make<T> = (copy: string) => Promise<T>;

function store<T>(place: string, make: Make<T>, signal: AbortSignal): Promise<T> {
  return besides(place, async (copy) => {
    const made = await make(copy);
    await putInPlace(copy, place, signal);
    return made;
  });
}

/** The copy is written out only when it is whole and checked, and has no name any more by then: nothing can be left. */
async function stream<T>(place: string, make: Make<T>, signal: AbortSignal): Promise<T> {
  const { made, fd } = await besides(place, async (copy) => ({ made: await make(copy), fd: openSync(copy, 'r') }));
  // For every other command a reader that goes away is no failure. Half a back-up is one.
  process.stdout.removeAllListeners('error');
  try {
    await pipeline(createReadStream('', { fd }), process.stdout, { signal, end: false });
  } catch (error) {
    const why = codeOf(error);
    throw new StartupError(`the back-up is not complete: standard output could not be written (${why})`, {
      cause: error,
    });
  }
  return made;
}

/** Where the back-up goes, if it may go there. */
function placeFor(file: string, database: string, { force }: BackupFlags): string {
  const place = placeOf(file);
  const own = placeOf(database);
  const there = statSync(place, { throwIfNoEntry: false });
  const { dev, ino } = statSync(own);
  const isOwn = there?.ino === ino && there.dev === dev;
  if (isOwn || ['-lock', ...LOGS].some((ending) => place === `${own}${ending}`)) {
    throw new StartupError(`${file} belongs to the database itself; ${OTHERWISE}.`);
  }
  if (there?.isDirectory()) {
    throw new StartupError(`${file} is a folder; name a file in it, such as ${path.join(file, path.basename(own))}.`);
  }
  if (there && !there.isFile()) throw new StartupError(`${file} is no plain file; - writes to standard output.`);
  const log = LOGS.find((ending) => existsSync(`${place}${ending}`));
  if (log) {
    throw new StartupError(`${file}${log} is there, so ${file} is a database in use, and no back-up; ${OTHERWISE}.`);
  }
  if (there && !force) throw new StartupError(`${file} is there already; --force replaces it.`);
  return place;
}
