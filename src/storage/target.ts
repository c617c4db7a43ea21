import { readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { codeOf } from './sqlite-error.ts';

/**
 * The file that a path leads to, by whatever links, also where that is not there yet: SQLite makes it at the end of a link.
 *
 * @throws the system's error, as where its folder is not there
 */
export function targetOf(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    const { dir, base } = path.parse(path.resolve(file));
    const place = path.join(realpathSync(dir), base);
    const link = linkAt(place);
    return link === undefined ? place : targetOf(path.resolve(path.dirname(place), link));
  }
}

function linkAt(place: string): string | undefined {
  try {
    return readlinkSync(place);
  } catch {
    return undefined;
  }
}
