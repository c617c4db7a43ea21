import type { FastifyRequest } from 'fastify';

/**
 * One step on a request's way and how it went. Together they say why a request was answered as it was.
 *
 * Steps, in order: `routed`, where no operation is meant; `parsed`, `credential`, `permission`, `validated`,
 * `preference`, `fault`, `channel`, `stored`; with an upstream `preference`, `fault`, `upstream`, `contract`; and `sent`, where
 * the client no longer waited.
 */
export interface Decision {
  step: Step;
  outcome: 'passed' | 'refused' | 'applied' | 'ignored' | 'failed';
  /** A sentence for a person. Never holds a credential. */
  detail: string;
  /** What a schema refused, place by place. */
  violations?: readonly Violation[];
  /** The token that a request was let in for. An id is no credential. */
  tokenId?: string;
}

export type Step =
  | 'routed'
  | 'parsed'
  | 'credential'
  | 'permission'
  | 'validated'
  | 'preference'
  | 'fault'
  | 'channel'
  | 'stored'
  | 'upstream'
  | 'contract'
  | 'sent';

/** One rule of a schema that a body breaks. */
export interface Violation {
  /** JSON Pointer (RFC 6901) to the place in the body. */
  pointer: string;
  /** The rule, by its keyword in JSON Schema. */
  rule: string;
  expected: string;
  /** What was found there, as JSON text, shortened; absent when nothing was. */
  got?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    decisions: Decision[];
  }
}

/** Notes a step on the way of a request. */
export function decide(
  request: FastifyRequest,
  step: Decision['step'],
  outcome: Decision['outcome'],
  detail: string,
  more?: Pick<Decision, 'violations' | 'tokenId'>,
): void {
  request.decisions.push(more ? { step, outcome, detail, ...more } : { step, outcome, detail });
}
