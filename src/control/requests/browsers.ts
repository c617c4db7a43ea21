// Somebody who opens the address of an entry in a browser, as the `Link` of a refusal has it, is led to its page.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asksForPage } from '../../accept.ts';
import { CONTROL_PREFIX } from '../../planes.ts';

const ENTRY = `${CONTROL_PREFIX}/requests/:id`;

/**
 * The path of the page on which the entry stands that a browser asks for; `undefined` for every other request. Tells
 * nothing about the entry, not even whether it is there: the page asks for it by itself.
 */
export function pageFor(
  { method, routeOptions, params, headers }: FastifyRequest,
  reply: FastifyReply,
): string | undefined {
  if (routeOptions.url !== ENTRY || (method !== 'GET' && method !== 'HEAD')) return undefined;
  reply.header('vary', 'Accept');
  if (!asksForPage(headers.accept)) return undefined;
  const { id } = params as { id: string };
  // Whatever the id is made of, it is one segment of a path of this server's.
  return `${CONTROL_PREFIX}/ui/requests/${encodeURIComponent(id)}`;
}
