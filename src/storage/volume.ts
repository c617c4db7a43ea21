import { accessSync, constants, statfsSync } from 'node:fs';
import { codeOf } from './sqlite-error.ts';

/** With less than this the next write may fail, in bytes: a page of each table and index that it touches, and their log. */
export const LEAST_ROOM = 64 * 1024;

/** How many bytes this user may still write where the folder is. */
export function roomIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/**
 * Why nothing can be written in a folder, as the code of the system's error (`ENOSPC`, `EROFS`, `EACCES`, `ENOENT`…);
 * `undefined` when it seems that it can. SQLite itself often says no more than that it could not open a file.
 */
export function troubleIn(folder: string, room = roomIn): string | undefined {
  try {
    accessSync(folder, constants.W_OK);
    return room(folder) < LEAST_ROOM ? 'ENOSPC' : undefined;
  } catch (error) {
    return codeOf(error);
  }
}
