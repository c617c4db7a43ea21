// What a refusal says to the one who reads it in the output of a test.
import { memberOf, namesIn, valueAt } from '../json-pointer.ts';
import { StubError, WaitTimeoutError } from './errors.ts';
import type { Decision, Mismatch, NearMiss, RecordedRequest } from './recorded-request.ts';

/** What the control plane answers when a wait was in vain. */
interface TimedOut extends Record<string, unknown> {
  requests: RecordedRequest[];
  nearMisses: NearMiss[];
  hints: string[];
}

/**
 * The error of a wait that was in vain, or `undefined` when something on the way to the control plane lost its patience.
 *
 * @param match JSON text
 */
export function timeoutFrom(
  text: string,
  { match, count, timeoutMs }: { match: string; count: number; timeoutMs: number },
): WaitTimeoutError | undefined {
  const problem = problemIn(text) as TimedOut | undefined;
  if (!problem?.nearMisses) return undefined;
  const { requests, nearMisses, hints } = problem;
  const first = [`${requests.length} of ${count} requests matched ${match} within ${timeoutMs} ms.`, ...hints].join(
    ' ',
  );
  const misses = nearMisses.map((miss, index) => `  ${index + 1}. ${describeMiss(miss)}`);
  const message = [first, ...(misses.length > 0 ? ['Nearest misses:', ...misses] : [])].join('\n');
  return new WaitTimeoutError(message, { problem, requests, nearMisses });
}

function describeMiss({ request, mismatches }: NearMiss): string {
  const { method, path, status, decisions, id } = request;
  const lines = [
    ...mismatches.map(describeMismatch),
    ...decisions.filter(({ outcome }) => outcome !== 'passed').flatMap(describeReason),
  ];
  const answer = status === null ? 'was not answered' : `was answered ${status}`;
  return [`${method} ${path} ${answer} (request ${id})`, ...lines.map((line) => `     ${line}`)].join('\n');
}

/** One line for a step that did not simply pass; where a schema refused, one for each rule. */
function describeReason({ step, outcome, detail, violations = [] }: Decision): string[] {
  if (violations.length === 0) return [`why: ${step} ${outcome}: ${detail}`];
  return violations.map(({ pointer, expected, got }) => {
    return `why: ${step} ${outcome}: ${pointer || 'the body'}: expected ${expected}, got ${got ?? 'nothing'}`;
  });
}

function describeMismatch({ field, expected, actual }: Mismatch): string {
  return `${field}: expected ${describeExpected(expected)}, got ${actual === undefined ? 'nothing' : shorten(actual)}`;
}

/** A mismatch names the one operator that is not fulfilled. */
function describeExpected(expected: unknown): string {
  const pattern = memberOf(expected, '$regex');
  if (pattern !== undefined) return `a match of ${pattern}`;
  const exists = memberOf(expected, '$exists');
  if (exists !== undefined) return exists ? 'something' : 'nothing';
  const exact = memberOf(expected, '$equals');
  return exact === undefined ? shorten(expected) : `exactly ${shorten(exact)}`;
}

/** The error of an answer that is no success. `sent` is the body that was refused. */
export function errorFrom(what: string, status: number, text: string, sent: unknown): StubError {
  const problem = problemIn(text);
  if (!problem) return new StubError(`${what} was answered ${status}: ${shorten(text)}`, { status });
  const { detail, errors = [] } = problem;
  if (errors.length === 0) return new StubError(`${what} was refused (${status}): ${detail}`, { status, problem });
  const lines = errors.map(({ pointer, detail: expected }) => {
    return `  ${pointer || 'the body'} ${expected}, got ${describeSent(sent, pointer)}`;
  });
  return new StubError([`${what} was refused (${status}):`, ...lines].join('\n'), { status, problem });
}

interface ProblemBody extends Record<string, unknown> {
  detail: string;
  errors?: { pointer: string; detail: string }[];
}

function problemIn(text: string): ProblemBody | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof memberOf(value, 'detail') === 'string' ? (value as ProblemBody) : undefined;
  } catch {
    return undefined;
  }
}

/** What stood at the place that was refused; never a credential. */
function describeSent(sent: unknown, pointer: string): string {
  const names = namesIn(pointer);
  const value = valueAt(sent, names);
  if (value === undefined) return 'nothing';
  return names.at(-1) === 'token' ? 'something else' : shorten(value);
}

/** JSON text of at most 200 characters. */
function shorten(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
