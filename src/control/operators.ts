// What may stand in the place of an expected value, as in {"$regex": "^J"}.
import { closest } from '../config.ts';

const LONGEST_PATTERN = 1000;

/** What `$regex` takes, for descriptions. */
export const PATTERN_WORDS = `A regular expression (ECMAScript, with the flag u) of at most ${LONGEST_PATTERN} characters, found anywhere in the text.`;

/** Compiles what stands behind `$regex`. @throws Error whose message says what would be right */
export function compilePattern(operand: unknown): RegExp {
  if (typeof operand !== 'string') throw new Error('must be a regular expression as a text');
  if (operand.length > LONGEST_PATTERN) throw new Error(`must be at most ${LONGEST_PATTERN} characters long`);
  try {
    return new RegExp(operand, 'u');
  } catch (error) {
    throw new Error(`is no regular expression: ${(error as Error).message}`);
  }
}

/** What is wrong with a name that is no operator's. @param words those that there are, as in "there are …" */
export function describeUnknownOperator(name: string, known: readonly string[], words: string): string {
  const nearest = closest(name, known);
  return `is no operator (${nearest ? `did you mean ${nearest}?` : words})`;
}
