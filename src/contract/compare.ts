// Compares two shapes.
import { parentOf, readType, type Shape } from './shape.ts';

/** Where an answer is otherwise than it was expected, and in what. */
export interface ShapeDifference {
  /** `status`, `media type`, `header NAME`, or `body` with a JSON pointer behind it. */
  place: string;
  expected: string;
  got: string;
}

const NOTHING = 'nothing';

/**
 * What is otherwise. Where the status is of another kind, nothing else is compared: it would all be otherwise. More
 * headers than expected are no difference, and neither is another kind of text.
 */
export function compareShapes(expected: Shape, got: Shape): ShapeDifference[] {
  const differences: ShapeDifference[] = [];
  if (expected.status !== got.status) {
    differences.push({ place: 'status', expected: `${expected.status}`, got: `${got.status}` });
    if (Math.floor(expected.status / 100) !== Math.floor(got.status / 100)) return differences;
  } else {
    const missing = expected.headers.filter((name) => !got.headers.includes(name));
    differences.push(...missing.map((name) => ({ place: `header ${name}`, expected: 'a value', got: NOTHING })));
  }
  if (expected.mediaType !== got.mediaType) {
    const place = { expected: expected.mediaType ?? NOTHING, got: got.mediaType ?? NOTHING };
    differences.push({ place: 'media type', ...place });
    // What is announced as something else is not read as JSON.
    if (got.body[''] === 'text') return differences;
  }
  return [...differences, ...compareBodies(expected.body, got.body)];
}

function compareBodies(expected: Shape['body'], got: Shape['body']): ShapeDifference[] {
  const pointers = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
  return pointers.flatMap((pointer) => {
    const place = `body${pointer}`;
    const wanted = expected[pointer];
    const found = got[pointer];
    if (wanted === undefined || found === undefined) {
      if (!isMember(pointer, expected) || !isMember(pointer, got)) return [];
      if (wanted !== undefined && readType(wanted).isOptional) return [];
      return [{ place, expected: wordsFor(wanted), got: wordsFor(found) }];
    }
    return isWithin(found, wanted) ? [] : [{ place, expected: wordsFor(wanted), got: wordsFor(found) }];
  });
}

/**
 * Whether what holds a place is an object. Where it is one on one side only, that has been said; and of an empty list it is
 * not known what its elements are.
 */
function isMember(pointer: string, body: Shape['body']): boolean {
  const parent = body[parentOf(pointer)];
  return parent !== undefined && readType(parent).types.some(({ type }) => type === 'object');
}

function isWithin(found: string, wanted: string): boolean {
  const allowed = readType(wanted);
  const given = readType(found);
  if (given.isOptional && !allowed.isOptional) return false;
  return given.types.every(({ type }) => allowed.types.some((one) => one.type === type));
}

function wordsFor(text: string | undefined): string {
  if (text === undefined) return NOTHING;
  const { types, isOptional } = readType(text);
  const words = [...new Set(types.map(({ type }) => type))].join(' or ');
  return isOptional ? `${words}, or ${NOTHING}` : words;
}
