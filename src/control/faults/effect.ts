// What a fault does to a request.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { type Static, Type } from '@sinclair/typebox';
import { below } from '../../json-pointer.ts';
import type { Misplaced } from '../problem.ts';
import { Delay, mistakesInDelay } from './delay.ts';

export const Effect = Type.Object(
  {
    status: Type.Optional(
      Type.Integer({
        minimum: 200,
        maximum: 599,
        expected: 'a whole number from 200 to 599',
        description: 'Answers with this status and stores nothing.',
      }),
    ),
    body: Type.Optional(
      Type.Unknown({
        description:
          'Beside status: a text is sent as it is, anything else as JSON. Without it an error has the body of every error, and another status none.',
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String({ expected: 'a text' }), { description: 'Beside status.' }),
    ),
    error: Type.Optional(
      Type.String({ description: 'Answers 201 with this error and without conversationId, and stores nothing.' }),
    ),
    connection: Type.Optional(
      Type.Union([Type.Literal('reset'), Type.Literal('empty'), Type.Literal('truncate'), Type.Literal('garbage')], {
        expected: 'reset, empty, truncate or garbage',
        description:
          'Breaks the connection and stores nothing. reset: a TCP reset. empty: closed without a byte. truncate: a 201 whose body ends too early. garbage: bytes that are no HTTP.',
      }),
    ),
    delayMs: Type.Optional(Delay),
  },
  {
    additionalProperties: false,
    description: 'One of status, error and connection, with or without delayMs; or delayMs alone.',
  },
);
export type Effect = Static<typeof Effect>;
export type BrokenConnection = NonNullable<Effect['connection']>;

const KINDS = ['status', 'error', 'connection'] as const;

/** The statuses that have no body. */
const BODILESS = [204, 205, 304];

/** What frames a message, or is the stub's own. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'link',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-stub-request-id',
]);

/** What the schema cannot see. */
export function mistakesInEffect(effect: Effect): Misplaced[] {
  const { status, body, headers = {}, delayMs } = effect;
  const given = KINDS.filter((kind) => effect[kind] !== undefined);
  const mistakes: Misplaced[] = [];
  const complain = (pointer: string, detail: string): void => void mistakes.push({ pointer, detail });

  if (given.length > 1) complain('/effect', `must have one of ${KINDS.join(', ')}, not ${given.join(' and ')}`);
  if (given.length === 0 && delayMs === undefined) {
    complain('/effect', `must have one of ${KINDS.join(', ')} or delayMs, as in {"status": 429}`);
  }
  for (const property of ['body', 'headers'] as const) {
    if (effect[property] !== undefined && status === undefined) {
      complain(`/effect/${property}`, 'stands beside a status: add one, or leave it out');
    }
  }
  if (body !== undefined && BODILESS.includes(status ?? 0)) {
    complain('/effect/body', `must be left out: a ${status} has no body`);
  }
  if (delayMs !== undefined) mistakes.push(...mistakesInDelay(delayMs));
  return [...mistakes, ...mistakesInHeaders(headers)];
}

function mistakesInHeaders(headers: Record<string, string>): Misplaced[] {
  const seen = new Set<string>();
  return Object.entries(headers).flatMap(([name, value]) => {
    const detail = problemWithHeader(name, value, seen);
    return detail === undefined ? [] : [{ pointer: below('/effect/headers', name), detail }];
  });
}

function problemWithHeader(name: string, value: string, seen: Set<string>): string | undefined {
  const key = name.toLowerCase();
  if (RESERVED.has(key)) return 'is set by the server itself: leave it out';
  if (seen.has(key)) return 'is there twice: write its name once';
  seen.add(key);
  try {
    validateHeaderName(name);
  } catch {
    return 'is no name of a header: use letters, digits and - (RFC 9110, section 5.1)';
  }
  try {
    validateHeaderValue(name, value);
  } catch {
    return 'holds a character that no header may hold: leave out line breaks and everything beyond Latin-1';
  }
  return undefined;
}

/** An effect in words, with what was drawn for it. */
export function describeEffect({ status, error, connection, delayMs }: Effect, delay: number): string {
  const what =
    status !== undefined
      ? `status ${status}`
      : error !== undefined
        ? 'error'
        : connection && `connection ${connection}`;
  if (delayMs === undefined) return what as string;
  const howLong = `${delay} ms${typeof delayMs === 'number' ? '' : ' (drawn)'}`;
  return what === undefined ? `delay of ${howLong}` : `${what} after ${howLong}`;
}
