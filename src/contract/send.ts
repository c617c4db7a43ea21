// Sends one request to a server that is not ours, and takes its answer as it comes.
import { type IncomingHttpHeaders, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { codeOf } from '../storage/sqlite-error.ts';
import { clearTimeout, setTimeout } from '../timers.ts';

export interface Outgoing {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface Incoming {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** No answer, or none that can be looked at; the message says why, and what to do. */
export class NoAnswerError extends Error {
  override name = 'NoAnswerError';
}

/** A larger body is no answer of this API, in bytes. */
const LARGEST = 1024 * 1024;

export interface Sending {
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Each request has a connection of its own. A redirect is an answer like any other and is not followed: the credential
 * goes to no other host.
 *
 * @throws NoAnswerError
 * @throws what the signal was aborted with
 */
export function send({ method, url, headers, body }: Outgoing, { timeoutMs, signal }: Sending): Promise<Incoming> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      const why = isLate ? `it did not answer within ${timeoutMs / 1000} s (--timeout)` : reasonOf(error);
      reject(signal.aborted ? signal.reason : new NoAnswerError(`${url.origin}: ${why}`, { cause: error }));
    };
    const open = url.protocol === 'https:' ? overHttps : overHttp;
    const outgoing = open(url, { method, headers, agent: false, signal }, (incoming) => {
      const status = incoming.statusCode as number;
      // Nothing could be made of it: no record may hold it, and no document could name it.
      if (status < 200 || status > 599) return void outgoing.destroy(new NoSuchStatusError(`${status}`));
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > LARGEST) incoming.destroy(new TooLargeError());
      });
      incoming.on('error', fail);
      incoming.on('end', () => {
        clearTimeout(timer);
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status, headers: incoming.headers, text });
      });
    });
    const timer = setTimeout(() => {
      isLate = true;
      outgoing.destroy();
    }, timeoutMs);
    outgoing.on('error', fail);
    // Without a listener the connection would be closed, and no error would say so.
    outgoing.on('upgrade', (_incoming, socket) => {
      socket.destroy();
      fail(new NoSuchStatusError('101'));
    });
    outgoing.end(body);
  });
}

class TooLargeError extends Error {}

class NoSuchStatusError extends Error {}

const WHY: Record<string, string> = {
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host could not be looked up now',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed before the answer was complete',
  EPIPE: 'the connection was closed before the answer was complete',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the host does not answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** Why there is no answer, in words. */
export function reasonOf(error: unknown): string {
  if (error instanceof TooLargeError) return `its answer is larger than ${LARGEST} bytes`;
  if (error instanceof NoSuchStatusError) return `it answers with the status ${error.message}, which is no answer`;
  const code = codeOf(error);
  const known = WHY[code];
  if (known !== undefined) return `${known} (${code})`;
  if (code.startsWith('HPE_')) return `what it answers is not HTTP (${code})`;
  if (/SELF_SIGNED|UNABLE_TO|CERT/.test(code)) {
    return `its certificate is not trusted (${code}); NODE_EXTRA_CA_CERTS=FILE names one that is`;
  }
  if (/^(?:EPROTO|ERR_SSL_)/.test(code)) return `what it speaks is not TLS (${code}); is it http:// ?`;
  return `it cannot be asked (${code || (error as Error).message})`;
}
