import path from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Anchor } from './anchor.ts';
import { describeFailure } from './failure.ts';
import { type GroupCommit, StorageUnavailableError } from './group-commit.ts';
import { codeOf } from './sqlite-error.ts';
import { LEAST_ROOM, roomIn, troubleIn } from './volume.ts';

export interface StorageHealth {
  /** Why nothing could be stored now, in words; `undefined` when all is well. */
  problem(): Promise<string | undefined>;
}

export interface StorageHealthOptions {
  file: string;
  groupCommit: GroupCommit;
  anchor: Anchor;
  /** How many bytes may still be written where a folder is. */
  room?: (folder: string) => number;
}

/** How much a disk that was full must have again, in bytes: enough for more than the one page that a trial needs. */
const ROOM_AGAIN = 4 * LEAST_ROOM;

/**
 * Looks whether the database can be written. That is asked every few seconds for months, so it is tried with a write only
 * where there is a doubt: the last write failed, the file is not in its place, its folder cannot be written or hardly
 * has room.
 */
export function createStorageHealth(
  db: Database,
  { file, groupCommit, anchor, room = roomIn }: StorageHealthOptions,
): StorageHealth {
  const folder = file === ':memory:' ? undefined : path.dirname(path.resolve(file));
  const read = db.prepare('SELECT 1');

  function isDoubtful(): boolean {
    if (groupCommit.lastFailure() !== undefined) return true;
    if (folder === undefined) return false;
    try {
      anchor.assertInPlace();
      return troubleIn(folder, room) !== undefined;
    } catch {
      return true;
    }
  }

  /** One page may find room where a request does not. */
  function assertNoLongerFull(): void {
    const failure = groupCommit.lastFailure();
    if (folder !== undefined && isFull(failure) && room(folder) < ROOM_AGAIN) throw failure;
  }

  /** Writes what stands there already: one page, and nothing changes. */
  function tryWriting(): Promise<unknown> {
    return groupCommit.write(() => {
      // Read in the same transaction: another process may have migrated the database.
      const version = db.pragma('user_version', { simple: true });
      db.pragma(`user_version = ${version}`);
    });
  }

  return {
    async problem() {
      try {
        read.get();
        if (!isDoubtful()) return undefined;
        assertNoLongerFull();
        await tryWriting();
        return undefined;
      } catch (error) {
        return error instanceof StorageUnavailableError ? error.message : describeFailure(error);
      }
    },
  };
}

function isFull(failure: unknown): boolean {
  return codeOf(failure).startsWith('SQLITE_FULL');
}
