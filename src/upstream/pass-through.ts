// The data plane of a stub with an upstream: nothing is judged here, and nothing stored but the journal.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import {
  errorCodes,
  type FastifyError,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
  type RouteHandlerMethod,
} from 'fastify';
import { decide } from '../decisions.ts';
import { vendorDocument } from '../documents/vendor.ts';
import { named } from '../named.ts';
import { originForm } from '../planes.ts';
import { createErrorRenderer, RefusedError } from '../v1/errors.ts';
import type { V1Options } from '../v1/plugin.ts';
import { honourPreferences } from '../v1/prefer.ts';
import { createUpstreamClient, type IncomingAnswer, LARGEST_ANSWER } from './client.ts';
import { type Decoded, decode } from './coding.ts';
import { createDriftFinder, type Verdict } from './drift.ts';
import type { Exchange } from './exchange.ts';
import { UpstreamFailure } from './failure.ts';
import { byName, hasPassed, outgoingHeaders, returnedHeaders, single } from './headers.ts';

/** What the settings have, too, where this is loaded. */
interface PassThroughOptions extends V1Options {
  upstream: string;
  upstreamTimeout: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came. `rawBody` is what a reader sees, and the journal keeps: without its content coding. */
    outgoingBody: Buffer;
  }
}

const passThrough: FastifyPluginAsync<V1Options> = async (app, options) => {
  const { bodyLimit, prefer, beforeHandler = [] } = options;
  const renderError = createErrorRenderer(options);
  app.setErrorHandler((error: FastifyError, request, reply) => void renderError(error, request, reply));
  app.setSerializerCompiler(() => JSON.stringify);
  app.decorateRequest('rawBody', null);
  app.decorateRequest('outgoingBody');
  // Before the framework looks at the media type, which may be none: the upstream says what it takes.
  app.addHook('onRequest', async (request) => {
    const bytes = await readBody(request.raw, bodyLimit);
    request.outgoingBody = bytes;
    request.rawBody = (await decode(bytes, request.headers['content-encoding'], LARGEST_ANSWER)).bytes ?? null;
    request.body = textsIn(request.rawBody);
  });

  const document = vendorDocument();
  const forward = createForward(options as PassThroughOptions, createDriftFinder(document));
  app.register(async (operations) => {
    if (prefer === 'on') honourPreferences(operations, 'onRequest');
    for (const hook of beforeHandler) operations.addHook('onRequest', hook);
    operations.addHook('onRequest', forward);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(
        item as Record<string, { operationId: string; responses: object }>,
      )) {
        const { operationId, responses } = operation;
        const response = Object.fromEntries(Object.keys(responses).map((status) => [status, {}]));
        const url = path.replace(/^\/v1/, '').replace(/\{(.*?)\}/g, ':$1');
        const schema = { operationId, response };
        operations.route({ method: method.toUpperCase() as HTTPMethods, url, schema, handler: forward });
      }
    }
  });
  // Whatever else is below /v1: what it is answered, too, is only known from the upstream.
  app.register(async (others) => {
    others.addHook('onRequest', forward);
    for (const url of ['/', '/*'])
      others.route({ method: others.supportedMethods as HTTPMethods[], url, handler: forward });
  });
};
export default named(passThrough);

/** Of any phase, or the handler itself. */
type LastHook = RouteHandlerMethod &
  ((request: FastifyRequest, reply: FastifyReply, done: (error: Error) => void) => void);

/** Builds the hook that answers with what the upstream answers. It is the last: no handler follows. */
function createForward(options: PassThroughOptions, findDrift: ReturnType<typeof createDriftFinder>): LastHook {
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
    const coded = await decode(
      body,
      byName(answer.rawHeaders)['content-encoding'] as string | undefined,
      LARGEST_ANSWER,
    );
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
    const target = originForm(raw.url as string);
    const isPreferred = reply.hasHeader('preference-applied');
    const headers = outgoingHeaders({ rawHeaders: raw.rawHeaders, body, host: client.host, via, isPreferred });
    const since = performance.now();
    const exchange: Exchange = {
      url: client.urlOf(target),
      outcome: 'failed',
      durationMs: 0,
      requestHeaders: byName(headers),
      drift: [],
    };
    request.exchange = exchange;
    const left = new AbortController();
    const leave = (): void =>
      left.abort(new UpstreamFailure(502, 'given up, since the client had closed the connection'));
    if (raw.socket.destroyed) leave();
    reply.raw.once('close', leave);
    try {
      const answer = await client.send({ method, target, headers, body }, left.signal);
      exchange.outcome = 'answered';
      exchange.status = answer.status;
      exchange.responseHeaders = byName(answer.rawHeaders);
      return { exchange, answer };
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      const { status, message, responseHeaders } = error;
      exchange.outcome = left.signal.aborted ? 'left' : status === 504 ? 'timeout' : 'failed';
      if (responseHeaders) exchange.responseHeaders = byName(responseHeaders);
      decide(request, 'upstream', 'failed', message);
      throw new RefusedError(status, message);
    } finally {
      exchange.durationMs = Math.round((performance.now() - since) * 100) / 100;
      reply.raw.off('close', leave);
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

/** Reads a body to its end, or as far as it may be long. */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) reject(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
    else chunks.push(chunk);
  });
  request.on('end', () => resolve(Buffer.concat(chunks)));
  // Of what was cut short the framework says the same.
  request.on('error', (error) => reject(Object.assign(error, { code: 'ECONNRESET', statusCode: 400 })));
  return promise;
}

/** What the faults look at: the texts at the top of a body, where it is a JSON object. */
function textsIn(body: Buffer | null): Record<string, string> {
  try {
    const value: unknown = JSON.parse(String(body));
    return Object.fromEntries(Object.entries(value as object).filter(([, text]) => typeof text === 'string'));
  } catch {
    return {};
  }
}
