// The faults that are an answer.
import type { FastifyReply } from 'fastify';
import { errorBody, usualHeaders } from '../../v1/errors.ts';

export interface StatusAnswer {
  body?: unknown;
  headers?: Record<string, string>;
}

/** Answers with a status, and with what belongs to it where nothing else was asked for. */
export function answerWithStatus(
  reply: FastifyReply,
  id: string,
  status: number,
  { body, headers = {} }: StatusAnswer,
): FastifyReply {
  reply.code(status).headers(usualHeaders(status, reply.request));
  const content = body === undefined ? usualBody(id, status) : body;
  if (content === undefined) return reply.headers(headers).send();
  const isText = typeof content === 'string';
  reply.type(isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8').headers(headers);
  // As bytes: the framework would complete a Content-Type that was asked for as it is.
  return reply.send(Buffer.from(isText ? content : JSON.stringify(content)));
}

function usualBody(id: string, status: number): unknown {
  return status < 400 ? undefined : errorBody(status, `Fault ${id} of the stub: somebody asked for this ${status}.`);
}
