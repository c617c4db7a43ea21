// A fault in words.
import type { FaultResource } from '../../../control/faults/routes.ts';
import { counted, listed } from '../parts/words.ts';

type Effect = FaultResource['effect'];
type Delay = NonNullable<Effect['delayMs']>;
type Match = FaultResource['match'];

const BREAKS: Record<NonNullable<Effect['connection']>, string> = {
  reset: 'resets the connection',
  empty: 'closes the connection without an answer',
  truncate: 'answers 201 and cuts the body short',
  garbage: 'sends bytes that are no HTTP',
};

/** What it does: "waits 250 ms, then answers 429 with Retry-After: 30". */
export function effectInWords(effect: Effect): string {
  const parts = [waitInWords(effect.delayMs), answerInWords(effect)].filter((part) => part !== undefined);
  return parts.join(', then ');
}

function waitInWords(delay: Delay | undefined): string | undefined {
  if (delay === undefined) return undefined;
  if (typeof delay === 'number') return `waits ${delay} ms`;
  if ('uniform' in delay) return `waits ${delay.uniform.join(' to ')} ms`;
  return `waits about ${delay.lognormal.median} ms (sigma ${delay.lognormal.sigma})`;
}

function answerInWords({ status, body, headers = {}, error, connection }: Effect): string | undefined {
  if (connection !== undefined) return BREAKS[connection];
  if (error !== undefined) return `answers 201 with the error “${error}”`;
  if (status === undefined) return undefined;
  const extras = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  if (body !== undefined)
    extras.push(typeof body === 'string' ? `the text “${body}”` : `the body ${JSON.stringify(body)}`);
  return extras.length === 0 ? `answers ${status}` : `answers ${status} with ${listed(extras)}`;
}

export const MATCHED = ['chatbotId', 'channelId', 'name', 'email', 'phone'] as const;
export type Matched = (typeof MATCHED)[number];

export const MATCHED_NAMES: Record<Matched, string> = {
  chatbotId: 'chatbot',
  channelId: 'channel',
  name: 'name',
  email: 'email',
  phone: 'phone',
};

/** Whom it meets, condition by condition; none: every request. */
export function matchInWords(match: Match): string[] {
  return MATCHED.flatMap((field) => {
    const text = match[field];
    if (text === undefined) return [];
    const name = MATCHED_NAMES[field];
    return [typeof text === 'string' ? `${name} is ${text}` : `${name} matches ${String(text.$regex)}`];
  });
}

/** How often it has fired: "not yet", "once", "1 of 3 times". */
export function firedInWords({ fired, times }: Pick<FaultResource, 'fired' | 'times'>): string {
  if (times !== undefined) return `${fired} of ${counted(times, 'time')}`;
  if (fired === 0) return 'not yet';
  return fired === 1 ? 'once' : counted(fired, 'time');
}

/** Whether it will fire no more. */
export function isUsedUp({ fired, times }: Pick<FaultResource, 'fired' | 'times'>): boolean {
  return times !== undefined && fired >= times;
}

/** A probability as a percentage: "10 %", "0.5 %". */
export function chanceInWords(probability = 1): string {
  return `${Number((probability * 100).toPrecision(3))} %`;
}
