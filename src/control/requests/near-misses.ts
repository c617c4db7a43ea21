// Why a wait was in vain: the requests that came nearest to a match, and what was wrong with each.
import { clearTimeout, setTimeout } from '../../timers.ts';
import type { Entry } from './entry.ts';
import type { CompiledMatch } from './match.ts';
import type { Past } from './past.ts';
import { explain, type Mismatch } from './values.ts';

export interface NearMiss {
  entry: Entry;
  mismatches: Mismatch[];
}

export interface Search {
  /** The nearest first, the newest first among equals. */
  nearMisses: NearMiss[];
  /** How many requests were looked at. */
  candidates: number;
  /** Whether there was time to look at all that were to be looked at. */
  isWhole: boolean;
}

const MOST = 3;
const MOST_CANDIDATES = 1000;
const MOST_REASONS = 5;

/** How long the search may take, in milliseconds: the wait is over already. */
const LONGEST = 1000;

/**
 * Looks for near misses among the newest entries, of one chatbot or of all, until there is nobody to hear of them.
 *
 * @throws what the database threw
 */
export async function searchNearMisses(
  past: Past,
  { matches, chatbotId }: { matches: CompiledMatch; chatbotId?: string | undefined },
  departure: AbortSignal,
): Promise<Search> {
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  let nearMisses: NearMiss[] = [];
  let candidates = 0;
  let isWhole = false;
  const leave = past.show(
    { chatbotId, order: 'desc' },
    {
      see(entry) {
        candidates++;
        nearMisses = nearestOf(nearMisses, { entry, mismatches: matches(entry) });
        if (candidates < MOST_CANDIDATES) return;
        isWhole = true;
        end();
      },
      end(error) {
        if (error !== undefined) reject(error);
        isWhole = true;
        end();
      },
    },
  );
  function end(): void {
    leave();
    resolve();
  }
  const timer = setTimeout(end, LONGEST);
  departure.addEventListener('abort', end);
  if (departure.aborted) end();
  try {
    await over;
    return { nearMisses, candidates, isWhole };
  } finally {
    clearTimeout(timer);
  }
}

function nearestOf(nearest: NearMiss[], miss: NearMiss): NearMiss[] {
  const { length } = miss.mismatches;
  const farthest = nearest[MOST - 1];
  if (length === 0 || (farthest && farthest.mismatches.length <= length)) return nearest;
  // Sorting keeps the order of equals.
  return [...nearest, miss].sort((a, b) => a.mismatches.length - b.mismatches.length).slice(0, MOST);
}

/** What came nearest, and why it missed; or that there was nothing to miss. */
export function describeSearch({ nearMisses, candidates, isWhole }: Search, chatbotId?: string): string {
  const [nearest] = nearMisses;
  if (!nearest && !isWhole) return 'There was no time to look for what came nearest.';
  if (!nearest) {
    const whose = chatbotId === undefined ? '' : ` of chatbot ${chatbotId}`;
    return `No ${candidates > 0 ? 'other ' : ''}request${whose} has arrived.`;
  }
  const { entry, mismatches } = nearest;
  const reasons = mismatches.slice(0, MOST_REASONS).map(explain);
  const more = mismatches.length - reasons.length;
  if (more > 0) reasons.push(`${more} more`);
  return `Nearest: ${entry.method} ${entry.path} ${entry.status ?? '(not answered)'}: ${reasons.join('; ')}.`;
}
