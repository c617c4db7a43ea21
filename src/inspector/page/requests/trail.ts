// The decisions of a request as the steps of its way, those included that it did not reach.
import type { RequestView } from './row.ts';

type Decision = RequestView['decisions'][number];

export interface TrailStep {
  step: string;
  /** `waiting`: not reached. `absent`: passed by, since there was nothing to do. */
  outcome: 'passed' | 'refused' | 'applied' | 'ignored' | 'failed' | 'waiting' | 'absent';
  details: string[];
  violations: NonNullable<Decision['violations']>;
}

/** What every request to an operation goes through, in order. */
const WAY = ['parsed', 'credential', 'permission', 'validated', 'fault', 'channel', 'stored'];

/** The same where there is an upstream, which judges. */
const WAY_THROUGH = ['fault', 'upstream', 'contract'];

/** Where these stand, when they are there at all. */
const BEFORE: Record<string, string> = { routed: 'parsed', preference: 'fault' };

const GRAVITY = ['refused', 'failed', 'applied', 'passed', 'ignored'] as const;

/** The steps to show, in their order. */
export function trailOf(decisions: readonly Decision[]): TrailStep[] {
  const steps = decisions.some(({ step }) => step === 'upstream') ? [...WAY_THROUGH] : [...WAY];
  for (const { step } of decisions) {
    if (steps.includes(step)) continue;
    const next = steps.indexOf(BEFORE[step] as string);
    steps.splice(next === -1 ? steps.length : next, 0, step);
  }
  const isReached = steps.map((step) => decisions.some((decision) => decision.step === step));
  const last = isReached.lastIndexOf(true);
  return steps.map((step, index) => {
    const own = decisions.filter((decision) => decision.step === step);
    return {
      step,
      outcome: outcomeOf(own) ?? (index < last ? 'absent' : 'waiting'),
      details: own.map(({ outcome, detail }) => (outcome === 'ignored' ? `ignored: ${detail}` : detail)),
      violations: own.flatMap(({ violations = [] }) => violations),
    };
  });
}

function outcomeOf(decisions: readonly Decision[]): TrailStep['outcome'] | undefined {
  return GRAVITY.find((gravity) => decisions.some(({ outcome }) => outcome === gravity));
}
