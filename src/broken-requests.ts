import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { errorBody } from './v1/errors.ts';

/** What Node's HTTP parser calls its errors, and what they mean to a caller. */
const REASONS: Record<string, [status: number, message: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The request line and headers are larger than 16 KiB together.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
};

/** Answers what is no HTTP request at all, in the shape of every other error. The bytes that came in, which may hold a credential, are not logged. */
export function answerBrokenRequests({ logger, newId }: { logger: FastifyBaseLogger; newId: () => string }) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    const { code = '' } = error;
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
  };
}
