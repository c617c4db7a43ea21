// What a server answers while it has no database: at the start, and when it is lost.
import { type IncomingMessage, type RequestListener, type ServerResponse, STATUS_CODES } from 'node:http';
import { isControlPlane, originForm } from './planes.ts';
import type { Readiness, Unready } from './readiness.ts';
import { errorBody } from './v1/errors.ts';

/**
 * Answers every request in the shape of its plane: 200 for `/livez`, 503 with the reason for all others.
 *
 * @param readiness says why; it is not ready while anything is answered here
 */
export function createUnavailable(readiness: Readiness, newId: () => string): RequestListener {
  return (request, response) => {
    const target = request.url as string;
    const path = originForm(target).replace(/\/?(?:\?.*)?$/, '');
    response.setHeader('x-stub-request-id', newId());
    // The next request is to find the server that is there by then.
    response.setHeader('connection', 'close');
    // A body that nobody reads would keep its sender from reading the answer.
    request.resume();
    if (path === '/livez') {
      send(request, response, 200, 'application/json', { status: 'ok' });
      return;
    }
    const { check, reason } = readiness.unready as Unready;
    response.setHeader('retry-after', '1');
    if (path === '/readyz') {
      send(request, response, 503, 'application/json', { status: 'unavailable', check, reason });
      return;
    }
    const sentence = `The stub is not ready: ${reason}. Send the request again later.`;
    if (isControlPlane(target)) {
      const problem = { type: 'about:blank', title: STATUS_CODES[503], status: 503, detail: sentence };
      send(request, response, 503, 'application/problem+json', problem);
    } else send(request, response, 503, 'application/json', errorBody(503, sentence));
  };
}

function send(request: IncomingMessage, response: ServerResponse, status: number, type: string, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(text) });
  response.end(request.method === 'HEAD' ? undefined : text);
}
