import Sqlite from 'better-sqlite3';
import { StartupError } from '../startup-error.ts';

/**
 * Claims a database for this process alone, until it is released or the process ends. A file beside the database is held,
 * not the database itself: commands work on that beside a server.
 *
 * @throws StartupError when another process holds it
 */
export function claimDatabase(file: string): { release(): void } {
  const lock = new Sqlite(`${file}-lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw new StartupError(`${file} is used by a running server; stop it first, or name another file with --database.`);
  }
  return { release: () => lock.close() };
}
