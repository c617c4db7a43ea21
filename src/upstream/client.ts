// Sends one request to the upstream, once, and reads its answer whole, within bounds.
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { clearTimeout, setTimeout } from '../timers.ts';
import { failureFrom, givenUp, type Phase, timeoutIn, UpstreamFailure } from './failure.ts';

/** How long a connection may take, in milliseconds, TLS included. Who waits longer waits for a machine that is not there. */
const CONNECT_TIMEOUT = 10_000;

/** The largest answer in bytes, also when it is unpacked: it is held in memory, and goes into the journal. */
export const LARGEST_ANSWER = 10 * 1024 * 1024;

/** How many requests are under way at once; others wait for their turn. */
const MOST_AT_ONCE = 100;

export interface OutgoingRequest {
  method: string;
  /** The path and the query, as they came. */
  target: string;
  /** Names and values in turn. */
  headers: string[];
  body: Buffer;
}

export interface IncomingAnswer {
  status: number;
  /** Names and values in turn. */
  rawHeaders: string[];
  body: Buffer;
}

export interface UpstreamClient {
  /** As it may be shown. */
  origin: string;
  /** What `Host` says. */
  host: string;
  /** Where a target is, over there. */
  urlOf(target: string): string;
  /**
   * @param left aborts it: nobody waits for the answer any more
   * @throws UpstreamFailure
   */
  send(request: OutgoingRequest, left: AbortSignal): Promise<IncomingAnswer>;
}

export interface ClientOptions {
  upstream: string;
  upstreamTimeout: number;
  connectTimeout?: number;
}

export function createUpstreamClient({
  upstream,
  upstreamTimeout,
  connectTimeout = CONNECT_TIMEOUT,
}: ClientOptions): UpstreamClient {
  const { protocol, hostname, port, host, origin, pathname } = new URL(upstream);
  const isTls = protocol === 'https:';
  const openRequest = isTls ? tlsRequest : plainRequest;
  // A connection for each request. One that is kept may be closed from over there in the moment in which it is used again,
  // and then nobody knows whether a conversation was created: a POST is not sent twice, so that it would be a 502 for nothing.
  const agent = new (isTls ? TlsAgent : PlainAgent)({ keepAlive: false, maxSockets: MOST_AT_ONCE });
  const to = { protocol, host: hostname.replace(/^\[|\]$/g, ''), port, agent };
  const prefix = pathname.replace(/\/+$/, '');
  const connectLimit = Math.min(connectTimeout, upstreamTimeout);

  async function send({ method, target, headers, body }: OutgoingRequest, left: AbortSignal): Promise<IncomingAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingAnswer>();
    let phase: Phase = 'connecting';
    let answer: IncomingMessage | undefined;
    const outgoing = openRequest({ ...to, method, path: prefix + target, headers });

    const giveUp = (reason: Error): void => {
      if (reason instanceof UpstreamFailure && answer) reason.responseHeaders = answer.rawHeaders;
      reject(reason);
      outgoing.destroy();
    };
    const fail = (error: Error): void => giveUp(failureFrom(error, phase, origin));
    const refuse = (what: string): void =>
      giveUp(new UpstreamFailure('failed', `The upstream ${origin} answered ${what}.`));
    const leave = (): void => giveUp(givenUp());
    const whole = setTimeout(() => giveUp(timeoutIn(phase, upstreamTimeout, origin)), upstreamTimeout);
    let connection: NodeJS.Timeout | undefined;

    outgoing.on('socket', (socket) => {
      connection = setTimeout(() => giveUp(timeoutIn('connecting', connectLimit, origin)), connectLimit);
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        clearTimeout(connection);
        phase = 'waiting';
      });
    });
    outgoing.on('error', fail);
    // Nobody has asked for one. Without a listener nothing would be heard of it until the time is over.
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      refuse('with the status 101, which nobody has asked for');
    });
    outgoing.on('response', (response) => {
      answer = response;
      phase = 'reading';
      const { statusCode: status = 0, rawHeaders } = response;
      if (status < 200 || status > 599) return refuse(`with the status ${status}, which there is not`);
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LARGEST_ANSWER) refuse(TOO_LARGE);
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => resolve({ status, rawHeaders, body: Buffer.concat(chunks) }));
    });
    left.addEventListener('abort', leave);
    outgoing.end(body.length > 0 ? body : undefined);
    return promise.finally(() => {
      for (const timer of [whole, connection]) clearTimeout(timer);
      left.removeEventListener('abort', leave);
    });
  }

  return { origin, host, urlOf: (target) => origin + prefix + target, send };
}

const TOO_LARGE = `with more than ${LARGEST_ANSWER} bytes, which is the most that is passed on`;
