// Why a wait was in vain: the requests that came nearest to a match, and what was wrong with each.
import type { Entries } from './entries.ts';
import type { Entry } from './entry.ts';
import type { CompiledMatch } from './match.ts';
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
}

const MOST = 3;
const MOST_CANDIDATES = 1000;
const MOST_REASONS = 5;

/** Looks for near misses among the newest entries, of one chatbot or of all. */
export async function searchNearMisses(entries: Entries, matches: CompiledMatch, chatbotId?: string): Promise<Search> {
  let nearMisses: NearMiss[] = [];
  let candidates = 0;
  for await (const { entry } of entries.walk({ chatbotId }, { order: 'desc' })) {
    candidates++;
    const mismatches = matches(entry);
    if (mismatches.length > 0) {
      // Sorting keeps the order of equals.
      nearMisses = [...nearMisses, { entry, mismatches }]
        .sort((a, b) => a.mismatches.length - b.mismatches.length)
        .slice(0, MOST);
    }
    if (candidates === MOST_CANDIDATES) break;
  }
  return { nearMisses, candidates };
}

/** What came nearest, and why it missed; or that there was nothing to miss. */
export function describeSearch({ nearMisses, candidates }: Search, chatbotId?: string): string {
  const [nearest] = nearMisses;
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
