import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Aborted when nobody waits for the answer any more: the client went away, or the answer is out.
 *
 * A client that has only said that it sends nothing more counts as gone, because one that went away looks no different
 * until something is written to it. No client that waits for long does so.
 *
 * To be asked for in the turn in which the handler begins: what happened before goes unheard.
 */
export function departureOf({ raw: { socket } }: FastifyRequest, { raw: response }: FastifyReply): AbortSignal {
  const departure = new AbortController();
  const depart = (): void => departure.abort();
  socket.once('end', depart);
  response.once('close', () => {
    socket.off('end', depart);
    depart();
  });
  return departure.signal;
}
