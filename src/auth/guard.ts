import type { FastifyRequest, preValidationHookHandler } from 'fastify';
import fp from 'fastify-plugin';
import type { Clock } from '../clock.ts';
import { decide } from '../decisions.ts';
import { findGrant, type Grant, splitResource } from './permissions.ts';
import type { Token, TokenStore, Verdict } from './tokens.ts';

/** Nobody knows who is asking: no credential, or one that is worth nothing. `challenge` belongs in `WWW-Authenticate`. */
export class UnauthenticatedError extends Error {
  override name = 'UnauthenticatedError';
  readonly challenge: string;
  /** Whether there was something in the place of a credential. */
  readonly isPresented: boolean;

  constructor(message: string, code?: 'invalid_token' | 'invalid_request') {
    super(message);
    this.challenge = `Bearer realm="chatcaptain"${code ? `, error="${code}", error_description="${message}"` : ''}`;
    this.isPresented = code !== undefined;
  }
}

/** Somebody who may not do this. `required` is the grant that would have allowed it. */
export class PermissionDeniedError extends Error {
  override name = 'PermissionDeniedError';
  readonly required: Grant;

  constructor(required: Grant) {
    super(`Insufficient permissions: ${required.permission} on ${required.resource} is required.`);
    this.required = required;
  }
}

/** Builds the hook that lets a request pass only with `permission` on the resource that it names. */
export type RequirePermission = (
  permission: string,
  resourceOf: (request: FastifyRequest) => string,
) => preValidationHookHandler;

declare module 'fastify' {
  interface FastifyInstance {
    requirePermission: RequirePermission;
  }
  interface FastifyRequest {
    /**
     * Asks again what the guard has asked, and throws what it throws. For the moment of a write: since the guard passed,
     * a reset or a restore may have put another state in the place of the one that it saw.
     */
    assertAuthorized: () => void;
  }
}

const guards = new WeakSet<object>();

/** Whether a route's hook was built by `requirePermission`. */
export function isGuard(hook: object): boolean {
  return guards.has(hook);
}

export interface AuthOptions {
  tokens: TokenStore;
  clock: Clock;
  /** The id of the token as whose holder a request comes, whatever its headers say: for what the server sends itself. */
  presented: (request: FastifyRequest) => string | undefined;
}

export default fp<AuthOptions>(
  async (app, { tokens, clock, presented }) => {
    app.decorateRequest('assertAuthorized');
    app.decorate<RequirePermission>('requirePermission', (permission, resourceOf) => {
      const guard: preValidationHookHandler = (request, _reply, done) => {
        const required = { permission, resource: resourceOf(request) };
        const [, id] = splitResource(required.resource);
        const tokenId = presented(request);
        let finder: ((now: number) => Verdict) | undefined;
        const find = (): Verdict => {
          if (tokenId !== undefined) return tokens.findById(tokenId, clock(id));
          finder ??= tokens.finderOf(credentialOf(request.headers));
          return finder(clock(id));
        };
        const check = (): void => authorize(request, authenticate(request, find), required);
        check();
        request.assertAuthorized = () => {
          const { length } = request.decisions;
          check();
          request.decisions.length = length;
        };
        done();
      };
      guards.add(guard);
      return guard;
    });
  },
  { name: 'auth' },
);

const HOW = 'Send Authorization: Bearer TOKEN, or x-chatcaptain-key: TOKEN';

function authenticate(request: FastifyRequest, find: () => Verdict): Token {
  try {
    const verdict = find();
    if (verdict.state === 'unknown') throw new UnauthenticatedError('The token is unknown', 'invalid_token');
    if (verdict.state !== 'active') throw new UnauthenticatedError(`The token is ${verdict.state}`, 'invalid_token');
    const { token } = verdict;
    decide(request, 'credential', 'passed', `token ${label(token)}`, { tokenId: token.id });
    return token;
  } catch (error) {
    if (error instanceof UnauthenticatedError) decide(request, 'credential', 'refused', error.message);
    throw error;
  }
}

function authorize(request: FastifyRequest, token: Token, required: Grant): void {
  const grant = findGrant(token.grants, required);
  if (!grant) {
    const held = token.grants.map(({ permission, resource }) => `${permission} on ${resource}`).join(', ') || 'nothing';
    const detail = `token ${label(token)} holds ${held}; ${required.permission} on ${required.resource} is needed`;
    decide(request, 'permission', 'refused', detail);
    throw new PermissionDeniedError(required);
  }
  decide(request, 'permission', 'passed', `${grant.permission} on ${grant.resource}`);
}

/**
 * The credential of a request. ChatCaptain's reference names the header `x-chatcaptain-key`, sent bare; the bearer
 * scheme (RFC 6750) is the second of the two that its document declares without a name.
 */
function credentialOf(headers: FastifyRequest['headers']): string {
  const key = headers['x-chatcaptain-key'];
  const { authorization } = headers;
  if (authorization === undefined) {
    if (typeof key === 'string' && key !== '') return key;
    throw new UnauthenticatedError(`No credential. ${HOW}`);
  }
  const end = authorization.search(/[ \t]/);
  const scheme = end === -1 ? authorization : authorization.slice(0, end);
  const bearer = authorization.slice(scheme.length).trim();
  if (scheme.toLowerCase() !== 'bearer') {
    throw new UnauthenticatedError(`The scheme of Authorization must be Bearer. ${HOW}`);
  }
  if (bearer === '') throw new UnauthenticatedError(`Bearer stands without a token. ${HOW}`, 'invalid_request');
  if (key !== undefined && key !== bearer) {
    throw new UnauthenticatedError('Authorization and x-chatcaptain-key differ. Send one of them', 'invalid_request');
  }
  return bearer;
}

function label({ name, id }: Token): string {
  return `"${name ?? id}"`;
}
