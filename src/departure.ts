import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Those who wait for an answer on the same connection: a client may send the next request before it has the answer. */
const waiting = new WeakMap<Socket, Set<AbortController>>();

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
  const together = waiting.get(socket) ?? listen(socket);
  together.add(departure);
  response.once('close', () => {
    together.delete(departure);
    departure.abort();
  });
  return departure.signal;
}

/** One listener for all of a connection. */
function listen(socket: Socket): Set<AbortController> {
  const together = new Set<AbortController>();
  waiting.set(socket, together);
  const leave = (): void => {
    for (const departure of together) departure.abort();
  };
  socket.once('end', leave);
  // Of several answers only the one whose turn it is hears that its connection was reset.
  socket.once('close', leave);
  return together;
}
