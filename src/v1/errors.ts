import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { PermissionDeniedError, UnauthenticatedError } from '../auth/guard.ts';
import type { Mistake } from '../contract/cases.ts';
import type { RecordedErrors } from '../contract/render.ts';
import { decide, type Violation } from '../decisions.ts';
import { UNREADABLE_TYPE } from '../json-body.ts';
import { describeFailure, isStorageFailure } from '../storage/failure.ts';
import { StorageUnavailableError } from '../storage/group-commit.ts';
import { allowOf, methodsAt } from './methods.ts';
import { sendAsRecorded } from './recorded.ts';

/**
 * The body of every error on the data plane. ChatCaptain documents none; its operation ids are those of NestJS, and
 * this is NestJS's default shape (an inference).
 */
export interface ErrorBody {
  /** One sentence, or one for each violation of the request's schema. */
  message: string | string[];
  /** The status in words. */
  error: string;
  statusCode: number;
}

/** An answer that is not a success. Throw it; the error handler writes it. */
export class RefusedError extends Error {
  override name = 'RefusedError';
  readonly statusCode: number;
  readonly body: ErrorBody;
  readonly headers: Record<string, string>;
  /** What is wrong with the request, where it is one of the contract's cases. */
  readonly mistake: Mistake | undefined;
  /** What the request's schema refused, place by place. */
  violations?: readonly Violation[];

  constructor(statusCode: number, message: string | string[], headers: Record<string, string> = {}, mistake?: Mistake) {
    super(Array.isArray(message) ? message.join('; ') : message);
    this.statusCode = statusCode;
    this.body = errorBody(statusCode, message);
    this.headers = headers;
    this.mistake = mistake;
  }
}

/** The body of an error. */
export function errorBody(statusCode: number, message: string | string[]): ErrorBody {
  return { message, error: STATUS_CODES[statusCode] ?? 'Error', statusCode };
}

export interface ErrorPolicy {
  /** 401, or 403 where only the vendor's documented statuses may be seen. */
  unauthenticatedStatus: 401 | 403;
  bodyLimit: number;
  /** What a real server was seen to answer, in the place of what is inferred. */
  recorded?: RecordedErrors | undefined;
}

/**
 * The data plane's error handler: every error becomes an `ErrorBody` with a status that the vendor documents, where one
 * fits. Returns the text that it sent.
 */
export function createErrorRenderer(policy: ErrorPolicy) {
  return function renderError(
    error: FastifyError | RefusedError,
    request: FastifyRequest,
    reply: FastifyReply,
  ): string {
    const refusal = refusalFrom(error, policy);
    // A group of writes that storage refused has had its line.
    const isNews = error !== refusal && !(error instanceof StorageUnavailableError);
    if (refusal.statusCode >= 500 && isNews) request.log.error({ err: error }, 'request failed');
    // Nothing has been decided yet where there is no operation to ask.
    if (request.decisions.length === 0 && error === refusal) decide(request, 'routed', 'refused', refusal.message);
    const { violations } = refusal;
    const places = violations && { violations };
    if ('validationContext' in error) decide(request, 'validated', 'refused', refusal.message, places);
    else if ('code' in error && refusal.statusCode < 500) decide(request, 'parsed', 'refused', refusal.message);
    if (error instanceof StorageUnavailableError) decide(request, 'stored', 'failed', refusal.message);
    const sent = policy.recorded && sendAsRecorded(policy.recorded, refusal, request, reply);
    if (sent !== undefined) return sent;
    const text = JSON.stringify(refusal.body);
    reply.code(refusal.statusCode).headers(refusal.headers).type('application/json; charset=utf-8').send(text);
    return text;
  };
}

/** Seconds after which a 503 or a 429 may be tried again. */
const RETRY_AFTER = { 'retry-after': '1' };

/** The headers that belong to a status that somebody has asked for. */
export function usualHeaders(status: number, request: FastifyRequest): Record<string, string> {
  if (status === 401) return { 'www-authenticate': 'Bearer realm="chatcaptain"' };
  if (status === 405) return { allow: allowOf(methodsAt(request)) };
  return status === 429 || status === 503 ? RETRY_AFTER : {};
}

/** The 2xx status that the response schema of the request's route declares. */
export function successStatus({ routeOptions }: FastifyRequest): number {
  return Number(Object.keys(routeOptions.schema?.response as object).find((status) => status.startsWith('2')));
}

/** Answers with a business failure, which is no error of HTTP: the vendor's schema of the success has it. */
export function answerWithError(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(successStatus(reply.request)).send({ error });
}

function refusalFrom(error: FastifyError | RefusedError, policy: ErrorPolicy): RefusedError {
  if (error instanceof RefusedError) return error;
  if (error instanceof UnauthenticatedError) {
    const { unauthenticatedStatus: status } = policy;
    const mistake = error.isPresented ? 'unknown credential' : 'no credential';
    const headers = status === 401 ? { 'www-authenticate': error.challenge } : undefined;
    return new RefusedError(status, error.message, headers, mistake);
  }
  if (error instanceof PermissionDeniedError) return new RefusedError(403, error.message, {}, 'not permitted');
  if (error instanceof StorageUnavailableError) {
    return new RefusedError(503, `Nothing was stored: ${error.message}. Send the request again later.`, RETRY_AFTER);
  }
  if (isStorageFailure(error)) {
    return new RefusedError(503, `Not ready: ${describeFailure(error)}. Send the request again later.`, RETRY_AFTER);
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new RefusedError(413, `The body is larger than ${policy.bodyLimit} bytes.`);
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new RefusedError(400, UNREADABLE_TYPE, {}, 'foreign media type');
  }
  if (error.code === 'FST_ERR_BAD_URL') {
    return new RefusedError(400, 'The path is not valid percent-encoded UTF-8. Write a percent sign as %25.');
  }
  // What is left with a 4xx is the framework's own complaint about a body cut short, or not as long as announced.
  if (error.statusCode !== undefined && error.statusCode < 500) return new RefusedError(400, error.message);
  return new RefusedError(500, 'Internal server error');
}
