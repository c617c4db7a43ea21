// An entry of the journal, and its row.
import type { Decision } from '../../decisions.ts';
import type { UpstreamSide } from './upstream-side.ts';

/** One message of an entry. Text bodies are as they came; bytes are a body that is not UTF-8. */
export interface Message {
  headers: Record<string, string | string[]>;
  body?: string | Buffer | undefined;
}

/** One request and its answer, with every credential redacted. */
export interface Entry {
  id: string;
  /** ISO 8601, UTC, by the clock of the chatbot. */
  time: string;
  method: string;
  /** The path as it came, percent-encoded; without the query. */
  path: string;
  query?: string | undefined;
  /** Absent when the request names no chatbot. */
  chatbotId?: string | undefined;
  /** Absent when no answer went out. */
  status?: number | undefined;
  durationMs: number;
  request: Message;
  response: Message;
  decisions: readonly Decision[];
  /** Where the request was passed through. */
  upstream?: UpstreamSide | undefined;
  seed?: string | undefined;
}

/** A row of the table `requests`. */
export interface RequestRow {
  seq: number;
  id: string;
  time: string;
  method: string;
  path: string;
  query: string | null;
  chatbot_id: string;
  status: number | null;
  duration_ms: number;
  request_headers: string;
  request_body: string | Buffer | null;
  response_headers: string;
  response_body: string | Buffer | null;
  decisions: string;
  seed: string | null;
  bytes: number;
  upstream: string | null;
}

/** The row of an entry, but for its place. */
export function rowFrom(entry: Entry): Omit<RequestRow, 'seq'> {
  const { id, time, method, path, query = null, chatbotId = '', request, response, seed = null } = entry;
  const requestHeaders = JSON.stringify(request.headers);
  const responseHeaders = JSON.stringify(response.headers);
  const decisions = JSON.stringify(entry.decisions);
  const upstream = entry.upstream ? JSON.stringify(entry.upstream) : null;
  const { body: requestBody = null } = request;
  const { body: responseBody = null } = response;
  return {
    id,
    time,
    method,
    path,
    query,
    chatbot_id: chatbotId,
    status: entry.status ?? null,
    duration_ms: entry.durationMs,
    request_headers: requestHeaders,
    request_body: requestBody,
    response_headers: responseHeaders,
    response_body: responseBody,
    decisions,
    seed,
    bytes:
      // Of these, each character is a byte.
      id.length +
      time.length +
      method.length +
      Buffer.byteLength(path) +
      Buffer.byteLength(query ?? '') +
      Buffer.byteLength(chatbotId) +
      Buffer.byteLength(requestHeaders) +
      Buffer.byteLength(requestBody ?? '') +
      Buffer.byteLength(responseHeaders) +
      Buffer.byteLength(responseBody ?? '') +
      Buffer.byteLength(decisions) +
      Buffer.byteLength(seed ?? '') +
      Buffer.byteLength(upstream ?? ''),
    upstream,
  };
}

/** The entry of a row. */
export function entryFrom(row: RequestRow): Entry {
  return {
    id: row.id,
    time: row.time,
    method: row.method,
    path: row.path,
    query: row.query ?? undefined,
    chatbotId: row.chatbot_id === '' ? undefined : row.chatbot_id,
    status: row.status ?? undefined,
    durationMs: row.duration_ms,
    request: { headers: JSON.parse(row.request_headers), body: row.request_body ?? undefined },
    response: { headers: JSON.parse(row.response_headers), body: row.response_body ?? undefined },
    decisions: JSON.parse(row.decisions),
    upstream: row.upstream === null ? undefined : JSON.parse(row.upstream),
    seed: row.seed ?? undefined,
  };
}

/** Whether something that was passed through is otherwise than the contract says. */
export function hasDrift({ upstream }: Entry): boolean {
  return upstream !== undefined && upstream.drift.length > 0;
}
