// What the list keeps of a request: thousands of them, without their bodies.
import type { RequestView } from '../../../control/requests/view.ts';

export type { RequestView };

export interface RequestRow {
  id: string;
  time: string;
  method: string;
  /** With the query. */
  target: string;
  chatbotId: string | null;
  status: number | null;
  durationMs: number;
  reason: string;
  /** Whether nothing was refused, failed, or done on purpose. */
  isPlain: boolean;
  /** In how many places it was otherwise than the contract says. */
  drift: number;
}

export function rowOf(request: RequestView): RequestRow {
  const { id, time, method, chatbotId, status, durationMs } = request;
  const isPlain = request.decisions.every(({ outcome }) => outcome === 'passed' || outcome === 'ignored');
  const [target, reason] = [targetOf(request), reasonOf(request)];
  const drift = request.upstream?.drift.length ?? 0;
  return { id, time, method, target, chatbotId, status, durationMs, reason, isPlain, drift };
}

/** The path and the query, as they were sent. */
export function targetOf({ path, query }: Pick<RequestView, 'path' | 'query'>): string {
  return query === undefined ? path : `${path}?${query}`;
}

const LONGEST = 300;

/** One line that says why it was answered so: the step that decided, in its own words. */
export function reasonOf({ decisions }: Pick<RequestView, 'decisions'>): string {
  const deciding =
    decisions.find(({ outcome }) => outcome === 'refused' || outcome === 'failed') ??
    decisions.findLast(({ outcome }) => outcome === 'applied') ??
    decisions.at(-1);
  if (!deciding) return '';
  const { step, outcome, detail } = deciding;
  const line = lineOf(step, outcome, detail);
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function lineOf(step: string, outcome: string, detail: string): string {
  if (step === 'stored' && outcome === 'passed') return `stored as ${detail}`;
  // Its detail begins with the word.
  return step === 'fault' ? detail : `${step} ${outcome}: ${detail}`;
}
