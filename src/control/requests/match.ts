// What a request must be like to be counted or waited for.
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { below, valueAt } from '../../json-pointer.ts';
import { REDACTED, redactHeaders } from '../../redaction.ts';
import type { Selection } from './entries.ts';
import { type Entry, hasDrift } from './entry.ts';
import { compile, compileScalar, type Mismatch, misplaced, OPERATOR_WORDS, Operators, parsePointer } from './values.ts';
import { bodyOf } from './view.ts';

export { explain, type Mismatch } from './values.ts';

function place<Exact extends TSchema[]>(exact: [...Exact], words: string, description: string) {
  return Type.Optional(Type.Union([...exact, Operators], { expected: `${words}, ${OPERATOR_WORDS}`, description }));
}

/** What `count` and `wait` take. */
export const Match = Type.Object(
  {
    method: place([Type.String()], 'a text', 'The method.'),
    path: place([Type.String()], 'a text', 'The path as it was sent, percent-encoded, without the query.'),
    chatbotId: place([Type.String(), Type.Null()], 'a text, null', 'The chatbot; null: the path names none.'),
    status: place([Type.Integer(), Type.Null()], 'a whole number, null', 'The status; null: no answer went out.'),
    drift: Type.Optional(
      Type.Boolean({ description: 'Whether something that was passed through is otherwise than the contract says.' }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Operators], { expected: `a text, ${OPERATOR_WORDS}` }), {
        description: 'Headers of the request, by name in any case. Those with credentials hold [redacted].',
      }),
    ),
    body: Type.Optional(
      Type.Unknown({
        description:
          'A part of the request body: of an object the named properties, of an array every element, at any depth; values or operators.',
      }),
    ),
    pointers: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Places in the request body by JSON Pointer (RFC 6901), each with a value or operators.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What a request must be like. What is not named may be anything.',
    examples: [
      { chatbotId: 'my-chatbot', status: 201, body: { name: 'John Doe' } },
      {
        method: 'POST',
        path: { $regex: '^/v1/inbox/' },
        headers: { 'user-agent': { $exists: true } },
        pointers: { '/email': { $regex: '@example\\.com$' } },
      },
    ],
  },
);
export type Match = Static<typeof Match>;

/** Says what is wrong with an entry; nothing when it matches. */
export type CompiledMatch = (entry: Entry) => Mismatch[];

/**
 * Compiles a match.
 *
 * @param pointer where it stands in the request that brought it
 * @throws ProblemError 400 naming the place that cannot be compiled
 */
export function compileMatch(match: Match, pointer = ''): CompiledMatch {
  const checks: ((entry: Entry, found: Mismatch[]) => void)[] = [];
  const { method, path, chatbotId, status, drift, headers, body, pointers } = match;
  if (method !== undefined) {
    const check = compileScalar(
      typeof method === 'string' ? method.toUpperCase() : method,
      `${pointer}/method`,
      'method',
    );
    checks.push((entry, found) => check(entry.method, found));
  }
  if (path !== undefined) {
    if (typeof path === 'string' && path.includes('?')) {
      throw misplaced(`${pointer}/path`, 'is compared without the query: leave out what stands behind the ?');
    }
    const check = compileScalar(path, `${pointer}/path`, 'path');
    checks.push((entry, found) => check(entry.path, found));
  }
  if (chatbotId !== undefined) {
    const check = compileScalar(chatbotId ?? { $exists: false }, `${pointer}/chatbotId`, 'chatbotId');
    checks.push((entry, found) => check(entry.chatbotId, found));
  }
  if (status !== undefined) {
    const check = compileScalar(status ?? { $exists: false }, `${pointer}/status`, 'status');
    checks.push((entry, found) => check(entry.status, found));
  }
  if (drift !== undefined) {
    const check = compile(drift, `${pointer}/drift`, 'drift');
    checks.push((entry, found) => check(hasDrift(entry), found));
  }
  for (const [name, expected] of Object.entries(headers ?? {})) {
    const key = name.toLowerCase();
    const at = below(`${pointer}/headers`, name);
    assertReadable(key, expected, at);
    const check = compileScalar(expected, at, `headers.${key}`);
    checks.push(({ request }, found) => {
      const value = valueAt(request.headers, [key]);
      check(value === undefined ? undefined : String(value), found);
    });
  }
  if (body !== undefined) {
    const check = compile(body, `${pointer}/body`, 'body');
    checks.push(({ request }, found) => check(bodyOf(request).body, found));
  }
  for (const [target, expected] of Object.entries(pointers ?? {})) {
    const at = below(`${pointer}/pointers`, target);
    const names = parsePointer(target, at);
    const check = compile(expected, at, `body${target}`);
    checks.push(({ request }, found) => check(valueAt(bodyOf(request).body, names), found));
  }
  return (entry) => {
    const found: Mismatch[] = [];
    for (const check of checks) check(entry, found);
    return found;
  };
}

/** What a match asks for exactly, and the database can therefore select by. */
export function selectionOf({ method, path, chatbotId, status, drift }: Match): Selection {
  return {
    method: typeof method === 'string' ? method.toUpperCase() : undefined,
    path: typeof path === 'string' ? path : undefined,
    chatbotId: typeof chatbotId === 'string' ? chatbotId : undefined,
    status: typeof status === 'number' ? [status, status] : status === null ? null : undefined,
    drift,
  };
}

/** The journal knows no credential, and what is asked for comes back in the near misses. */
function assertReadable(name: string, expected: string | Static<typeof Operators>, pointer: string): void {
  const isSecret = redactHeaders({ [name]: 'value' })[name] !== 'value';
  const exact = typeof expected === 'string' ? expected : expected.$equals;
  if (isSecret && exact !== undefined && !String(exact).includes(REDACTED)) {
    throw misplaced(pointer, `is ${REDACTED} in the journal, so that its value matches nothing: use {"$exists": true}`);
  }
}
