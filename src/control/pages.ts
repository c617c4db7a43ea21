// Lists in pages: `limit` and `cursor` in, `nextCursor` out. A cursor names the last row that was seen (a keyset), so
// rows that come or go meanwhile shift nothing.
import { Type } from '@sinclair/typebox';
import { ProblemError } from './problem.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** The query parameters of every list. */
export const pageQuery = {
  limit: Type.Integer({
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
    description: 'How many there are on a page.',
  }),
  cursor: Type.Optional(Type.String({ description: 'The nextCursor of the page before.' })),
};

export const orderQuery = Type.Union([Type.Literal('asc'), Type.Literal('desc')], {
  default: 'asc',
  expected: 'asc (oldest first) or desc (newest first)',
  description: 'asc: oldest first. desc: newest first.',
});

export const nextCursor = Type.Optional(
  Type.String({ description: 'Where the next page begins; absent on the last one.' }),
);

/** The cursor that names a row by its key. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The key that a cursor names.
 *
 * @param sample a key of the same shape: a cursor of another list is refused
 * @throws ProblemError 400
 */
export function decodeCursor<Key extends readonly (string | number)[]>(
  cursor: string | undefined,
  sample: Key,
): Key | undefined {
  if (cursor === undefined) return undefined;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isOfShape =
      Array.isArray(key) &&
      key.length === sample.length &&
      key.every((part, index) => typeof part === typeof sample[index]);
    if (isOfShape) return key as unknown as Key;
  } catch {
    // Not one of ours either.
  }
  throw new ProblemError(400, 'The cursor is none of this list. Begin again without one.');
}

/** Cuts the one row that was read beyond the page, and says where the next page begins. */
export function pageOf<Row>(
  rows: Row[],
  limit: number,
  keyOf: (row: Row) => readonly (string | number)[],
): { rows: Row[]; nextCursor?: string } {
  if (rows.length <= limit) return { rows };
  const page = rows.slice(0, limit);
  return { rows: page, nextCursor: encodeCursor(keyOf(page.at(-1) as Row)) };
}
