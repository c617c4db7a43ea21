// The control plane as a client uses it.
import type { OutgoingHttpHeaders } from 'node:http';
import { type Answer, send } from './stub.ts';

/** Sends one request to `/__admin`; a body is sent as JSON. */
export function admin(
  { url }: { url: string },
  method: string,
  path: string,
  body?: unknown,
  headers: OutgoingHttpHeaders = {},
): Promise<Answer> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  return send(url, {
    method,
    path: `/__admin${path}`,
    headers: { ...json, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}
