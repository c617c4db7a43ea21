import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Database } from 'better-sqlite3';
import { packageRoot } from '../package-root.ts';
import { StartupError } from '../startup-error.ts';

/** One forward-only step of the schema; `version` is the number that its file name begins with. */
export interface Migration {
  version: number;
  name: string;
  sql: string;
}

/** Marks a file as ours in the header that SQLite keeps for this purpose ("ChCs"). */
export const APPLICATION_ID = 0x43684373;

let shipped: readonly Migration[] | undefined;

/** The steps that this release brings with it. Read once: a test suite starts many servers in one process. */
export function shippedMigrations(): readonly Migration[] {
  shipped ??= readMigrations(new URL('migrations/', packageRoot));
  return shipped;
}

/** Reads `0001_name.sql`, `0002_…` from a folder, in order. */
export function readMigrations(folder: URL): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}_.+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      version: Number(file.slice(0, 4)),
      name: file,
      sql: readFileSync(fileURLToPath(new URL(file, folder)), 'utf8'),
    }));
}

/** What a refusal of the database advises to do instead. */
export const ANOTHER_DATABASE = 'name another file with --database';

/**
 * Refuses a database that this program must not touch: one of a newer version, or another program's. Reads only.
 *
 * @param otherwise what else can be done
 * @throws StartupError
 */
export function assertOurs(
  db: Database,
  file: string,
  migrations: readonly Migration[],
  otherwise = ANOTHER_DATABASE,
): void {
  // In one transaction: another process may migrate the file between two looks.
  const { version, applicationId, isEmpty } = db.transaction(() => ({
    version: db.pragma('user_version', { simple: true }) as number,
    applicationId: db.pragma('application_id', { simple: true }) as number,
    isEmpty: db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined,
  }))();
  const isNew = applicationId === 0 && version === 0 && isEmpty;
  if (applicationId !== APPLICATION_ID && !isNew) {
    throw new StartupError(`${file} is a database of another program; it was left as it is. ${sentence(otherwise)}`, {
      cause: Object.assign(new Error(`application_id ${applicationId}`), { code: 'FOREIGN' }),
    });
  }
  const newest = newestVersion(migrations);
  if (version > newest) {
    throw new StartupError(
      `${file} has schema version ${version} and this release knows versions up to ${newest}; it was left as it is. ` +
        `Start the release that wrote it, or ${otherwise}.`,
      { cause: Object.assign(new Error(`user_version ${version}`), { code: 'NEWER' }) },
    );
  }
}

/** `n` of "name another file" becomes `N`, and a full stop stands at the end. */
export function sentence(advice: string): string {
  return `${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`;
}

/**
 * Brings a database to the newest version, each step in a transaction of its own, and returns the names of the steps
 * it took. Safe beside another process that does the same: the version is read again under the write lock.
 */
export function migrate(db: Database, migrations: readonly Migration[]): string[] {
  const applied: string[] = [];
  for (const { version, name, sql } of migrations) {
    const step = db.transaction(() => {
      if ((db.pragma('user_version', { simple: true }) as number) >= version) return;
      db.exec(sql);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${version}`);
      applied.push(name);
    });
    if ((db.pragma('user_version', { simple: true }) as number) < version) step.immediate();
  }
  return applied;
}

/** The schema version that these migrations lead to. */
export function newestVersion(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}
