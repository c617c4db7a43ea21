// Which requests a fault is for.
import { type Static, Type } from '@sinclair/typebox';
import type { Misplaced } from '../problem.ts';

const LONGEST_PATTERN = 1000;

const Text = Type.Union(
  [
    Type.String(),
    Type.Object({ $regex: Type.String({ maxLength: LONGEST_PATTERN }) }, { additionalProperties: false }),
  ],
  { expected: `a text, or {"$regex": "…"} with a pattern of at most ${LONGEST_PATTERN} characters` },
);
type Text = Static<typeof Text>;

const FIELDS = ['chatbotId', 'channelId', 'name', 'email', 'phone'] as const;

/** What a request must say, field by field. A field that is left out may say anything, or be missing. */
export const FaultMatch = Type.Object(
  {
    chatbotId: Type.Optional(Text),
    channelId: Type.Optional(Text),
    name: Type.Optional(Text),
    email: Type.Optional(Text),
    phone: Type.Optional(Text),
  },
  {
    additionalProperties: false,
    description:
      'What a request must say: each field is the exact text, or `{"$regex": "…"}`, a JavaScript regular expression (flag u) that is found anywhere in it. Without fields: every request.',
  },
);
export type FaultMatch = Static<typeof FaultMatch>;

/** The fields of a request that a match looks at. */
export type Subject = Partial<Record<(typeof FIELDS)[number], string>>;

/** What the schema cannot see: patterns that are none. */
export function mistakesInMatch(match: FaultMatch): Misplaced[] {
  return FIELDS.flatMap((field) => {
    const text = match[field];
    if (typeof text !== 'object') return [];
    try {
      patternOf(text.$regex);
      return [];
    } catch (error) {
      return [{ pointer: `/match/${field}/$regex`, detail: `is no pattern: ${(error as Error).message}` }];
    }
  });
}

/** Builds the question whether a request is meant. */
export function compileMatch(match: FaultMatch): (subject: Subject) => boolean {
  const tests = FIELDS.flatMap((field) => {
    const text = match[field];
    return text === undefined ? [] : [{ field, test: testOf(text) }];
  });
  return (subject) =>
    tests.every(({ field, test }) => {
      const value = subject[field];
      return value !== undefined && test(value);
    });
}

function testOf(text: Text): (value: string) => boolean {
  if (typeof text === 'string') return (value) => value === text;
  const pattern = patternOf(text.$regex);
  return (value) => pattern.test(value);
}

function patternOf(source: string): RegExp {
  return new RegExp(source, 'u');
}

/** The chatbot that a match is about, or an empty text when it may be any. */
export function chatbotOf({ chatbotId }: FaultMatch): string {
  return typeof chatbotId === 'string' ? chatbotId : '';
}
