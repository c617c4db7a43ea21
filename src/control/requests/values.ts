// Expected JSON values: exact ones, operators, subsets, and places by JSON Pointer (RFC 6901).
import { isDeepStrictEqual } from 'node:util';
import { Type } from '@sinclair/typebox';
import { closest } from '../../config.ts';
import { ProblemError } from '../problem.ts';

/** One place where something is not as it is expected. */
export interface Mismatch {
  /** `status`, `headers.x-a`, or `body` with a JSON Pointer behind it, as in `body/name`. */
  field: string;
  /** The value, or the one operator that is not fulfilled. */
  expected: unknown;
  /** What is there; absent when nothing is. */
  actual?: unknown;
}

/** Adds to `found` what is wrong with `actual`, which is `undefined` when nothing is there. */
export type Check = (actual: unknown, found: Mismatch[]) => void;

const LONGEST_PATTERN = 1000;
const DEEPEST = 100;

/** The operators, for errors. */
export const OPERATOR_WORDS = '{"$regex": "…"}, {"$exists": true} or {"$equals": …}';

export const Operators = Type.Object(
  {
    // What the operators take is checked when they are compiled, which gives better errors than a union of schemas.
    $regex: Type.Optional(
      Type.Unknown({
        description: `A regular expression (ECMAScript, with the flag u) of at most ${LONGEST_PATTERN} characters, found anywhere in the text. A number is compared as text.`,
      }),
    ),
    $exists: Type.Optional(Type.Unknown({ description: 'true: something is there. false: nothing is.' })),
    $equals: Type.Optional(Type.Unknown({ description: 'Exactly this JSON value, with nothing beside it.' })),
  },
  { description: 'Operators in the place of a value; all of them must be fulfilled.' },
);

/**
 * Compiles an expected JSON value, which may hold operators at any depth: objects and arrays are subsets.
 *
 * @param pointer where it stands in the request that brought it, for errors
 * @param field what the mismatches call the place
 * @throws ProblemError 400
 */
export function compileValue(expected: unknown, pointer = '', field = ''): (actual: unknown) => Mismatch[] {
  const check = compile(expected, pointer, field);
  return (actual) => {
    const found: Mismatch[] = [];
    check(actual, found);
    return found;
  };
}

/** What a mismatch says, for a person. */
export function explain({ field, expected, actual }: Mismatch): string {
  const [operator, operand] = isOperators(expected) ? (Object.entries(expected)[0] as [string, unknown]) : [];
  if (operator === '$exists') return operand ? `${field} is absent` : `${field} is ${shorten(actual)}, not absent`;
  const is = `${field} is ${actual === undefined ? 'absent' : shorten(actual)}`;
  if (operator === '$regex') return `${is} and does not match ${operand}`;
  return `${is}, not ${shorten(operator === '$equals' ? operand : expected)}`;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

/** Like `compile`, for a place that holds no object: there an object must be operators. */
export function compileScalar(expected: unknown, pointer: string, field: string): Check {
  if (typeof expected === 'object' && !isOperators(expected)) {
    throw misplaced(pointer, `has no operator: use ${OPERATOR_WORDS}`);
  }
  return compile(expected, pointer, field);
}

/** The check behind `compileValue`. */
export function compile(expected: unknown, pointer: string, field: string, depth = 0): Check {
  if (depth > DEEPEST) throw tooDeep(pointer);
  if (typeof expected !== 'object' || expected === null) {
    return (actual, found) => {
      if (actual !== expected) found.push({ field, expected, actual });
    };
  }
  if (isOperators(expected)) return compileOperators(expected, pointer, field, depth);
  const isArray = Array.isArray(expected);
  const parts = Object.entries(expected).map(([key, value]) => {
    const token = escapeToken(key);
    return { key, check: compile(value, `${pointer}/${token}`, `${field}/${token}`, depth + 1) };
  });
  return (actual, found) => {
    const isAlike = isArray
      ? Array.isArray(actual) && actual.length === expected.length
      : typeof actual === 'object' && actual !== null && !Array.isArray(actual);
    if (!isAlike) found.push({ field, expected, actual });
    else for (const { key, check } of parts) check(own(actual as object, key), found);
  };
}

function isOperators(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.startsWith('$'));
}

