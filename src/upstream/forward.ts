// The one step of a request that is passed through: out, back, and what the contract says of both.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { decide } from '../decisions.ts';
import { departureOf } from '../departure.ts';
import { originForm } from '../planes.ts';
import { RefusedError } from '../v1/errors.ts';
import { type ClientOptions, createUpstreamClient, type IncomingAnswer, LARGEST_ANSWER } from './client.ts';
import { type Decoded, decode } from './coding.ts';
import type { createDriftFinder, Verdict } from './drift.ts';
import type { Exchange } from './exchange.ts';
import { givenUp, UpstreamFailure } from './failure.ts';
import { byName, hasPassed, outgoingHeaders, returnedHeaders, single } from './headers.ts';

/** Of any phase, or the handler itself. */
type LastHook = RouteHandlerMethod &
  ((request: FastifyRequest, reply: FastifyReply, done: (error: Error) => void) => void);

/** Builds the hook that answers with what the upstream answers. It is the last: no handler follows. */
export function createForward(options: ClientOptions, findDrift: ReturnType<typeof createDriftFinder>): LastHook {
  const client = createUpstreamClient(options);
  const { origin } = client;
  const via = `chatcaptain-stub-${randomBytes(8).toString('hex')}`;

  async function forward(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (hasPassed(via, request.headers['via'])) {
      const message = `The upstream ${origin} leads back to this stub. Set STUB_UPSTREAM to another server.`;
      decide(request, 'upstream', 'refused', message);
      throw new RefusedError(508, message);
    }
    const { exchange, answer } = await pass(request, reply);
    const { status, body } = answer;
    const coding = String(byName(answer.rawHeaders)['content-encoding'] ?? '');
    const coded = await decode(body, coding, LARGEST_ANSWER);
    exchange.responseBody = coded.bytes;
    note(request, exchange, coded, status);
    sendBack(request, reply, answer);
  }

  /** Sends the request out, once. @throws RefusedError */
  async function pass(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<{ exchange: Exchange; answer: IncomingAnswer }> {
    const { method, raw, outgoingBody: body } = request;
    // While its body was read, or a fault delayed it: then nothing goes out.
    if (raw.socket.destroyed || raw.socket.readableEnded) throw refusalFrom(givenUp(), request);
    const target = originForm(raw.url as string);
    const isPreferred = reply.hasHeader('preference-applied');
    const headers = outgoingHeaders({ rawHeaders: raw.rawHeaders, body, host: client.host, via, isPreferred });
    const since = performance.now();
    const took = (): number => Math.round((performance.now() - since) * 100) / 100;
    const exchange: Exchange = {
      url: client.urlOf(target),
      outcome: 'failed',
      durationMs: 0,
      requestHeaders: byName(headers),
      drift: [],
    };
    request.exchange = exchange;
    const left = departureOf(request, reply);
    try {
      const answer = await client.send({ method, target, headers, body }, left);
      exchange.durationMs = took();
      exchange.outcome = 'answered';
      exchange.status = answer.status;
      exchange.responseHeaders = byName(answer.rawHeaders);
      return { exchange, answer };
    } catch (error) {
      exchange.durationMs = took();
      if (!(error instanceof UpstreamFailure)) throw error;
      const { outcome, responseHeaders } = error;
      exchange.outcome = outcome;
      if (responseHeaders) exchange.responseHeaders = byName(responseHeaders);
      throw refusalFrom(error, request);
    }
  }

  function note(request: FastifyRequest, exchange: Exchange, coded: Decoded, status: number): void {
    const outcome = status < 400 ? 'passed' : status < 500 ? 'refused' : 'failed';
    decide(request, 'upstream', outcome, `${origin} answered ${status} in ${exchange.durationMs} ms`);
    const { drift, ignored } = verdictOn(request, exchange, coded, status);
    exchange.drift = drift;
    for (const { side, place, detail } of drift) {
      decide(request, 'contract', 'failed', `drift of the ${side}: ${place} ${detail}`);
    }
    if (ignored !== undefined) decide(request, 'contract', 'ignored', ignored);
    else if (coded.problem !== undefined)
      decide(request, 'contract', 'ignored', `the body of the answer ${coded.problem}`);
    else if (drift.length === 0) decide(request, 'contract', 'passed', "as the vendor's document has it");
  }

  function verdictOn(
    request: FastifyRequest,
    { responseHeaders = {} }: Exchange,
    { bytes }: Decoded,
    status: number,
  ): Verdict {
    const { method, headers, raw, rawBody } = request;
    const answer = { status, headers: responseHeaders, text: bytes?.toString() };
    return findDrift({ method, target: originForm(raw.url as string) }, { headers, text: rawBody?.toString() }, answer);
  }

  // Not a promise: when that is kept, the framework goes on.
  const hook = (request: FastifyRequest, reply: FastifyReply, done: (error: Error) => void): void => {
    forward(request, reply).catch(done);
  };
  return hook as LastHook;
}

function refusalFrom({ status, message }: UpstreamFailure, request: FastifyRequest): RefusedError {
  decide(request, 'upstream', 'failed', message);
  return new RefusedError(status, message);
}

function sendBack({ method }: FastifyRequest, reply: FastifyReply, { status, rawHeaders, body }: IncomingAnswer): void {
  const headers = returnedHeaders(rawHeaders);
  for (const [name, values] of headers) reply.header(name, single(values));
  reply.code(status);
  // Here it says how long a body would be that does not come.
  const length = byName(rawHeaders)['content-length'];
  if ((method === 'HEAD' || status === 304) && length !== undefined) reply.header('content-length', length);
  if (body.length === 0) reply.send();
  else if (headers.has('content-type')) reply.send(body);
  // To bytes the framework would give a media type that the upstream has not given them.
  else reply.header('content-length', body.length).send(Readable.from([body], { objectMode: false }));
}
