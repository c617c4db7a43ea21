// What has come since the past was read, newest first: in the list, and held back while it stands still.
import type { RequestRow } from './row.ts';

/** How many rows a page keeps that may be open for days. */
export const MOST = 50_000;

export interface Arrivals {
  live: RequestRow[];
  held: RequestRow[];
  /** How many have come that are in the list. */
  arrived: number;
  /** How many have come that are held back. */
  waiting: number;
  /** Whether rows were let go: what lies behind those in the list must be read anew. */
  isCut: boolean;
}

export const NOTHING: Arrivals = { live: [], held: [], arrived: 0, waiting: 0, isCut: false };

/** With these rows in addition, newest first. */
export function arrive(before: Arrivals, rows: RequestRow[], isPaused: boolean, most = MOST): Arrivals {
  const after = {
    ...before,
    held: [...rows, ...before.held],
    waiting: before.waiting + rows.length,
  };
  if (!isPaused) return release(after, most);
  // What is read stands still; what waits behind it can be read from the journal.
  return after.held.length > most ? { ...after, held: after.held.slice(0, most), isCut: true } : after;
}

/** With what was held back in the list. */
export function release({ live, held, arrived, waiting, isCut }: Arrivals, most = MOST): Arrivals {
  const isHeldCut = held.length < waiting;
  const all = isHeldCut ? held : [...held, ...live];
  return {
    live: all.slice(0, most),
    held: [],
    arrived: arrived + waiting,
    waiting: 0,
    isCut: isCut || isHeldCut || all.length > most,
  };
}
