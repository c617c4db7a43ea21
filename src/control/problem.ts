// The control plane's errors: problem details (RFC 9457) whose `detail` says what to do.
import { STATUS_CODES } from 'node:http';
import { type Static, Type } from '@sinclair/typebox';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { TokenError } from '../auth/tokens.ts';
import { UnreadableBodyError } from '../json-body.ts';
import { describeFailure, isStorageFailure } from '../storage/failure.ts';
import { StorageUnavailableError } from '../storage/group-commit.ts';

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always about:blank: the status says what kind of problem it is.' }),
    title: Type.String({ description: 'The status in words.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What is wrong, and what to do.' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }), {
        description: 'Each place of the request that is wrong, by JSON Pointer.',
      }),
    ),
  },
  { $id: 'Problem', additionalProperties: true },
);
export type Problem = Static<typeof Problem>;

/** One place of a request that is wrong. */
export interface Misplaced {
  pointer: string;
  detail: string;
}

/** An answer of the control plane's that is no success. Throw it; the error handler writes it. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly statusCode: number;
  readonly extra: Record<string, unknown>;
  readonly headers: Record<string, string>;

  /** @param extra members of the problem beside the standard ones */
  constructor(
    statusCode: number,
    detail: string,
    extra: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    super(detail);
    this.statusCode = statusCode;
    this.extra = extra;
    this.headers = headers;
  }
}

/** 404 for an id or a name. @param list the path, below the prefix, that lists those that there are */
export function notFound(what: string, id: string, list: string): ProblemError {
  return new ProblemError(404, `There is no ${what} ${id}. GET /__admin/${list} shows those that there are.`);
}

/** The control plane's error handler. */
export function renderProblem(error: FastifyError | ProblemError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemFrom(error, request);
  if (problem.statusCode >= 500 && problem !== error && !(error instanceof StorageUnavailableError)) {
    request.log.error({ err: error }, 'request failed');
  }
  const { statusCode: status, message: detail, extra, headers } = problem;
  reply
    .code(status)
    .headers(headers)
    .type('application/problem+json; charset=utf-8')
    .send({ type: 'about:blank', title: STATUS_CODES[status] as string, status, detail, ...extra });
}

function problemFrom(error: FastifyError | ProblemError, request: FastifyRequest): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof TokenError) return new ProblemError(400, error.message);
  if (error instanceof StorageUnavailableError) {
    const detail = `Nothing was changed: ${error.message}. Send the request again later.`;
    return new ProblemError(503, detail, {}, { 'retry-after': '1' });
  }
  if (isStorageFailure(error)) {
    const detail = `Not ready: ${describeFailure(error)}. Send the request again later.`;
    return new ProblemError(503, detail, {}, { 'retry-after': '1' });
  }
  if (error instanceof UnreadableBodyError) return new ProblemError(error.isForeignType ? 415 : 400, error.message);
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const { bodyLimit } = request.routeOptions;
    return new ProblemError(413, `The body is larger than ${bodyLimit} bytes. Send what it holds in several requests.`);
  }
  // What the framework itself refuses: a body that is cut short.
  const { statusCode = 500, message } = error;
  if (statusCode < 500) return new ProblemError(statusCode, message);
  return new ProblemError(500, 'Internal server error. The log line with this request id says more.');
}
