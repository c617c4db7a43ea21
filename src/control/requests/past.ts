// The look at the past: many read the journal at once, and each entry is read once for all of them.
import { setImmediate } from '../../timers.ts';
import type { Entries } from './entries.ts';
import type { Entry } from './entry.ts';
import type { Journal } from './journal.ts';

/** Of which chatbot, or of all, and whether the oldest (`asc`) or the newest come first. */
export interface Stretch {
  chatbotId?: string | undefined;
  order: 'asc' | 'desc';
}

export interface Reader {
  /** Hears each entry in its turn. Must neither throw nor use the database. */
  see(entry: Entry): void;
  /** There is no more, or the database failed. Not called for one who has left. */
  end(error?: unknown): void;
}

export interface Past {
  /** Shows a reader every entry that was recorded before, and maybe some later ones. Returns what makes it leave. */
  show(stretch: Stretch, reader: Reader): () => void;
}

/** How long the readers keep everybody else waiting at a time, in milliseconds. */
const TURN = 5;
/** How many rounds of the event loop go by before the next turn: in each, Node takes one new connection only. */
const ROUNDS = 20;
/** How many entries one walk reads before another has its turn. */
const PIECE = 100;

interface Walk extends Stretch {
  readers: Set<Reader>;
  /** The place behind which it reads on. */
  after: number | undefined;
}

/**
 * Who asks for the same stretch before its walk sets off walks along; who comes later takes the next one, which sets off
 * when the first is over. Walks of different stretches take turns, so that a short one is not held up by a long one. A
 * walk that everybody has left is over.
 */
export function createPast(journal: Journal, entries: Entries): Past {
  /** Those that may still be joined, and those under way, by stretch. */
  const next = new Map<string, Walk>();
  const underWay = new Set<string>();
  /** Those under way that can read, in the order of their turns. */
  const turns: [key: string, walk: Walk][] = [];
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    let rounds = 0;
    const goRound = (): unknown => (++rounds < ROUNDS ? setImmediate(goRound) : takeTurns());
    setImmediate(goRound);
  }

  function takeTurns(): void {
    isScheduled = false;
    for (const [key, walk] of next) {
      if (!underWay.has(key)) setOff(key, walk);
    }
    const until = performance.now() + TURN;
    for (let turn = turns.shift(); turn; turn = turns.shift()) {
      const [key, walk] = turn;
      if (readPiece(walk, until)) turns.push(turn);
      else underWay.delete(key);
      if (performance.now() >= until) break;
    }
    const isWaitedFor = [...next.keys()].some((key) => !underWay.has(key));
    if (turns.length > 0 || isWaitedFor) schedule();
  }

  function setOff(key: string, walk: Walk): void {
    next.delete(key);
    underWay.add(key);
    // Nobody joins from here on: what is recorded from here on need not be written when this resolves.
    void journal.settled().then(() => {
      // Most are short: before those that have read already.
      turns.unshift([key, walk]);
      schedule();
    });
  }

  /** Returns whether there is more to read, and somebody to read it. */
  function readPiece(walk: Walk, until: number): boolean {
    const { readers, chatbotId, order, after } = walk;
    let count = 0;
    try {
      if (readers.size > 0) {
        for (const { seq, entry } of entries.piece({ chatbotId }, { order, after, limit: PIECE })) {
          count++;
          walk.after = seq;
          for (const reader of readers) reader.see(entry);
          if (readers.size === 0 || performance.now() >= until) return readers.size > 0;
        }
      }
      if (count === PIECE) return true;
      for (const reader of readers) reader.end();
    } catch (error) {
      for (const reader of readers) reader.end(error);
    }
    return false;
  }

  return {
    show(stretch, reader) {
      const key = JSON.stringify([stretch.order, stretch.chatbotId]);
      const walk = next.get(key) ?? { ...stretch, readers: new Set(), after: undefined };
      next.set(key, walk);
      walk.readers.add(reader);
      schedule();
      return () => walk.readers.delete(reader);
    },
  };
}
