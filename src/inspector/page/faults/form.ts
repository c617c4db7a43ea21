// What is typed into the form of a fault, and the fault that it means.
import type { FaultResource } from '../../../control/faults/routes.ts';
import type { Tried } from '../conversation-curl.ts';
import { MATCHED, type Matched } from './words.ts';

type Effect = FaultResource['effect'];
export type NewFault = Pick<FaultResource, 'match' | 'effect' | 'times' | 'probability'>;

/** Numbers as they are typed: an empty text is none. */
export interface FaultForm {
  kind: 'status' | 'error' | 'connection' | 'delay';
  status: string;
  headers: string;
  bodyKind: 'usual' | 'json' | 'text';
  body: string;
  error: string;
  connection: NonNullable<Effect['connection']>;
  delay: 'none' | 'fixed' | 'uniform' | 'lognormal';
  delayMs: string;
  shortest: string;
  longest: string;
  median: string;
  sigma: string;
  match: Record<Matched, Condition>;
  times: string;
  probability: string;
}

export interface Condition {
  /** Empty: it may be anything. */
  text: string;
  isPattern: boolean;
}

const ANYTHING: Condition = { text: '', isPattern: false };

/** The form as it opens. */
export function emptyForm(chatbotId = ''): FaultForm {
  return {
    kind: 'status',
    status: '503',
    headers: '',
    bodyKind: 'usual',
    body: '',
    error: 'The channel is not available',
    connection: 'reset',
    delay: 'none',
    delayMs: '2000',
    shortest: '100',
    longest: '500',
    median: '200',
    sigma: '0.5',
    match: {
      chatbotId: { ...ANYTHING, text: chatbotId },
      channelId: ANYTHING,
      name: ANYTHING,
      email: ANYTHING,
      phone: ANYTHING,
    },
    times: '1',
    probability: '1',
  };
}

/** What a test breaks most often. Each says of the form only what it is about; whom it meets, and how often, stays. */
export const PRESETS: readonly (readonly [name: string, Partial<FaultForm>])[] = [
  ['403', answer('403')],
  ['429 with Retry-After', answer('429', 'Retry-After: 30')],
  ['503', answer('503')],
  ['Slow', { kind: 'delay', delay: 'fixed', delayMs: '2000' }],
  ['Reset', broken('reset')],
  ['Empty', broken('empty')],
  ['Truncated', broken('truncate')],
  ['Garbage', broken('garbage')],
  ['201 with error', { kind: 'error', delay: 'none' }],
];

function answer(status: string, headers = ''): Partial<FaultForm> {
  return { kind: 'status', status, headers, bodyKind: 'usual', body: '', delay: 'none' };
}

function broken(connection: FaultForm['connection']): Partial<FaultForm> {
  return { kind: 'connection', connection, delay: 'none' };
}

/** The preset that the form says now, if it says one. */
export function presetOf(form: FaultForm): string | undefined {
  const [name] =
    PRESETS.find(([, preset]) =>
      (Object.keys(preset) as (keyof FaultForm)[]).every((key) => form[key] === preset[key]),
    ) ?? [];
  return name;
}

/** The fields that only the page can check. The server says the rest. */
export type Mistakes = Partial<Record<'headers' | 'body', string>>;

/** The fault that the form means, or what is wrong with it. */
export function faultFrom(form: FaultForm): { fault: NewFault } | { mistakes: Mistakes } {
  const mistakes: Mistakes = {};
  const effect = { ...answerFrom(form, mistakes), ...delayFrom(form) };
  if (Object.keys(mistakes).length > 0) return { mistakes };
  const { times, probability } = form;
  return {
    fault: {
      match: matchFrom(form.match),
      effect,
      ...(times !== '' && { times: Number(times) }),
      ...(probability !== '' && probability !== '1' && { probability: Number(probability) }),
    },
  };
}

function answerFrom(form: FaultForm, mistakes: Mistakes): Effect {
  switch (form.kind) {
    case 'error':
      return { error: form.error };
    case 'connection':
      return { connection: form.connection };
    case 'delay':
      return {};
    case 'status':
      return {
        status: Number(form.status),
        ...(form.headers.trim() !== '' && { headers: headersFrom(form.headers, mistakes) }),
        ...(form.bodyKind !== 'usual' && { body: bodyFrom(form, mistakes) }),
      };
  }
}

function headersFrom(text: string, mistakes: Mistakes): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    if (colon < 1) mistakes.headers = `“${line.trim()}” is no header: write one on each line, as in Retry-After: 30.`;
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return Object.fromEntries(headers);
}

function bodyFrom({ bodyKind, body }: FaultForm, mistakes: Mistakes): unknown {
  if (bodyKind === 'text') return body;
  try {
    return JSON.parse(body);
  } catch (error) {
    mistakes.body = `This is no JSON: ${(error as Error).message}`;
    return undefined;
  }
}

function delayFrom({ kind, delay, delayMs, shortest, longest, median, sigma }: FaultForm): Pick<Effect, 'delayMs'> {
  switch (delay) {
    case 'uniform':
      return { delayMs: { uniform: [Number(shortest), Number(longest)] } };
    case 'lognormal':
      return { delayMs: { lognormal: { median: Number(median), sigma: Number(sigma) } } };
    case 'fixed':
      return { delayMs: Number(delayMs) };
    case 'none':
      // A delay alone is one, whatever is chosen for those that come with an answer.
      return kind === 'delay' ? { delayMs: Number(delayMs) } : {};
  }
}

function matchFrom(match: FaultForm['match']): NewFault['match'] {
  const asked = MATCHED.flatMap((field) => {
    const { text, isPattern } = match[field];
    return text === '' ? [] : [[field, isPattern ? { $regex: text } : text] as const];
  });
  return Object.fromEntries(asked);
}

/** A request that a match lets through, as far as it names exact texts: what to try the fault with. */
export function triedBy(match: NewFault['match']): Tried {
  const { chatbotId, ...body } = Object.fromEntries(
    Object.entries(match).filter(([, text]) => typeof text === 'string'),
  ) as Partial<Record<Matched, string>>;
  return { chatbotId, body };
}
