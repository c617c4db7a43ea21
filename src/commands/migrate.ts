import { withDatabaseFile } from './database.ts';

/** Brings the database to the newest version and prints what that took. */
export function migrateDatabase(flags: { database?: string }): void {
  withDatabaseFile(flags, ({ file, applied }) => {
    const done = applied.length === 0 ? 'was up to date' : `migrated: ${applied.join(', ')}`;
    process.stdout.write(`${file} ${done}\n`);
  });
}
