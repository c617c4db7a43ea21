// Those who wait for requests that have not come yet.
import { clearTimeout, setTimeout } from '../../timers.ts';
import type { Selection } from './entries.ts';
import type { Entry } from './entry.ts';
import type { Journal } from './journal.ts';
import type { CompiledMatch } from './match.ts';
import type { Past } from './past.ts';

export interface Wish {
  matches: CompiledMatch;
  /** What the match asks for exactly. */
  selection: Selection;
  count: number;
  timeoutMs: number;
}

export interface Outcome {
  /** Why the wait is over. */
  because: 'met' | 'timeout' | 'departed' | 'closing';
  /** What matched, in the order of the answers; never more than was asked for. */
  requests: Entry[];
  /** Whether all of the past was looked at. */
  isPastRead: boolean;
}

export interface Waiters {
  /**
   * Resolves as soon as enough entries match, those of the past included, or when there is no more waiting.
   *
   * @throws what the database threw when the past was read
   */
  wait(wish: Wish, signals: { departure: AbortSignal; closing: AbortSignal }): Promise<Outcome>;
  /** How many wait now. */
  count(): number;
}

interface Waiter extends Wish {
  /** What was read and matched. */
  past: Entry[];
  /** What matched since the wait began and was not yet read. */
  live: Map<string, Entry>;
  /** Ends the wait: it is met, and nothing that comes could change the answer. */
  end: () => void;
  /** It is met, but the past may still show that others were first. */
  enough: () => void;
}

/**
 * How much longer than it was asked to a wait may take when the past is not read by then, in milliseconds. A wait of
 * 0 ms finds what has come before.
 */
const LEEWAY = 1000;

/**
 * How long an answer waits for the past when enough came meanwhile, in milliseconds: it is to hold the first that matched,
 * where that does not take long.
 */
const PATIENCE = 30;

/**
 * Waiters are kept in memory and hear of each entry from the journal, whose one subscription stands while anybody waits.
 * Those of one chatbot hear of its entries only. The past is read once for all who begin together.
 */
export function createWaiters(journal: Journal, past: Past): Waiters {
  const ofChatbot = new Map<string | undefined, Set<Waiter>>();
  let size = 0;
  let unsubscribe: (() => void) | undefined;

  function hear(entry: Entry): void {
    tell(ofChatbot.get(undefined), entry);
    if (entry.chatbotId !== undefined) tell(ofChatbot.get(entry.chatbotId), entry);
  }

  function tell(waiters: Set<Waiter> | undefined, entry: Entry): void {
    for (const waiter of waiters ?? []) {
      if (isMet(waiter) || waiter.matches(entry).length > 0) continue;
      waiter.live.set(entry.id, entry);
      if (isMet(waiter)) waiter.enough();
    }
  }

  function add(waiter: Waiter): void {
    const { chatbotId } = waiter.selection;
    ofChatbot.set(chatbotId, (ofChatbot.get(chatbotId) ?? new Set()).add(waiter));
    if (size++ === 0) unsubscribe = journal.subscribe(hear);
  }

  function remove(waiter: Waiter): void {
    const { chatbotId } = waiter.selection;
    const waiters = ofChatbot.get(chatbotId) as Set<Waiter>;
    waiters.delete(waiter);
    if (waiters.size === 0) ofChatbot.delete(chatbotId);
    if (--size === 0) unsubscribe?.();
  }

  return {
    count: () => size,
    async wait(wish, { departure, closing }) {
      const { promise: over, resolve, reject } = Promise.withResolvers<void>();
      let [isPastRead, isLate] = [false, false];
      const waiter: Waiter = { ...wish, past: [], live: new Map(), end, enough };
      // Before the look at the past, so that nothing is missed between the two.
      add(waiter);
      const leave = past.show(
        { chatbotId: wish.selection.chatbotId, order: 'asc' },
        {
          see: (entry) => see(waiter, entry),
          end(error) {
            if (error !== undefined) reject(error);
            isPastRead = true;
            if (isLate || isMet(waiter)) end();
          },
        },
      );
      const timers = [
        setTimeout(() => {
          isLate = true;
          if (isPastRead) end();
        }, wish.timeoutMs),
        setTimeout(end, wish.timeoutMs + LEEWAY),
      ];
      const signals = [departure, closing];
      for (const signal of signals) signal.addEventListener('abort', end);
      if (signals.some(({ aborted }) => aborted)) end();

      function end(): void {
        leave();
        resolve();
      }

      function enough(): void {
        if (isPastRead) end();
        else timers.push(setTimeout(end, PATIENCE));
      }

      try {
        await over;
        const because = isMet(waiter)
          ? 'met'
          : departure.aborted
            ? 'departed'
            : closing.aborted
              ? 'closing'
              : 'timeout';
        const requests = [...waiter.past, ...waiter.live.values()].slice(0, wish.count);
        return { because, requests, isPastRead };
      } finally {
        remove(waiter);
        for (const timer of timers) clearTimeout(timer);
        // One of them lives as long as the server.
        for (const signal of signals) signal.removeEventListener('abort', end);
      }
    },
  };
}

function see(waiter: Waiter, entry: Entry): void {
  if (waiter.matches(entry).length > 0) return;
  const wasMet = isMet(waiter);
  waiter.past.push(entry);
  // An entry is heard of before it can be read, and counts once.
  waiter.live.delete(entry.id);
  if (waiter.past.length === waiter.count) waiter.end();
  else if (!wasMet && isMet(waiter)) waiter.enough();
}

function isMet({ past, live, count }: Waiter): boolean {
  return past.length + live.size >= count;
}
