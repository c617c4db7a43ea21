// What the README says that a request is answered, written anew: which statuses may come, and what is stored.
import { isUtf8 } from 'node:buffer';
import { CHANNEL, CHANNELLED, guardOf, type People } from './people.ts';
import type { WireRequest } from './wire.ts';

export interface Expectation {
  statuses: readonly number[];
  /** What a row holds when one is made. */
  row?: { chatbot_id: string; channel_id: string; name: string; email: string | null; phone: string | null };
  /** The operation that the path names, where it does. */
  isOperation: boolean;
}

/** The largest body that the server of the fuzz takes. */
export const BODY_LIMIT = 2000;

const no = (...statuses: number[]): Expectation => ({ statuses, isOperation: true });

export function expect({ method, target, version, headers, body, framing }: WireRequest, people: People): Expectation {
  const has = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const hostless = version === '1.1' && has('host') === undefined;
  const segments = decoded(target);
  if (!segments) return { statuses: [400], isOperation: false };
  if (hostless) return { statuses: [400], isOperation: false };
  const [root, v1, inbox, chatbotId = '', conversations, ...more] = segments;
  const isPath = root === '' && v1 === 'v1' && inbox === 'inbox' && conversations === 'conversations';
  if (!isPath || more.length > 0 || chatbotId === '') return { statuses: [404], isOperation: false };
  if (/\p{Cc}/u.test(chatbotId)) return no(400);
  if (method !== 'POST') return no(method === 'OPTIONS' ? 204 : 405);

  const isEmpty = framing === 'none' || body.length === 0;
  if (!isEmpty) {
    const type = mediaType(has('content-type'));
    if (body.length > BODY_LIMIT) return no(413, ...(type === 'wrong' ? [400] : []));
    const encodings = headers.filter(([name]) => name === 'content-encoding').map(([, value]) => value);
    if (!['', 'identity'].includes(encodings.join(', ')) || type === 'wrong') return no(400);
    if (!isUtf8(body)) return no(400);
  }
  const json = isEmpty ? { value: undefined } : parse(body);
  if (!json) return no(400);
  const guard = guardOf(people, headers, chatbotId);
  // Without a body its type says nothing; one that cannot be read may be refused all the same.
  const isOdd = isEmpty && !/^[^/\s]+\/[^/\s\xa0]+/.test(has('content-type') ?? 'a/b');
  if (guard !== undefined) return no(guard, ...(isOdd ? [400] : []));
  const { value } = json;
  if (!isConversation(value)) return no(400);
  const { name, channelId, email, phone } = value;
  // A grammar of its own: what is neither clearly right nor clearly wrong may be either.
  const isClear = email === undefined || /^[a-z0-9]+(?:\.[a-z0-9]+)*@[a-z0-9]+(?:\.[a-z0-9]+)+$/.test(email);
  if (email !== undefined && !/^[^@]+@[^@]+$/.test(email)) return no(400);
  const forced = has('prefer') === undefined ? [] : FORCED;
  const row = { chatbot_id: chatbotId, channel_id: channelId, name, email: email ?? null, phone: phone ?? null };
  const isTaken = chatbotId !== CHANNELLED || channelId === CHANNEL;
  return { ...no(201, ...forced, ...(isClear ? [] : [400])), ...(isTaken && { row }) };
}

/** Statuses that a Prefer of the fuzz may ask for. */
const FORCED = Array.from({ length: 100 }, (_, index) => 400 + index);

/** The segments of a path; without a slash at the end, and `undefined` when one cannot be decoded. */
function decoded(target: string): string[] | undefined {
  const [path = ''] = target.split(/[?#]/, 1);
  try {
    const segments = path.split('/').map(decodeURIComponent);
    return segments.length > 2 && segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  } catch {
    return undefined;
  }
}

/** Whether a media type is JSON in UTF-8; only those are meant that the fuzz writes. */
function mediaType(header: string | undefined): 'right' | 'wrong' {
  if (header === undefined) return 'wrong';
  const [type = '', ...parameters] = header
    .split(';')
    .map((part) => part.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isJson = type === 'application/json';
  // One without a value is none (WHATWG MIME Sniffing, section 4.4).
  return isJson && (charset === undefined || /^charset=(?:"?utf-?8"?)?$/.test(charset)) ? 'right' : 'wrong';
}

function parse(body: Buffer): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8').replace(/^\ufeff/, ''));
    return holdsProto(value) ? undefined : { value };
  } catch {
    return undefined;
  }
}

/** Without recursion: a body may be nested as deep as it is long. */
function holdsProto(root: unknown): boolean {
  for (const left = [root]; left.length > 0; ) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) return true;
    left.push(...Object.values(value));
  }
  return false;
}

type Body = { name: string; channelId: string; email?: string; phone?: string };

function isConversation(value: unknown): value is Body {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const has = (key: string) => Object.hasOwn(value, key);
  const isText = (key: string) => {
    const text = (value as Record<string, unknown>)[key];
    return typeof text === 'string' && text.isWellFormed();
  };
  return ['name', 'channelId'].every(isText) && ['email', 'phone'].every((key) => !has(key) || isText(key));
}
