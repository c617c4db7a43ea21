import type { FastifyInstance, preValidationHookHandler } from 'fastify';
import { decide } from '../decisions.ts';
import { readJson, type UnreadableBodyError } from '../json-body.ts';
import { RefusedError } from './errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the body could not be read; thrown before the guard runs. */
    bodyRefusal: RefusedError | null;
    /** The body as it came, whatever became of it. */
    rawBody: Buffer | null;
  }
}

/**
 * Replaces the scope's body parsers with one that takes JSON in UTF-8 and nothing else. NestJS parses the body before
 * the guard runs, and so does this: what cannot be read is 400 whoever asks. A request without a body goes on, to be
 * refused by the guard or by validation.
 */
export function acceptOnlyJson(app: FastifyInstance): void {
  app.decorateRequest('bodyRefusal', null);
  app.decorateRequest('rawBody', null);
  app.removeAllContentTypeParsers();
  // The first by its name, since that is found at once; the other takes whatever else there is.
  app.addContentTypeParser<Buffer>(['application/json', '*'], { parseAs: 'buffer' }, (request, bytes, done) => {
    request.rawBody = bytes;
    // An error given to `done` closes the connection. This body was read to its end, so the connection can stay.
    let body: unknown;
    try {
      body = readJson(request.headers, bytes);
    } catch (error) {
      const { message, isForeignType } = error as UnreadableBodyError;
      request.bodyRefusal = new RefusedError(400, message, {}, isForeignType ? 'foreign media type' : 'malformed body');
    }
    // Not where what is thrown is caught: all that comes next runs in this call.
    done(null, body);
  });
  app.addHook('onRoute', (route) => {
    if (route.schema?.body) route.preValidation = [route.preValidation as preValidationHookHandler, requireBody].flat();
  });
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.bodyRefusal) {
      decide(request, 'parsed', 'refused', request.bodyRefusal.message);
      throw request.bodyRefusal;
    }
    decide(request, 'parsed', 'passed', request.body === undefined ? 'no body' : 'JSON');
    done();
  });
}

/** Runs behind the route's guard: the validator itself cannot tell a missing body from `null`. */
const requireBody: preValidationHookHandler = (request, _reply, done) => {
  if (request.body !== undefined) return done();
  const message = 'The request has no body. Send a JSON object with Content-Type: application/json.';
  decide(request, 'validated', 'refused', message);
  throw new RefusedError(400, message, {}, 'no body');
};
