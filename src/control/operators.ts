// What may stand in the place of an expected value, as in {"$regex": "^J"}.
import ret, { type Root, type Tokens, types } from 'ret';
import { closest } from '../config.ts';

// The module is the function itself, which its types do not say.
const tokenize = ret as unknown as (source: string) => Root;

const LONGEST_PATTERN = 1000;

/** What `$regex` takes, for descriptions. */
export const PATTERN_WORDS = `A regular expression (ECMAScript, with the flag u) of at most ${LONGEST_PATTERN} characters, found anywhere in the text.`;

/** Compiles what stands behind `$regex`. @throws Error whose message says what would be right */
export function compilePattern(operand: unknown): RegExp {
  if (typeof operand !== 'string') throw new Error('must be a regular expression as a text');
  if (operand.length > LONGEST_PATTERN) throw new Error(`must be at most ${LONGEST_PATTERN} characters long`);
  const pattern = parsePattern(operand);
  if (mayTakeForEver(operand)) {
    throw new Error(
      'repeats without end what itself repeats without end, as in (a+)+: on some texts that takes for ever, and everybody would wait. Write it without one of the two',
    );
  }
  return pattern;
}

function parsePattern(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch (error) {
    throw new Error(`is no regular expression: ${(error as Error).message}`);
  }
}

/** How much of a repetition is still harmless around another one. */
const FEW = 10;

/** Whether a repetition without end stands inside another: the usual way to an engine that backtracks for ever. */
function mayTakeForEver(source: string): boolean {
  // A look-behind repeats like a look-ahead, which is what the parser knows.
  return repeatsWithin(tokenize(source.replace(/\(\?<([=!])/g, '(?$1')), false);
}

function repeatsWithin(token: Tokens, isRepeated: boolean): boolean {
  if (token.type === types.REPETITION) {
    if (isRepeated && token.max === Number.POSITIVE_INFINITY) return true;
    return repeatsWithin(token.value, isRepeated || token.max > FEW);
  }
  if (token.type !== types.ROOT && token.type !== types.GROUP) return false;
  const alternatives = token.options ?? [token.stack as Tokens[]];
  return alternatives.some((parts) => parts.some((part) => repeatsWithin(part, isRepeated)));
}

/** What is wrong with a name that is no operator's. @param words those that there are, as in "there are …" */
export function describeUnknownOperator(name: string, known: readonly string[], words: string): string {
  const nearest = closest(name, known);
  return `is no operator (${nearest ? `did you mean ${nearest}?` : words})`;
}
