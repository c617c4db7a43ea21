// Database files as servers leave them, without a server.
import { createHash } from 'node:crypto';
import { closeSync, copyFileSync, lstatSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { migrate, shippedMigrations } from '../../src/storage/migrate.ts';

/** Makes a database with so many conversations of one kilobyte, closed as a server closes it, and returns its path. */
export function makeDatabase(file: string, conversations = 1, steps = shippedMigrations()): string {
  const db = new Sqlite(file);
  db.pragma('journal_mode = WAL');
  migrate(db, steps);
  const insert = db.prepare(`INSERT INTO conversations VALUES ('a', ?, 'web', ?, NULL, NULL, '2026')`);
  db.transaction(() => {
    for (let made = 0; made < conversations; made++) insert.run(`id-${made}`, 'x'.repeat(1000));
  })();
  db.close();
  return file;
}

/** Makes a database whose last conversations stand in its log only, as a server leaves it that was killed. */
export function makeDiedDatabase(file: string, conversations: number): string {
  const living = makeDatabase(`${file}.living`, 1);
  const db = new Sqlite(living);
  const insert = db.prepare(`INSERT INTO conversations VALUES ('log', ?, 'web', 'John', NULL, NULL, '2026')`);
  for (let made = 1; made < conversations; made++) insert.run(`id-${made}`);
  for (const ending of ['', '-wal', '-shm']) copyFileSync(`${living}${ending}`, `${file}${ending}`);
  db.close();
  return file;
}

/** Spoils the page that a table begins at, which nothing but a check of the whole file comes across; or the schema. */
export function spoil(file: string, table?: string): void {
  const db = new Sqlite(file, { readonly: true });
  const page = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table);
  const size = db.pragma('page_size', { simple: true }) as number;
  db.close();
  for (const ending of ['-wal', '-shm']) rmSync(`${file}${ending}`, { force: true });
  // Before the schema stands the header of the file, of 100 bytes.
  const offset = page === undefined ? 100 : ((page as number) - 1) * size;
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(size - (offset % size), 'x'), 0, size - (offset % size), offset);
  closeSync(fd);
}

/** How many conversations a database holds, as another program sees it that may not write. */
export function conversationsIn(file: string, chatbotId?: string): number {
  const db = new Sqlite(file, { readonly: true });
  try {
    const where = chatbotId === undefined ? '' : `WHERE chatbot_id = '${chatbotId}'`;
    return db.prepare(`SELECT count(*) FROM conversations ${where}`).pluck().get() as number;
  } finally {
    db.close();
  }
}

/** Names and bytes of everything in a folder but the index of a log, which every reader writes to. */
export function fingerprint(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => {
        const file = path.join(folder, name);
        if (name.endsWith('-shm') || !lstatSync(file).isFile()) return [name, ''];
        return [name, createHash('sha256').update(readFileSync(file)).digest('hex')];
      }),
  );
}
