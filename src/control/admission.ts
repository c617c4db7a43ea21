// Who may use the control plane: on a loopback address everybody but a page of another site, elsewhere the holder of the
// admin token.
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from './problem.ts';

/** Whether an IP address, or a name that is never anything else, reaches this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (isIP(name) !== 0) return name === '::1' || name.startsWith('127.');
  return /^(?:[a-z0-9-]+\.)*localhost\.?$/.test(name);
}

export interface AdmissionOptions {
  adminToken?: string | undefined;
  /** The name by which the settings call this machine: good as a `Host` where it leads to the loopback. */
  settings: { host: string };
}

/**
 * Returns the check of a request. It throws a `ProblemError`:
 * - 401 when there is an admin token and the request does not present it;
 * - 403 when there is none, and the `Host` is no loopback name: a page that had its own name point here (DNS rebinding);
 * - 403 when a browser says that another origin's page asks (`Sec-Fetch-Site`, `Origin`).
 */
export function createAdmission({ adminToken, settings }: AdmissionOptions): (request: FastifyRequest) => void {
  return ({ headers }) => {
    if (adminToken !== undefined) assertToken(headers, adminToken);
    else assertLoopbackHost(headers, settings.host);
    assertSameOrigin(headers);
  };
}

function assertToken({ authorization = '' }: IncomingHttpHeaders, adminToken: string): void {
  const [, given] = /^bearer[ \t]+(\S+)[ \t]*$/i.exec(authorization) ?? [];
  if (given !== undefined && timingSafeEqual(digest(given), digest(adminToken))) return;
  const what = given === undefined ? 'needs a token' : 'was given a wrong token';
  throw new ProblemError(
    401,
    `The control plane ${what}. Send Authorization: Bearer TOKEN with the value of STUB_ADMIN_TOKEN, or the one that was shown at the start.`,
    {},
    { 'www-authenticate': `Bearer realm="chatcaptain-stub"${given === undefined ? '' : ', error="invalid_token"'}` },
  );
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function assertLoopbackHost({ host = '' }: IncomingHttpHeaders, ownName: string): void {
  const [, ipv6, name = ipv6 ?? ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  const isOfItsKind = ipv6 === undefined || isIP(ipv6) === 6;
  if ((isOfItsKind && isLoopback(name)) || name.toLowerCase() === ownName.toLowerCase()) return;
  throw new ProblemError(
    403,
    `The Host ${JSON.stringify(host)} is no loopback name. Use http://localhost or 127.0.0.1; to reach the control plane by another name, set STUB_ADMIN_TOKEN and send it.`,
  );
}

function assertSameOrigin(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  const { origin, host = '' } = headers;
  const isOwnPage = site === undefined || site === 'same-origin' || site === 'none';
  // https, where something in front of the server speaks TLS.
  const isOwnOrigin = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  if (isOwnPage && isOwnOrigin) return;
  throw new ProblemError(
    403,
    `The request comes from a page of another origin (${origin ?? `Sec-Fetch-Site: ${site}`}). Only pages of this server may use the control plane.`,
  );
}
