// What a text or a number of an answer is there for, as far as that can be seen without keeping it.
import { STATUS_CODES } from 'node:http';

/** What a text may be. The stub puts something of its own of the same kind there (render.ts). */
export const TEXT_KINDS = [
  'sentence',
  'status text',
  'status',
  'date-time',
  'path',
  'method',
  'property',
  'uuid',
  'uri',
  'word',
  'empty',
] as const;
export type TextKind = (typeof TEXT_KINDS)[number];

/** What a number may be. Most are none of these. */
export const NUMBER_KINDS = ['status'] as const;

/** What is known of a request and its answer, so that it is known again in the answer's body. */
export interface Exchange {
  status: number;
  method: string;
  /** The request's path, without the query. */
  path: string;
  /** What was sent and must not be kept, such as a credential. */
  hidden: readonly string[];
}

const PROPERTIES = new Set(['name', 'email', 'phone', 'channelId']);

/** Properties that hold words for a person, also where a server has no more to say than the status in words. */
const FOR_PEOPLE = /^(?:messages?|msg|detail|details|description|reason|explanation|error_?(?:message|description))$/i;

/** @param name of the property that the text stands in, or in whose list */
export function kindOfText(text: string, name: string, { status, method, path }: Exchange): TextKind {
  if (text === '') return 'empty';
  if (FOR_PEOPLE.test(name)) return 'sentence';
  if (text === STATUS_CODES[status]) return 'status text';
  if (text === `${status}`) return 'status';
  if (text === method) return 'method';
  if (text.startsWith(path)) return 'path';
  if (PROPERTIES.has(text)) return 'property';
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/.test(text)) return 'date-time';
  if (/^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(text)) return 'uuid';
  if (/^(?:https?:\/\/|about:|urn:)\S*$/i.test(text)) return 'uri';
  return /\s/.test(text) ? 'sentence' : 'word';
}

export function kindOfNumber(value: number, { status }: Exchange): (typeof NUMBER_KINDS)[number] | undefined {
  return value === status ? 'status' : undefined;
}
