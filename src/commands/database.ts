import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { createTokenStore, type TokenStore } from '../auth/tokens.ts';
import { loadSettings, type Settings } from '../config.ts';
import { createIdGenerator } from '../ids.ts';
import { StartupError } from '../startup-error.ts';
import { shippedMigrations } from '../storage/migrate.ts';
import { openDatabase } from '../storage/open.ts';

/** What a command that works on the database beside a running server has in hand. */
export interface Opened {
  file: string;
  db: Database;
  /** Names of the migrations that this opening applied. */
  applied: string[];
}

/** How long a command waits while the server writes, in milliseconds. */
const LOCK_TIMEOUT = 5000;

/** The settings, whose database is a file. */
export function loadFileSettings(flags: Record<string, unknown>): Settings {
  const settings = loadSettings({ database: flags['database'] });
  if (settings.database === ':memory:') {
    throw new StartupError('the database is :memory:, which no other process can see: name a file with --database');
  }
  return settings;
}

/** Opens the database that the flags and the environment name, works with it and closes it. */
export function withDatabaseFile<T>(flags: Record<string, unknown>, work: (opened: Opened) => T): T {
  const { database: file, durability } = loadFileSettings(flags);
  const migrations = shippedMigrations();
  const { db, applied } = openDatabase({ file, durability, migrations, lockTimeout: LOCK_TIMEOUT });
  try {
    return work({ file, db, applied });
  } finally {
    // Without a checkpoint of our own: a server may be writing to the same file.
    db.close();
  }
}

/** Like `withDatabaseFile`, with the tokens that are in it. */
export function withTokens<T>(flags: Record<string, unknown>, work: (tokens: TokenStore, opened: Opened) => T): T {
  return withDatabaseFile(flags, (opened) => {
    const newId = createIdGenerator(Date.now, randomBytes);
    return work(createTokenStore(opened.db, { clock: Date.now, newId }), opened);
  });
}
