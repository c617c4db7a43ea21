import type { FastifyRequest } from 'fastify';

/**
 * One step on a request's way and how it went. Together they say why a request was answered as it was.
 *
 * Steps, in order: `parsed`, `credential`, `permission`, `validated`, `preference`, `channel`, `stored`.
 */
export interface Decision {
  step: 'parsed' | 'credential' | 'permission' | 'validated' | 'preference' | 'channel' | 'stored';
  outcome: 'passed' | 'refused' | 'applied' | 'ignored' | 'failed';
  /** A sentence for a person. Never holds a credential. */
  detail: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    decisions: Decision[];
  }
}

export function decide(
  request: FastifyRequest,
  step: Decision['step'],
  outcome: Decision['outcome'],
  detail: string,
): void {
  request.decisions.push({ step, outcome, detail });
}
