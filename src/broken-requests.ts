import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import type { Recorder } from './control/requests/record.ts';
import { errorBody } from './v1/errors.ts';

/** What Node's HTTP parser calls its errors, and what they mean to a caller. */
const REASONS: Record<string, [status: number, message: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The request line and headers are larger than 16 KiB together, or more than 1000.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
  CONNECT: [400, 'This server is no proxy: send requests to it, and not through it.'],
};

export interface BrokenRequestsContext {
  logger: FastifyBaseLogger;
  newId: () => string;
  recorder: Pick<Recorder, 'recordUnreadable' | 'skip'>;
}

/** What the parser gives beside its complaint. */
interface ParserError extends Error {
  code?: string;
  /** What it had before it, which may hold a credential. */
  rawPacket?: unknown;
}

/**
 * Answers what is no HTTP request at all, in the shape of every other error. The bytes that came in, which may hold a
 * credential, are not logged.
 *
 * `answer` is the server's `clientErrorHandler`. An answer that is due to an earlier request on the same connection goes
 * out first, which is why `attach` watches every request.
 */
export function createBrokenRequests({ logger, newId, recorder }: BrokenRequestsContext) {
  const unanswered = new WeakMap<Socket, Map<ServerResponse, IncomingMessage>>();
  const latest = new WeakMap<Socket, IncomingMessage>();
  const closings = new WeakMap<ServerResponse, Promise<void>>();

  /** Takes over from Node what it would answer by itself, or not at all. `handle` answers a request as usual. */
  function attach(server: Server, handle: (request: IncomingMessage, response: ServerResponse) => void): void {
    server.on('request', watch);
    // An Expect that nobody knows asks for nothing that we refuse; Node's own 417 has no body and no request id.
    server.on('checkExpectation', (request, response) => {
      watch(request, response);
      handle(request, response);
    });
    // A client may say that it has nothing more to send, and still wants its answer.
    Object.assign(server, { httpAllowHalfOpen: true });
  }

  function watch(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const requests = unanswered.get(socket) ?? new Map();
    unanswered.set(socket, requests.set(response, request));
    latest.set(socket, request);
    response.once('close', () => requests.delete(response));
  }

  /** Whether no other request on its connection has come behind it. */
  function isLast(request: IncomingMessage): boolean {
    return latest.get(request.socket) === request;
  }

  /** Resolves when it is the turn of this request's answer on its connection, or the connection is gone. */
  async function afterEarlierAnswers(request: IncomingMessage): Promise<void> {
    const { socket } = request;
    while (!socket.destroyed) {
      // This request is among them itself.
      const [[response, first]] = unanswered.get(socket) as unknown as [[ServerResponse, IncomingMessage]];
      if (first === request) return;
      // When the connection goes, of all its answers only the one whose turn it is closes.
      await closeOf(response);
    }
  }

  /** One listener, however many wait. */
  function closeOf(response: ServerResponse): Promise<void> {
    const closing = closings.get(response) ?? new Promise<void>((resolve) => response.once('close', resolve));
    closings.set(response, closing);
    return closing;
  }

  function answer(error: ParserError, socket: Socket): void {
    const current = latest.get(socket);
    if (current && !current.complete && !unanswered.get(socket)?.size) {
      // It was answered before its body came to an end. A second answer would be taken for the next request's.
      socket.destroySoon();
      return;
    }
    const requests = [...(unanswered.get(socket) ?? [])];
    // A request whose body has not come to its end is the broken one itself.
    const broken = requests.map(([, request]) => request).find((request) => !request.complete);
    const [last] = requests.filter(([, request]) => request.complete).at(-1) ?? [];
    if (last) last.once('close', () => refuse(error, socket, broken));
    else refuse(error, socket, broken);
  }

  function refuse({ code = '', rawPacket }: ParserError, socket: Socket, broken?: IncomingMessage): void {
    const [status, message] = REASONS[code] ?? [400, `The request is not valid HTTP (${code}).`];
    // A client that went away has nobody to answer.
    if (code !== 'ECONNRESET' && socket.writable) {
      const reqId = newId();
      const body = JSON.stringify(errorBody(status, message));
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(Buffer.byteLength(body)),
        'x-stub-request-id': reqId,
        connection: 'close',
      };
      logger.info({ reqId, status, code }, 'refused what is no HTTP request');
      if (broken) recorder.skip(broken);
      const packet = broken ? headOf(broken) : (rawPacket as Buffer | undefined);
      const link = recorder.recordUnreadable({ id: reqId, status, detail: message, packet, headers, body });
      const lines = Object.entries({ ...headers, ...link }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
    }
    socket.destroySoon();
  }

  return { attach, answer, afterEarlierAnswers, isLast };
}

/** The head of a request whose body broke, as it came. */
function headOf({ method, url, rawHeaders }: IncomingMessage): Buffer {
  const lines = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`));
  return Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}
