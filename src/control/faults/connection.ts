// The faults that are no answer: they happen to the connection itself, and no hook of the framework's follows.
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { decide } from '../../decisions.ts';
import type { RequestLog } from '../../logging.ts';
import type { Recorder } from '../requests/record.ts';
import type { BrokenConnection } from './effect.ts';

export interface ConnectionContext {
  recorder: Pick<Recorder, 'record'>;
  requestLog: Pick<RequestLog, 'completed'>;
  /** Resolves when it is the turn of this request's answer on its connection, or the connection is gone. */
  afterEarlierAnswers: (request: IncomingMessage) => Promise<void>;
}

/** The beginning of a right answer, and how long it would be with an id of 20 characters. */
const BEGINNING = '{"conversationId":"';
const WHOLE_LENGTH = 41;

/** Begins like nothing that a client could take for a status line. */
const GARBAGE = Buffer.from([0x00, 0xff, 0x16, 0x03, 0x7f, 0x80, 0x0d, 0x0a, 0xfe, 0x01, 0x0d, 0x0a, 0x0d, 0x0a]);

/** What is done to the socket. Each leaves nothing that is on its way behind, and then closes. */
const ON_SOCKET: Record<Exclude<BrokenConnection, 'truncate'>, (socket: Socket) => void> = {
  reset: (socket) => void socket.resetAndDestroy(),
  empty: (socket) => socket.destroySoon(),
  garbage: (socket) => {
    socket.write(GARBAGE);
    socket.destroySoon();
  },
};

/** Builds what breaks the connection of a request, after it has been written into the journal and the log. */
export function createConnectionBreaker({ recorder, requestLog, afterEarlierAnswers }: ConnectionContext) {
  function note(request: FastifyRequest, reply: FastifyReply, sent: { status?: number; body?: string }): void {
    recorder.record(request, reply, sent);
    requestLog.completed(request, reply, sent.status);
  }

  return async function breakConnection(
    kind: BrokenConnection,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    reply.hijack();
    await afterEarlierAnswers(request.raw);
    const { socket } = request.raw;
    if (kind === 'truncate' && !socket.destroyed) {
      reply.headers({ 'content-type': 'application/json; charset=utf-8', 'content-length': WHOLE_LENGTH });
      note(request, reply, { status: 201, body: BEGINNING });
      reply.raw.writeHead(201, reply.getHeaders() as OutgoingHttpHeaders);
      reply.raw.write(BEGINNING);
      socket.destroySoon();
      return;
    }
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    if (socket.destroyed) decide(request, 'sent', 'failed', 'the client had closed the connection');
    note(request, reply, {});
    if (kind !== 'truncate') ON_SOCKET[kind](socket);
  };
}
