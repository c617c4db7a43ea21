import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { errorBody } from './v1/errors.ts';

/** What Node's HTTP parser calls its errors, and what they mean to a caller. */
const REASONS: Record<string, [status: number, message: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The request line and headers are larger than 16 KiB together.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
};

/**
 * Answers what is no HTTP request at all, in the shape of every other error. The bytes that came in, which may hold a
 * credential, are not logged.
 *
 * `answer` is the server's `clientErrorHandler`. An answer that is due to an earlier request on the same connection goes
 * out first, which is why `attach` watches every request.
 */
export function createBrokenRequests({ logger, newId }: { logger: FastifyBaseLogger; newId: () => string }) {
  const unanswered = new WeakMap<Socket, Map<ServerResponse, IncomingMessage>>();

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
    response.once('close', () => requests.delete(response));
  }

  function answer(error: Error & { code?: string }, socket: Socket): void {
    // A request whose body has not come to its end is the broken one itself.
    const earlier = [...(unanswered.get(socket) ?? [])].filter(([, request]) => request.complete);
    const [last] = earlier.at(-1) ?? [];
    if (last) last.once('close', () => refuse(error, socket));
    else refuse(error, socket);
  }

  function refuse({ code = '' }: { code?: string }, socket: Socket): void {
    const [status, message] = REASONS[code] ?? [400, `The request is not valid HTTP (${code}).`];
    // A client that went away has nobody to answer.
    if (code !== 'ECONNRESET' && socket.writable) {
      const reqId = newId();
      const body = JSON.stringify(errorBody(status, message));
      logger.info({ reqId, status, code }, 'refused what is no HTTP request');
      socket.write(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\n` +
          `content-length: ${Buffer.byteLength(body)}\r\nx-stub-request-id: ${reqId}\r\nconnection: close\r\n\r\n${body}`,
      );
    }
    socket.destroySoon();
  }

  return { attach, answer };
}
