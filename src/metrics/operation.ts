import type { FastifyRequest } from 'fastify';
import { isControlPlane } from '../planes.ts';

/** The stub's own routes. */
const OWN: Record<string, string> = {
  '/': 'index',
  '/favicon.ico': 'index',
  '/docs': 'docs',
  '/docs/*': 'docs',
  '/openapi.json': 'openapi',
  '/openapi.vendor.json': 'openapi',
  '/livez': 'health',
  '/readyz': 'health',
  '/metrics': 'metrics',
};

/**
 * What a request was for, as the value of a label: one of few, whatever callers send. An operation of the API by its
 * `operationId`; `unknown` where there is no such path, or no such method.
 */
export function operationOf({ raw, routeOptions }: FastifyRequest): string {
  if (isControlPlane(raw.url as string)) return 'control';
  const { url, schema } = routeOptions;
  const { operationId } = (schema ?? {}) as { operationId?: string };
  return operationId ?? OWN[String(url)] ?? 'unknown';
}
