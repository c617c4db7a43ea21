// The control plane as a program calls it: paths, queries and JSON in; JSON or a StubError out.
import { isRegExp } from 'node:util/types';
import { CONTROL_PREFIX } from '../planes.ts';
import { StubError } from './errors.ts';
import { errorFrom, timeoutFrom } from './explain.ts';
import type { RecordedRequest, RequestMatch, WaitOptions } from './recorded-request.ts';

/** One call, as it goes over the wire or into the server of this process. */
export interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query. */
  target: string;
  /** JSON text. */
  body?: string;
  /** How long the answer may take, in milliseconds. */
  patience: number;
}

/** Brings a call to a server and its answer back. @throws StubError when there is no answer */
export type Send = (request: Request) => Promise<{ status: number; text: string }>;

type Query = Record<string, string | number | boolean | undefined>;

export interface Call {
  /** What is `undefined` is left out. */
  query?: Query;
  /** What becomes the JSON body; a `RegExp` becomes `{"$regex": …}`. */
  body?: unknown;
}

export interface ControlPlane {
  /** @throws StubError for an answer that is no success */
  call<T>(method: Request['method'], path: string, call?: Call): Promise<T>;
  /** All pages of a list, up to `limit` entries. */
  list<T>(path: string, plural: string, query: Query & { limit?: number | undefined }): Promise<T[]>;
  /**
   * @param chatbotId whose requests are meant, where the match does not say it
   * @throws WaitTimeoutError
   */
  wait(match: RequestMatch, options: WaitOptions, chatbotId?: string): Promise<[RecordedRequest, ...RecordedRequest[]]>;
}

/** How long an answer may take that has not to be waited for, in milliseconds: a large reset takes seconds. */
const PATIENCE = 60_000;

/** Most entries that a page holds. */
const PAGE = 1000;

/**
 * How long to wait for a request unless somebody says otherwise, in milliseconds. Test runners give a test 5 seconds or
 * less, and what they say when those are over does not tell what came instead.
 */
const TIMEOUT = 1000;

/** Builds the calls on a way to the server. */
export function createControlPlane(send: Send): ControlPlane {
  async function exchange(
    method: Request['method'],
    path: string,
    { query = {}, body }: Call,
    patience = PATIENCE,
  ): Promise<Exchange> {
    const target = `${CONTROL_PREFIX}${path}${queryOf(query)}`;
    const json = body === undefined ? undefined : JSON.stringify(body, jsonValue);
    const { status, text } = await send({ method, target, ...(json !== undefined && { body: json }), patience });
    return { what: `${method} ${CONTROL_PREFIX}${path}`, status, text, json, query };
  }

  async function call<T>(method: Request['method'], path: string, call: Call = {}): Promise<T> {
    return valueIn<T>(await exchange(method, path, call));
  }

  return {
    call,

    async list<T>(path: string, plural: string, { limit = Number.POSITIVE_INFINITY, ...query }: Query): Promise<T[]> {
      const all: T[] = [];
      let cursor: string | undefined;
      do {
        const page = { ...query, limit: Math.min(Number(limit) - all.length, PAGE), cursor };
        const answer = await call<Record<string, unknown>>('GET', path, { query: page });
        all.push(...(answer[plural] as T[]));
        cursor = answer['nextCursor'] as string | undefined;
      } while (cursor !== undefined && all.length < Number(limit));
      return all;
    },

    async wait(match, { count = 1, timeoutMs = TIMEOUT }, chatbotId) {
      const body = { match: { ...match, ...(chatbotId !== undefined && { chatbotId }) }, count, timeoutMs };
      // What is no number of milliseconds, the server refuses with more words.
      const patience = PATIENCE + (Number.isFinite(timeoutMs) ? timeoutMs : 0);
      const answer = await exchange('POST', '/requests/wait', { body }, patience);
      if (answer.status === 408) {
        const timeout = timeoutFrom(answer.text, { ...body, match: JSON.stringify(match, jsonValue) });
        if (timeout) throw timeout;
      }
      return valueIn<{ requests: [RecordedRequest, ...RecordedRequest[]] }>(answer).requests;
    },
  };
}

interface Exchange {
  what: string;
  status: number;
  text: string;
  /** The body as it went, if there was one. */
  json: string | undefined;
  query: Query;
}

/** What an answer holds. @throws StubError for one that is no success, or that something on the way has given */
function valueIn<T>({ what, status, text, json, query }: Exchange): T {
  const refused = () => errorFrom(what, status, text, json === undefined ? query : JSON.parse(json));
  if (status === 204) return undefined as T;
  if (status >= 300) throw refused();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw refused();
  }
}

function queryOf(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`;
}

/**
 * A value as it goes. What JSON would leave out, or make something else of, is refused: a match of `{}` in the place of a
 * `Map`, say, is one that every object fulfils.
 */
function jsonValue(_key: string, value: unknown): unknown {
  if (!isRegExp(value)) {
    if (isJson(value)) return value;
    const what = typeof value === 'object' ? Object.prototype.toString.call(value).slice(8, -1) : String(value);
    throw new StubError(`${what} cannot be sent: give a JSON value, or a RegExp in a match.`);
  }
  const { source, flags } = value;
  if (/^u?$/.test(flags)) return { $regex: source };
  throw new StubError(
    `The regular expression ${value} has flags that the stub does not take: write it without them, as in /[Jj]ohn/ for /john/i.`,
  );
}

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]';
  }
  return !['function', 'symbol', 'bigint'].includes(typeof value);
}
