// Who may use the control plane: on a loopback address everybody but a page of another site, elsewhere the holder of the
// admin token.
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from './problem.ts';

/** Whether an address, or the name of one, reaches this machine only. Any other name is taken to be reachable from outside. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  return name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name) || /^(?:.+\.)?localhost\.?$/.test(name);
}

export interface AdmissionOptions {
  adminToken?: string | undefined;
}

/**
 * Returns the check of a request. It throws a `ProblemError`:
 * - 401 when there is an admin token and the request does not present it;
 * - 403 when there is none, and the `Host` is no loopback name: a page that had its own name point here (DNS rebinding);
 * - 403 when a browser says that another origin's page asks (`Sec-Fetch-Site`, `Origin`).
 */
export function createAdmission({ adminToken }: AdmissionOptions): (request: FastifyRequest) => void {
  return ({ headers }) => {
    if (adminToken !== undefined) assertToken(headers, adminToken);
    else assertLoopbackHost(headers);
    assertSameOrigin(headers);
  };
}

function assertToken({ authorization = '' }: IncomingHttpHeaders, adminToken: string): void {
  const [, given] = /^bearer[ \t]+(\S+)[ \t]*$/i.exec(authorization) ?? [];
  if (given !== undefined && timingSafeEqual(digest(given), digest(adminToken))) return;
  const what = given === undefined ? 'needs' : 'was given a wrong';
  throw new ProblemError(
    401,
    `The control plane ${what} token. Send Authorization: Bearer TOKEN with the value of STUB_ADMIN_TOKEN, or the one that was shown at the start.`,
    {},
    { 'www-authenticate': `Bearer realm="chatcaptain-stub"${given === undefined ? '' : ', error="invalid_token"'}` },
  );
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function assertLoopbackHost({ host = '' }: IncomingHttpHeaders): void {
  const [, name = ''] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host) ?? [];
  if (isLoopback(name)) return;
  throw new ProblemError(
    403,
    `The Host ${JSON.stringify(host)} is no loopback name. Use http://localhost or 127.0.0.1; to reach the control plane by another name, set STUB_ADMIN_TOKEN and send it.`,
  );
}

function assertSameOrigin(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  const { origin, host = '' } = headers;
  const isForeign = site === undefined ? false : site !== 'same-origin' && site !== 'none';
  if (!isForeign && (origin === undefined || hostOf(origin) === host.toLowerCase())) return;
  throw new ProblemError(
    403,
    `The request comes from a page of another origin (${origin ?? `Sec-Fetch-Site: ${site}`}). Only pages of this server may use the control plane.`,
  );
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
