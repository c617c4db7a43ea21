// Calls to a server that runs elsewhere.
import { setMaxListeners } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createControlPlane, type Send } from './control-plane.ts';
import { createStub } from './create-stub.ts';
import { StubError } from './errors.ts';
import type { Stub } from './stub.ts';

/**
 * Brings calls to the server at `url`, which has no slash at the end. Each on a connection of its own: one that is kept
 * may be closed by the other side at the very moment of its use. And not with `fetch`, which tests like to replace.
 *
 * @param closing breaks off what is under way
 */
export function sendTo(url: string, adminToken: string | undefined, closing?: AbortSignal): Send {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return ({ method, target, body, patience }) =>
    new Promise((resolve, reject) => {
      const headers = {
        ...(adminToken !== undefined && { authorization: `Bearer ${adminToken}` }),
        ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const fail = (error: NodeJS.ErrnoException): void => {
        if (closing?.aborted) {
          reject(new StubError(`The handle is closed: ${method} ${target} was broken off.`));
          return;
        }
        const why = error.code ?? error.message;
        const advice = why === 'ECONNREFUSED' ? ' Is it running, and is this its port?' : '';
        reject(new StubError(`The stub at ${url} does not answer (${why}).${advice}`, { cause: error }));
      };
      const options = { method, headers, agent: false, timeout: patience, ...(closing && { signal: closing }) };
      const outgoing = request(`${url}${target}`, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          resolve({ status: response.statusCode as number, text: Buffer.concat(chunks).toString('utf8') });
        });
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`nothing for ${patience} ms`)));
      outgoing.on('error', fail);
      outgoing.end(body);
    });
}

/** The handle of a stub that is known to answer at `url`, which has no slash at the end. */
export function openStub(url: string, adminToken: string | undefined): Stub {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const send = sendTo(url, adminToken, closing.signal);
  const controlPlane = createControlPlane(async (request) => {
    if (closing.signal.aborted)
      throw new StubError(`The handle is closed: ${request.method} ${request.target} comes too late.`);
    return send(request);
  });
  const close = async (): Promise<void> => {
    closing.abort();
  };
  return createStub(controlPlane, { url, ...(adminToken !== undefined && { adminToken }), close });
}
