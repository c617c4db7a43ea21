// Expected JSON values: exact ones, operators, subsets, and places by JSON Pointer (RFC 6901).
import { isDeepStrictEqual } from 'node:util';
import { Type } from '@sinclair/typebox';
import { below, memberOf, namesIn } from '../../json-pointer.ts';
import { compilePattern, describeUnknownOperator, PATTERN_WORDS } from '../operators.ts';
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

const DEEPEST = 100;

/** The operators, for errors. */
export const OPERATOR_WORDS = '{"$regex": "…"}, {"$exists": true} or {"$equals": …}';

export const Operators = Type.Object(
  {
    // What the operators take is checked when they are compiled, which gives better errors than a union of schemas.
    $regex: Type.Optional(
      Type.Unknown({
        description: `${PATTERN_WORDS} A number is compared as text.`,
      }),
    ),
    $exists: Type.Optional(Type.Unknown({ description: 'true: something is there. false: nothing is.' })),
    $equals: Type.Optional(Type.Unknown({ description: 'Exactly this JSON value, with nothing beside it.' })),
  },
  { description: 'Operators in the place of a value; all of them must be fulfilled.' },
);

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

/**
 * Compiles an expected JSON value, which may hold operators at any depth: objects and arrays are subsets.
 *
 * @param pointer where it stands in the request that brought it, for errors
 * @param field what the mismatches call the place
 * @throws ProblemError 400
 */
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
    return { key, check: compile(value, below(pointer, key), below(field, key), depth + 1) };
  });
  return (actual, found) => {
    const isAlike = isArray
      ? Array.isArray(actual) && actual.length === expected.length
      : typeof actual === 'object' && actual !== null && !Array.isArray(actual);
    if (!isAlike) found.push({ field, expected, actual });
    else for (const { key, check } of parts) check(memberOf(actual, key), found);
  };
}

function isOperators(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.startsWith('$'));
}

function compileOperators(operators: object, pointer: string, field: string, depth: number): Check {
  const checks = Object.entries(operators).map(([name, operand]) => {
    const at = below(pointer, name);
    const compileOperator = memberOf(OPERATORS, name) as (typeof OPERATORS)[string] | undefined;
    if (!compileOperator) {
      throw misplaced(at, describeUnknownOperator(name, Object.keys(OPERATORS), `there are ${OPERATOR_WORDS}`));
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
    const pattern = patternAt(operand, pointer);
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

function patternAt(operand: unknown, pointer: string): RegExp {
  try {
    return compilePattern(operand);
  } catch (error) {
    throw misplaced(pointer, (error as Error).message);
  }
}

function tooDeep(pointer: string): ProblemError {
  return misplaced(pointer, `is nested deeper than ${DEEPEST} levels`);
}

function assertShallow(value: unknown, pointer: string, depth: number): void {
  if (depth > DEEPEST) throw tooDeep(pointer);
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) assertShallow(part, pointer, depth + 1);
}

/** The names in a JSON Pointer that somebody wrote. @throws ProblemError 400 */
export function parsePointer(text: string, at: string): string[] {
  if (text !== '' && !text.startsWith('/')) {
    const right = `/${text.replace(/^#?\/?/, '')}`;
    throw misplaced(at, `is no JSON Pointer (RFC 6901): it begins with /, as in ${right}`);
  }
  if (/~(?![01])/.test(text)) throw misplaced(at, 'is no JSON Pointer (RFC 6901): write ~ as ~0');
  return namesIn(text);
}

/** 400: `pointer` names the place in the request, `detail` what would be right there. */
export function misplaced(pointer: string, detail: string): ProblemError {
  const errors = [{ pointer, detail }];
  return new ProblemError(400, `The body is not as expected: ${pointer} ${detail}.`, { errors });
}
