// Those who wait for requests that have not come yet.
import type { Entries, Selection } from './entries.ts';
import type { Entry } from './entry.ts';
import type { Journal } from './journal.ts';
import type { CompiledMatch } from './match.ts';

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
}

export interface Waiters {
  /** Resolves when as many entries match, those of the past included, or when there is no more waiting. */
  wait(wish: Wish, signals: { departure: AbortSignal; closing: AbortSignal }): Promise<Outcome>;
  /** How many wait now. */
  count(): number;
}

interface Waiter extends Wish {
  /** What matched since the wait began and was not yet met in the database. */
  live: Map<string, Entry>;
  /** How many of the past matched. */
  past: number;
  fulfil: () => void;
}

/**
 * Waiters are kept in memory and hear of each entry from the journal, whose one subscription stands while anybody waits.
 * Those of one chatbot hear of its entries only. Nothing is asked of the database but once at the beginning.
 */
export function createWaiters(journal: Journal, entries: Entries): Waiters {
  const ofChatbot = new Map<string | undefined, Set<Waiter>>();
  let size = 0;
  let unsubscribe: (() => void) | undefined;

  function hear(entry: Entry): void {
    tell(ofChatbot.get(undefined), entry);
    if (entry.chatbotId !== undefined) tell(ofChatbot.get(entry.chatbotId), entry);
  }

  function tell(waiters: Set<Waiter> | undefined, entry: Entry): void {
    for (const waiter of waiters ?? []) {
      if (waiter.matches(entry).length > 0) continue;
      waiter.live.set(entry.id, entry);
      if (waiter.past + waiter.live.size >= waiter.count) waiter.fulfil();
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
      const deadline = performance.now() + wish.timeoutMs;
      const { promise: fulfilled, resolve: fulfil } = Promise.withResolvers<void>();
      const waiter: Waiter = { ...wish, live: new Map(), past: 0, fulfil };
      const past: Entry[] = [];
      // Before the look at the past, so that nothing is missed between the two.
      add(waiter);
      try {
        await journal.settled();
        for await (const { entry } of entries.walk(wish.selection)) {
          if (departure.aborted || closing.aborted) break;
          if (wish.matches(entry).length > 0) continue;
          past.push(entry);
          // An entry is heard of before it can be read, and counts once.
          waiter.live.delete(entry.id);
          waiter.past = past.length;
          if (past.length === wish.count) break;
        }
        const isMet = (): boolean => past.length + waiter.live.size >= wish.count;
        if (!isMet()) await earliest(fulfilled, [departure, closing], deadline - performance.now());
        const because = isMet() ? 'met' : departure.aborted ? 'departed' : closing.aborted ? 'closing' : 'timeout';
        return { because, requests: [...past, ...waiter.live.values()].slice(0, wish.count) };
      } finally {
        remove(waiter);
      }
    },
  };
}

/** Resolves with the first of these: a promise, the abortion of a signal, the end of a time. */
async function earliest(promise: Promise<void>, signals: AbortSignal[], milliseconds: number): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  const timer = setTimeout(end, Math.max(1, milliseconds));
  promise.then(end);
  for (const signal of signals) signal.addEventListener('abort', end);
  if (signals.some(({ aborted }) => aborted)) end();
  await over;
  clearTimeout(timer);
  // One of them lives as long as the server.
  for (const signal of signals) signal.removeEventListener('abort', end);
}
