// The shape of an answer: what can be said of it without any of its values.
import type { IncomingHttpHeaders } from 'node:http';
import { below } from '../json-pointer.ts';
import { type Exchange, kindOfNumber, kindOfText } from './kinds.ts';

/** Headers of which it is kept that they are there. */
export const SHAPE_HEADERS = ['allow', 'location', 'retry-after', 'www-authenticate'] as const;

export interface Shape {
  status: number;
  /** Without its parameters; `null` where none is named. */
  mediaType: string | null;
  /** Those of `SHAPE_HEADERS` that are there. */
  headers: string[];
  body: BodyShape;
}

/**
 * A type for each place of a body, by its JSON pointer; `*` stands for each element of a list. As in `object`, or
 * `string: sentence`; `string|null` where elements differ, `string?` where some lack it. The whole of a body that is no
 * JSON is `text`, `malformed` where it is announced as JSON, or `empty`.
 */
export type BodyShape = Record<string, string>;

/** How deep a body is looked into. No answer of an API is deeper, and a hostile one could be very deep. */
export const DEEPEST = 20;

/** @param exchange what the request was, and what may not be kept of it */
export function shapeOf(answer: { headers: IncomingHttpHeaders; text: string }, exchange: Exchange): Shape {
  const mediaType = mediaTypeOf(answer.headers['content-type'], exchange);
  return {
    status: exchange.status,
    mediaType,
    headers: SHAPE_HEADERS.filter((name) => answer.headers[name] !== undefined),
    body: bodyShapeOf(answer.text, mediaType, exchange),
  };
}

export const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;

function mediaTypeOf(header: string | undefined, { hidden }: Exchange): string | null {
  const [type = ''] = (header ?? '').split(';', 1);
  const essence = type.trim().toLowerCase();
  return MEDIA_TYPE.test(essence) && !holdsOneOf(hidden, essence) ? essence : null;
}

function bodyShapeOf(text: string, mediaType: string | null, exchange: Exchange): BodyShape {
  if (text === '') return { '': 'empty' };
  if (!/[/+]json$/.test(mediaType ?? '')) return { '': 'text' };
  const body: BodyShape = {};
  try {
    note([JSON.parse(text)], 1, { pointer: '', name: '', depth: 0 });
  } catch {
    return { '': 'malformed' };
  }
  return body;

  /** @param whole how many there would be, if it were nowhere missing */
  function note(values: unknown[], whole: number, { pointer, name, depth }: Place): void {
    const types = values.map((value) => typeOf(value, name, exchange));
    body[pointer] = [...new Set(types)].sort().join('|') + (values.length < whole ? '?' : '');
    if (depth === DEEPEST) return;
    const objects = values.filter(isObject).map((object) => membersOf(object, exchange));
    const names = new Set(objects.flatMap((members) => [...members.keys()]));
    for (const member of [...names].sort()) {
      const lists = objects.flatMap((members) => members.get(member) ?? []);
      const missing = objects.filter((members) => !members.has(member)).length;
      note(lists, lists.length + missing, { pointer: below(pointer, member), name: member, depth: depth + 1 });
    }
    const elements = values.filter(Array.isArray).flat();
    if (elements.length > 0) note(elements, elements.length, { pointer: `${pointer}/*`, name, depth: depth + 1 });
  }
}

interface Place {
  pointer: string;
  /** The property that it is in; that of the list for an element. */
  name: string;
  depth: number;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(value: unknown, name: string, exchange: Exchange): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') return `string: ${kindOfText(value, name, exchange)}`;
  const kind = typeof value === 'number' ? kindOfNumber(value, exchange) : undefined;
  return kind === undefined ? typeof value : `number: ${kind}`;
}

/** The members by what may be kept of their names; several where the names are values themselves. */
function membersOf(object: object, { hidden }: Exchange): Map<string, unknown[]> {
  const members = new Map<string, unknown[]>();
  for (const [name, value] of Object.entries(object)) {
    const kept = nameWithout(name, hidden);
    members.set(kept, [...(members.get(kept) ?? []), value]);
  }
  return members;
}

/** A name that looks like an id, an address or a text is a value: `*` stands for it. */
function nameWithout(name: string, hidden: Exchange['hidden']): string {
  const isWord = /^[A-Za-z_$@][\w$@.:-]{0,63}$/.test(name) && !/\w@\w/.test(name);
  const isId = name.length >= 12 && name.replace(/\D/g, '').length >= 3;
  return isWord && !isId && !holdsOneOf(hidden, name) ? name : '*';
}

/** In any case: media types are kept in lower case, and a server may write names in capitals. */
function holdsOneOf(hidden: Exchange['hidden'], text: string): boolean {
  return hidden.some((one) => text.toLowerCase().includes(one.toLowerCase()));
}

/** A type as it is written in a `BodyShape`, taken apart. */
interface PlaceType {
  types: { type: string; kind: string | undefined }[];
  /** Whether it may be missing. */
  isOptional: boolean;
}

export function readType(text: string): PlaceType {
  const isOptional = text.endsWith('?');
  const types = (isOptional ? text.slice(0, -1) : text).split('|').map((one) => {
    const at = one.indexOf(': ');
    return at === -1 ? { type: one, kind: undefined } : { type: one.slice(0, at), kind: one.slice(at + 2) };
  });
  return { types, isOptional };
}

/** Where the place stands that holds this one. */
export function parentOf(pointer: string): string {
  return pointer.slice(0, pointer.lastIndexOf('/'));
}

/** By what holds them: who goes through a whole body asks for each of its places, of which there may be many. */
const known = new WeakMap<BodyShape, Map<string, string[]>>();

/** The places that one holds: its members, and its elements as one. */
export function childrenOf(body: BodyShape, pointer: string): string[] {
  const children = known.get(body) ?? gatherChildren(body);
  known.set(body, children);
  return children.get(pointer) ?? [];
}

function gatherChildren(body: BodyShape): Map<string, string[]> {
  return Map.groupBy(
    Object.keys(body).filter((place) => place !== ''),
    parentOf,
  );
}