function compileOperators(operators: object, pointer: string, field: string, depth: number): Check {
  const checks = Object.entries(operators).map(([name, operand]) => {
    const at = `${pointer}/${escapeToken(name)}`;
    const compileOperator = own(OPERATORS, name) as (typeof OPERATORS)[string] | undefined;
    if (!compileOperator) {
      const nearest = closest(name, Object.keys(OPERATORS));
      throw misplaced(at, `is no operator (${nearest ? `did you mean ${nearest}?` : `there are ${OPERATOR_WORDS}`})`);
    }
    const holds = compileOperator(operand, at, depth);
    const expected = { [name]: operand };
    return (actual: unknown, found: Mismatch[]) => {
      if (!holds(actual)) found.push({ field, expected, actual });
    };
  });
  return (actual, found) => {
    for (const check of checks) check(actual, found);
  };
}

const OPERATORS: Record<string, (operand: unknown, pointer: string, depth: number) => (actual: unknown) => boolean> = {
  $regex(operand, pointer) {
    if (typeof operand !== 'string') throw misplaced(pointer, 'must be a regular expression as a text');
    if (operand.length > LONGEST_PATTERN) {
      throw misplaced(pointer, `must be at most ${LONGEST_PATTERN} characters long`);
    }
    const pattern = compilePattern(operand, pointer);
    return (actual) => /^(?:string|number|boolean)$/.test(typeof actual) && pattern.test(String(actual));
  },
  $exists(operand, pointer) {
    if (typeof operand !== 'boolean') throw misplaced(pointer, 'must be true or false');
    return (actual) => (actual !== undefined) === operand;
  },
  $equals(operand, pointer, depth) {
    assertShallow(operand, pointer, depth);
    return (actual) => isDeepStrictEqual(actual, operand);
  },
};

function tooDeep(pointer: string): ProblemError {
  return misplaced(pointer, `is nested deeper than ${DEEPEST} levels`);
}

function assertShallow(value: unknown, pointer: string, depth: number): void {
  if (depth > DEEPEST) throw tooDeep(pointer);
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) assertShallow(part, pointer, depth + 1);
}

function compilePattern(source: string, pointer: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch (error) {
    throw misplaced(pointer, `is no regular expression: ${(error as Error).message}`);
  }
}

/** The tokens of a JSON Pointer. @throws ProblemError 400 */
export function parsePointer(text: string, at: string): string[] {
  if (text !== '' && !text.startsWith('/')) {
    const right = `/${text.replace(/^#?\/?/, '')}`;
    throw misplaced(at, `is no JSON Pointer (RFC 6901): it begins with /, as in ${right}`);
  }
  if (/~(?![01])/.test(text)) throw misplaced(at, 'is no JSON Pointer (RFC 6901): write ~ as ~0');
  const tokens = text.split('/').slice(1);
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands at a pointer in a body, or `undefined`. */
export function valueAt(body: unknown, tokens: readonly string[]): unknown {
  let value = body;
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = own(value, token);
  }
  return value;
}

/** The property of an object, or the element of an array; never one that is inherited, or an array's length. */
function own(value: object, key: string): unknown {
  const isThere = Array.isArray(value) ? /^(?:0|[1-9]\d*)$/.test(key) : Object.hasOwn(value, key);
  return isThere ? (value as Record<string, unknown>)[key] : undefined;
}

/** A property's name as it stands in a JSON Pointer. */
export function escapeToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** 400: `pointer` names the place in the request, `detail` what would be right there. */
export function misplaced(pointer: string, detail: string): ProblemError {
  const errors = [{ pointer, detail }];
  return new ProblemError(400, `The body is not as expected: ${pointer} ${detail}.`, { errors });
}
