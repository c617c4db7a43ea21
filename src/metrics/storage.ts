import { realpathSync, statSync } from 'node:fs';
import type { ServerContext } from '../context.ts';
import type { Scraped } from './scraped.ts';

export function measureStorage({ gauge, counter }: Scraped, { db, journal }: ServerContext): void {
  gauge(
    'chatcaptain_stub_journal_entries',
    'Requests in the journal, at most STUB_JOURNAL_ENTRIES.',
    () => journal.size().entries,
  );
  gauge(
    'chatcaptain_stub_journal_bytes',
    'Size of the requests in the journal, at most STUB_JOURNAL_BYTES.',
    () => journal.size().bytes,
  );
  counter(
    'chatcaptain_stub_journal_dropped_total',
    'Requests that the journal has pushed out for newer ones, or that storage refused. Rising: a test that looks back may no longer find its own.',
    () => journal.droppedSinceStart(),
  );
  gauge('chatcaptain_stub_database_bytes', 'Size of the database file; 0 in memory.', () =>
    db.memory ? 0 : statSync(db.name).size,
  );
  gauge(
    'chatcaptain_stub_wal_bytes',
    'Size of the write-ahead log beside the database; 0 where there is none. Growing without end: a reader in another process keeps it from being folded in.',
    // There is none before the first write, and where another program has folded it in.
    () => (db.memory ? 0 : (statSync(`${realpathSync(db.name)}-wal`, { throwIfNoEntry: false })?.size ?? 0)),
  );
}
