import { isUtf8 } from 'node:buffer';
import { MIMEType } from 'node:util';
import type { FastifyInstance, FastifyRequest, preValidationHookHandler } from 'fastify';
import secureJson from 'secure-json-parse';
import { decide } from '../decisions.ts';
import { RefusedError, UNREADABLE_TYPE } from './errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the body could not be read; thrown before the guard runs. */
    bodyRefusal: RefusedError | null;
    /** The body as it came, whatever became of it. */
    rawBody: Buffer | null;
  }
}

const SEND_JSON = 'Send Content-Type: application/json with a body in UTF-8.';

/**
 * Replaces the scope's body parsers with one that takes JSON in UTF-8 and nothing else. NestJS parses the body before
 * the guard runs, and so does this: what cannot be read is 400 whoever asks. A request without a body goes on, to be
 * refused by the guard or by validation.
 */
export function acceptOnlyJson(app: FastifyInstance): void {
  app.decorateRequest('bodyRefusal', null);
  app.decorateRequest('rawBody', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, bytes, done) => {
    request.rawBody = bytes;
    // An error given to `done` closes the connection. This body was read to its end, so the connection can stay.
    try {
      done(null, parse(request, bytes));
    } catch (error) {
      request.bodyRefusal = error as RefusedError;
      done(null, undefined);
    }
  });
  app.addHook('onRoute', (route) => {
    if (route.schema?.body) route.preValidation = [route.preValidation as preValidationHookHandler, requireBody].flat();
  });
  app.addHook('preValidation', async (request) => {
    if (request.bodyRefusal) {
      decide(request, 'parsed', 'refused', request.bodyRefusal.message);
      throw request.bodyRefusal;
    }
    decide(request, 'parsed', 'passed', request.body === undefined ? 'no body' : 'JSON');
  });
}

/** Runs behind the route's guard: the validator itself cannot tell a missing body from `null`. */
async function requireBody(request: FastifyRequest): Promise<void> {
  if (request.body !== undefined) return;
  const message = 'The request has no body. Send a JSON object with Content-Type: application/json.';
  decide(request, 'validated', 'refused', message);
  throw new RefusedError(400, message);
}

function parse(request: FastifyRequest, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const encoding = request.headers['content-encoding'];
  if (encoding && encoding.toLowerCase() !== 'identity') {
    throw new RefusedError(400, `Content-Encoding ${encoding} is not accepted. Send the body as it is, without one.`);
  }
  checkMediaType(request.headers['content-type']);
  if (!isUtf8(bytes)) throw new RefusedError(400, `The body is not valid UTF-8. ${SEND_JSON}`);
  const text = bytes.toString('utf8');
  try {
    // Only __proto__ is dangerous to hold; a property named constructor is an extra one like any other.
    return secureJson.parse(text, { protoAction: 'error', constructorAction: 'ignore' });
  } catch (error) {
    if (/forbidden prototype/.test((error as Error).message)) {
      throw new RefusedError(400, 'The body has a property named __proto__. Send it without.');
    }
    throw new RefusedError(400, `The body is not valid JSON: ${(error as Error).message}`);
  }
}

function checkMediaType(header: string | undefined): void {
  if (header === undefined) throw new RefusedError(400, `The request has a body and no Content-Type. ${SEND_JSON}`);
  const { essence, params } = mediaTypeFrom(header);
  if (essence !== 'application/json') {
    throw new RefusedError(400, `Content-Type ${essence} is not accepted. ${SEND_JSON}`);
  }
  const charset = params.get('charset');
  if (charset !== null && !/^utf-?8$/i.test(charset)) {
    throw new RefusedError(400, `The charset ${charset} is not accepted. ${SEND_JSON}`);
  }
}

function mediaTypeFrom(header: string): MIMEType {
  try {
    return new MIMEType(header);
  } catch {
    throw new RefusedError(400, UNREADABLE_TYPE);
  }
}
