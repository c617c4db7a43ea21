// What a state and its clock are, in words.
import { counted, durationInWords, listed } from '../parts/words.ts';

/** How many there were, or would be, of what a reset deletes. */
export interface Counts {
  conversations: number;
  requests: number;
  faults: number;
  chatbots?: number;
  tokens?: number;
  snapshots?: number;
}

/** "12 conversations, 30 journal entries and 1 fault"; "nothing". */
export function countsInWords({
  conversations,
  requests,
  faults,
  chatbots = 0,
  tokens = 0,
  snapshots = 0,
}: Counts): string {
  const parts: [number, string, string?][] = [
    [chatbots, 'chatbot'],
    [conversations, 'conversation'],
    [requests, 'journal entry', 'journal entries'],
    [faults, 'fault'],
    [tokens, 'token'],
    [snapshots, 'snapshot'],
  ];
  const words = parts.filter(([count]) => count > 0).map(([count, one, many]) => counted(count, one, many));
  return words.length === 0 ? 'nothing' : listed(words);
}

/** A clock that runs is a moment late when it is read: that is no difference. */
const UNNOTICED = 1000;

/** "1 hour ahead of the system", "as the system’s". */
export function offsetInWords(ms: number): string {
  if (Math.abs(ms) < UNNOTICED) return 'as the system’s';
  return `${durationInWords(ms)} ${ms > 0 ? 'ahead of' : 'behind'} the system`;
}

/** The value of a setting, as text. */
export function settingInWords(value: unknown): string {
  if (value === null) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
