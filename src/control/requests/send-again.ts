// Sends an entry of the journal to this server, over a connection like any client's.
import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request as openRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { OF_THE_CONNECTION } from '../../hop-by-hop.ts';
import { REDACTED } from '../../redaction.ts';
import type { Arrival, Arrivals } from './arrivals.ts';
import type { Entry } from './entry.ts';
import { isCut, isUnreadable } from './record.ts';

/** Says in the journal which entry a request repeats. */
export const REPLAY_HEADER = 'x-stub-replay-of';

/** Why an entry does not hold the whole of its request; `undefined` when it does. */
export function whyIncomplete(entry: Entry): string | undefined {
  const { status, request, upstream } = entry;
  const { headers, body } = request;
  // CONNECT, which no client could send like this, is among them.
  if (isUnreadable(entry)) return 'it was no valid HTTP, and the journal has only what could be made out in it';
  if (isCut(request)) return 'its body is longer than 1 MiB and stands in the journal cut';
  const isPacked = request.headers['content-encoding'] !== undefined;
  if (upstream && isPacked && body !== undefined) return 'its body came compressed, and stands in the journal unpacked';
  const announces = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  // Where no body was read, the answer depends on none, but in these two cases.
  const wasNeeded = status === 413 || status === undefined;
  if (announces && body === undefined && wasNeeded) return 'its body was not read, and so is not in the journal';
  return undefined;
}

/** What came of it. */
export interface Repeated {
  /** Of the new entry. */
  id: string;
  /** `null`: no answer, or none that is HTTP. */
  status: number | null;
}

/**
 * Resolves when the answer is through, or the connection has ended without one.
 *
 * @param to an address that this server itself listens on
 * @param over gives up, and closes the connection
 * @throws when there is no connection
 */
export async function sendAgain(
  entry: Entry,
  { to, arrival, arrivals, over }: { to: Door; arrival: Arrival; arrivals: Arrivals; over: AbortSignal },
): Promise<Repeated> {
  const socket = connect(to);
  // What becomes of the connection later, the request below hears.
  socket.on('error', () => {});
  const leave = (): void => void socket.destroy();
  over.addEventListener('abort', leave);
  try {
    await once(socket, 'connect', { signal: over });
    // Before a byte is written.
    arrivals.expect(socket, arrival);
    return await exchange(socket, entry, arrival.id);
  } finally {
    over.removeEventListener('abort', leave);
    leave();
  }
}

interface Door {
  host: string;
  port: number;
}

function exchange(socket: Socket, entry: Entry, id: string): Promise<Repeated> {
  const { promise, resolve } = Promise.withResolvers<Repeated>();
  const { method, path, query, request } = entry;
  // As bytes: Node would write headers in the encoding of a text that comes right behind them.
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  const outgoing = openRequest({
    // Without an agent, so that the connection is closed after it.
    createConnection: () => socket,
    method,
    path: query === undefined ? path : `${path}?${query}`,
    headers: headersOf(entry, body),
    // One without Host came as HTTP/1.0, unless it was refused for just that.
    setHost: !isRefusedWithoutHost(entry),
  });
  let answer: IncomingMessage | undefined;
  outgoing.on('response', (response) => {
    answer = response;
    response.on('error', () => {}).resume();
  });
  outgoing.on('error', () => {});
  outgoing.on('close', () => {
    // Headers that are too large already are refused before anybody asks for an id.
    const given = answer?.headers['x-stub-request-id'];
    resolve({ id: typeof given === 'string' ? given : id, status: answer?.statusCode ?? null });
  });
  outgoing.end(body);
  return promise;
}

/** Before it was read: what is wrong with a body, or with a path, is so with a Host, too. */
function isRefusedWithoutHost({ status, decisions }: Entry): boolean {
  return status === 400 && decisions[0]?.step === 'routed';
}

function headersOf({ id, request }: Entry, body: Buffer | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(request.headers)) {
    // A name that was a credential is none that could be sent.
    if (!OF_THE_CONNECTION.has(name) && name !== REDACTED) headers[name] = value;
  }
  if (body !== undefined) headers['content-length'] = body.length;
  return { ...headers, [REPLAY_HEADER]: id };
}
