// Which requests a fault is for.
import { type Static, Type } from '@sinclair/typebox';
import { below } from '../../json-pointer.ts';
import { compilePattern, describeUnknownOperator, PATTERN_WORDS } from '../operators.ts';
import type { Misplaced } from '../problem.ts';

const REGEX_WORDS = '{"$regex": "…"}';

const Text = Type.Union(
  [
    Type.String(),
    // What the operator takes is checked below, which gives better errors than a union of schemas.
    Type.Object({ $regex: Type.Optional(Type.Unknown({ description: PATTERN_WORDS })) }),
  ],
  { expected: `a text, or ${REGEX_WORDS}` },
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
      'What a request must say: each field is the exact text, or `{"$regex": "…"}`. Without fields: every request.',
  },
);
export type FaultMatch = Static<typeof FaultMatch>;

/** The fields of a request that a match looks at. */
export type Subject = Partial<Record<(typeof FIELDS)[number], string>>;

/** What the schema cannot see: operators that are none, and patterns that are none. */
export function mistakesInMatch(match: FaultMatch): Misplaced[] {
  return FIELDS.flatMap((field) => {
    const text = match[field];
    return typeof text === 'object' ? mistakesInOperators(text, `/match/${field}`) : [];
  });
}

function mistakesInOperators(operators: Exclude<Text, string>, pointer: string): Misplaced[] {
  const names = Object.keys(operators);
  if (names.length === 0) return [{ pointer, detail: `has no operator: use ${REGEX_WORDS}` }];
  return names.flatMap((name) => {
    const at = below(pointer, name);
    if (name !== '$regex') {
      return [{ pointer: at, detail: describeUnknownOperator(name, ['$regex'], `there is ${REGEX_WORDS}`) }];
    }
    try {
      compilePattern(operators.$regex);
      return [];
    } catch (error) {
      return [{ pointer: at, detail: (error as Error).message }];
    }
  });
}

/** Builds the question whether a request is meant. @throws Error for a pattern that is none */
export function compileFaultMatch(match: FaultMatch): (subject: Subject) => boolean {
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
  const pattern = compilePattern(text.$regex);
  return (value) => pattern.test(value);
}

/** The chatbot that a match is about, or an empty text when it may be any. */
export function chatbotOf({ chatbotId }: FaultMatch): string {
  return typeof chatbotId === 'string' ? chatbotId : '';
}
