// How every request to the control plane is received, whether it finds a route or not.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { checkMediaType } from '../json-body.ts';
import { type AdmissionOptions, createAdmission } from './admission.ts';

/** What every answer says. */
export const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Returns what throws a `ProblemError` for who may not use the control plane. */
export function createReception(options: AdmissionOptions): (request: FastifyRequest, reply: FastifyReply) => void {
  const admit = createAdmission(options);
  return (request, reply) => {
    reply.headers(HEADERS);
    try {
      admit(request);
    } catch (error) {
      // What else it would send, nobody wants to read.
      reply.header('connection', 'close');
      throw error;
    }
  };
}

/** A form, or a plain text, is what a page of another site can send without being asked: none is taken. */
export function checkMediaTypeOf(headers: FastifyRequest['headers']): void {
  if (headers['content-type'] !== undefined) checkMediaType(headers['content-type']);
}
