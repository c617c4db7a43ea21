// The data plane of a stub with an upstream: nothing is judged here, and nothing stored but the journal.
import type { IncomingMessage } from 'node:http';
import { errorCodes, type FastifyError, type FastifyPluginAsync, type HTTPMethods } from 'fastify';
import { vendorDocument } from '../documents/vendor.ts';
import { named } from '../named.ts';
import { createErrorRenderer } from '../v1/errors.ts';
import type { V1Options } from '../v1/plugin.ts';
import { honourPreferences } from '../v1/prefer.ts';
import { type ClientOptions, LARGEST_ANSWER } from './client.ts';
import { decode } from './coding.ts';
import { createDriftFinder } from './drift.ts';
import { createForward } from './forward.ts';

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
  app.addHook('onRequest', async (request, reply) => {
    const bytes = await readBody(request.raw, bodyLimit).catch((error: Error) => {
      // What else comes of it would be read for as long as it comes.
      reply.header('connection', 'close');
      throw error;
    });
    request.outgoingBody = bytes;
    request.rawBody = (await decode(bytes, request.headers['content-encoding'] ?? '', LARGEST_ANSWER)).bytes ?? null;
    request.body = textsIn(request.rawBody);
  });

  const document = vendorDocument();
  const forward = createForward(options as V1Options & ClientOptions, createDriftFinder(document));
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
