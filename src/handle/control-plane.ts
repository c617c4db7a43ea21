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
  async function exchange(method: Request['method'], path: string, { query = {}, body }: Call, patience = PATIENCE) {
    const target = `${CONTROL_PREFIX}${path}${queryOf(query)}`;
    const json = body === undefined ? {} : { body: JSON.stringify(body, jsonValue) };
    const { status, text } = await send({ method, target, ...json, patience });
    return { what: `${method} ${CONTROL_PREFIX}${path}`, status, text };
  }

  async function call<T>(method: Request['method'], path: string, call: Call = {}): Promise<T> {
    const { what, status, text } = await exchange(method, path, call);
    if (status >= 400) throw errorFrom(what, status, text, call.body);
    return (text === '' ? undefined : JSON.parse(text)) as T;
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
      const { what, status, text } = await exchange('POST', '/requests/wait', { body }, timeoutMs + PATIENCE);
      if (status >= 400) {
        const timeout = status === 408 && timeoutFrom(text, { ...body, match: JSON.stringify(match, jsonValue) });
        throw timeout || errorFrom(what, status, text, body);
      }
      return (JSON.parse(text) as { requests: [RecordedRequest, ...RecordedRequest[]] }).requests;
    },
  };
}

function queryOf(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`;
}

/** JSON would make an empty object of a regular expression, which every object matches. */
export function jsonValue(_key: string, value: unknown): unknown {
  if (!isRegExp(value)) return value;
  const { source, flags } = value;
  if (/^u?$/.test(flags)) return { $regex: source };
  throw new StubError(
    `The regular expression ${value} has flags that the stub does not take: write it without them, as in /[Jj]ohn/ for /john/i.`,
  );
}
