// How long a fault makes a request wait.
import { type Static, Type } from '@sinclair/typebox';
import { MAX_DELAY } from '../../pause.ts';
import type { Misplaced } from '../problem.ts';

const Milliseconds = Type.Number({ minimum: 0, maximum: MAX_DELAY });

/** A wider one would only draw the two ends. */
const WIDEST = 10;

export const Delay = Type.Union(
  [
    Milliseconds,
    Type.Object(
      { uniform: Type.Array(Milliseconds, { minItems: 2, maxItems: 2, description: 'The shortest and the longest.' }) },
      { additionalProperties: false },
    ),
    Type.Object(
      {
        lognormal: Type.Object(
          {
            median: Type.Number({ exclusiveMinimum: 0, maximum: MAX_DELAY }),
            sigma: Type.Number({ minimum: 0, maximum: WIDEST, description: 'Of the logarithm.' }),
          },
          { additionalProperties: false },
        ),
      },
      { additionalProperties: false },
    ),
  ],
  {
    expected: `milliseconds from 0 to ${MAX_DELAY}, {"uniform": [shortest, longest]} or {"lognormal": {"median": milliseconds, "sigma": 0 to ${WIDEST}}}`,
    description: `Milliseconds to wait before the answer, fixed or drawn for each request; what is drawn is cut at ${MAX_DELAY}.`,
  },
);
export type Delay = Static<typeof Delay>;

/** What the schema cannot see. */
export function mistakesInDelay(delay: Delay): Misplaced[] {
  if (typeof delay === 'number' || !('uniform' in delay)) return [];
  const [shortest, longest] = delay.uniform as [number, number];
  if (shortest <= longest) return [];
  return [{ pointer: '/effect/delayMs/uniform', detail: `must be [shortest, longest]: ${shortest} is the longer one` }];
}

/** Whole milliseconds to wait. `random` gives a number from 0 up to but not including 1, and is asked only when one is drawn. */
export function drawDelay(delay: Delay, random: (purpose: string) => number): number {
  if (typeof delay === 'number') return delay;
  if ('uniform' in delay) {
    const [shortest, longest] = delay.uniform as [number, number];
    return Math.round(shortest + random('fault delay') * (longest - shortest));
  }
  const { median, sigma } = delay.lognormal;
  // Box and Muller: two even numbers make a normal one. 1 - x, because there is no logarithm of 0.
  const radius = Math.sqrt(-2 * Math.log(1 - random('fault delay')));
  const normal = radius * Math.cos(2 * Math.PI * random('fault delay angle'));
  return Math.round(Math.min(median * Math.exp(sigma * normal), MAX_DELAY));
}
