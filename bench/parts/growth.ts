// What a conversation costs, and how large it is, when there are many already: 10 thousand, a million, five million.
import path from 'node:path';
import type { Database } from 'better-sqlite3';
import { ours } from '../contestants.ts';
import { load } from '../load.ts';
import type { Part, Run } from '../part.ts';
import { inserter, makeDatabase, openDatabase } from '../rows.ts';
import { cpuTimeOf, newFolder, type Server, start } from '../server.ts';

/** `BENCH_ROWS=5000000`. */
const MOST = Number(process.env['BENCH_ROWS'] ?? 5_000_000);
const LAYOUTS = { 'one chatbot': 1, '1,000 chatbots': 1000 };
export const LAYOUT_NAMES = Object.keys(LAYOUTS);
/** Their names stay when a run is quick, and has a hundredth of them. */
export const SIZES = { '10 thousand': MOST / 500, '1 million': MOST / 5, '5 million': MOST };

export const who = (layout: string, size: string): string => `${size} rows of ${layout}`;
export const COST = 'cost of one created';
export const CPU_COST = 'CPU time of one created';
const SIZE = 'size of one in the file';

export const growth: Part = {
  name: 'growth',
  title: 'Growth: what one more conversation costs',
  reference: who('one chatbot', '10 thousand'),
  seconds: { full: 190, quick: 13 },
  run,
};

interface Filled {
  server: Server;
  db: Database;
  name: string;
  /** To be brought back to so many rows before each round. */
  rows: number;
}

async function run({ quick, figures, say }: Run): Promise<void> {
  const [rounds, seconds] = quick ? [1, 1] : [7, 2];
  for (const [index, [layout, chatbots]] of Object.entries(LAYOUTS).entries()) {
    const done = index / 2;
    const all: Filled[] = [];
    try {
      for (const [size, full] of Object.entries(SIZES)) {
        const rows = Math.max(1000, quick ? full / 100 : full);
        const folder = newFolder();
        const bytes = await fillFile(folder, rows, chatbots, (filled) =>
          say(done + 0.25 * filled, `filling ${who(layout, size)}`),
        );
        figures.add(who(layout, size), SIZE, 'bytes', bytes);
        const server = await start(ours(), { folder });
        const db = openDatabase(path.join(folder, 'stub.sqlite'));
        all.push({ server, db, name: who(layout, size), rows });
        if (!quick) await load(server, { connections: 32, seconds: 3, chatbots });
      }
      for (let round = 1; round <= rounds; round++) {
        for (const { server, db, name, rows } of all) {
          say(done + 0.25 + (0.25 * (round - 1)) / rounds, `round ${round} of ${rounds}: ${name}`);
          trim(db, rows);
          const before = cpuTimeOf(server);
          const { perSecond, requests } = await load(server, { connections: 32, seconds, chatbots });
          figures.add(name, COST, 'µs', 1e6 / perSecond);
          figures.add(name, CPU_COST, 'µs', (1000 * (cpuTimeOf(server) - before)) / requests);
        }
      }
    } finally {
      for (const { db } of all) db.close();
      await Promise.all(all.map(({ server }) => server.close()));
    }
  }
}

/** The time at which the rows that are there before the first request end. */
const END = Date.now();
/** So many of them came in a millisecond. */
const PACE = 5;

/**
 * A file with so many conversations, in the order in which the server would have stored them: all of one chatbot, or of
 * many by turns. Returns the bytes that one takes.
 */
async function fillFile(folder: string, rows: number, chatbots: number, say: (done: number) => void): Promise<number> {
  const file = path.join(folder, 'stub.sqlite');
  const db = makeDatabase(file);
  const empty = db.pragma('page_count', { simple: true }) as number;
  // Nobody misses it when the power fails.
  db.pragma('journal_mode = MEMORY');
  db.pragma('synchronous = off');
  db.pragma('cache_size = -2000000');
  let row = 0;
  const insert = inserter(db, () => END - (rows - row) / PACE);
  const some = db.transaction((until: number) => {
    for (; row < until; row++) insert(`chatbot-${row % chatbots}`);
  });
  while (row < rows) {
    say(row / rows);
    some(Math.min(rows, row + 100_000));
    // Lets a signal through.
    await new Promise(setImmediate);
  }
  const bytes = ((db.pragma('page_count', { simple: true }) as number) - empty) * pageSize(db);
  db.pragma('journal_mode = WAL');
  db.close();
  return bytes / rows;
}

function pageSize(db: Database): number {
  return db.pragma('page_size', { simple: true }) as number;
}

/** What a round has added to the smallest is a part of it that counts; of a million it is nothing. */
function trim(db: Database, rows: number): void {
  if (rows <= 10_000) db.prepare('DELETE FROM conversations WHERE created_at >= ?').run(new Date(END).toISOString());
}
