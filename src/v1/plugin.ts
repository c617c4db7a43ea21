// The data plane: what ChatCaptain documents under /v1, and nothing else.
import type {
  FastifyError,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  preHandlerHookHandler,
  RouteOptions,
} from 'fastify';
import { isGuard } from '../auth/guard.ts';
import type { RecordedErrors } from '../contract/render.ts';
import { decide } from '../decisions.ts';
import { named } from '../named.ts';
import { credentialsIn, redactTarget } from '../redaction.ts';
import { acceptOnlyJson } from './body.ts';
import { createErrorRenderer, RefusedError } from './errors.ts';
import createConversation from './inbox/create-conversation.ts';
import { allowOf, methodsAt } from './methods.ts';
import { honourPreferences } from './prefer.ts';
import { compileStrictValidator } from './validation.ts';

export interface V1Options {
  unauthenticatedStatus: 401 | 403;
  bodyLimit: number;
  prefer: 'on' | 'off';
  /** What a real server was seen to answer to what is wrong. */
  recorded?: RecordedErrors | undefined;
  /** What may still step in when a request is right and asks for no answer of its own. */
  beforeHandler?: preHandlerHookHandler[];
}

const v1: FastifyPluginAsync<V1Options> = async (app, options) => {
  const renderError = createErrorRenderer(options);
  // What an error handler returns would be sent as well.
  app.setErrorHandler((error: FastifyError, request, reply) => void renderError(error, request, reply));
  app.setValidatorCompiler(compileStrictValidator);
  // Replies are typed by their schema at compile time, and small: a compiled serializer would only cost start-up time.
  app.setSerializerCompiler(() => JSON.stringify);
  app.addHook('onRoute', assertGuarded);
  app.addHook('onRequest', (request, _reply, done) => {
    checkParameters(request);
    done();
  });
  acceptOnlyJson(app);
  app.addHook('preHandler', (request, _reply, done) => {
    decide(request, 'validated', 'passed', 'as the schema has it');
    done();
  });
  if (options.prefer === 'on') honourPreferences(app);
  for (const hook of options.beforeHandler ?? []) app.addHook('preHandler', hook);

  await app.register(createConversation);
};
export default named(v1);

/** Stops the start of a server that would answer a route without asking for a permission. */
function assertGuarded({ method, url, preValidation }: RouteOptions): void {
  if (![preValidation].flat().some((hook) => hook !== undefined && isGuard(hook))) {
    throw new Error(
      `${[method].flat().join(', ')} ${url} has no guard: give it preValidation: app.requirePermission(…)`,
    );
  }
}

/** Refuses the path of an operation that leaves a parameter empty, or puts a control character into it: 404, 400. */
function checkParameters(request: FastifyRequest): void {
  for (const [name, value] of Object.entries(request.params as Record<string, string>)) {
    if (value === '') throw unknownPath(request);
    if (/\p{Cc}/u.test(value)) {
      decide(request, 'parsed', 'refused', `${name} holds a control character`);
      throw new RefusedError(400, `${name} holds a control character. Leave it out of the path.`);
    }
  }
}

/**
 * Answers what finds no route below /v1, before the body is read: 404 for a path that is none, and on the path of an
 * operation 405 with `Allow` for another method, 204 for OPTIONS. For a hook of the server: a handler of this scope's own,
 * or a route for all other methods, would be registered some seventy times at each start.
 */
export async function refuseUnroutable(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const methods = methodsAt(request);
  if (methods.length === 0) throw unknownPath(request);
  checkParameters(request);
  const allow = allowOf(methods);
  if (request.method !== 'OPTIONS') {
    throw new RefusedError(405, `Cannot ${nameOf(request)}: use ${allow}.`, { allow }, 'wrong method');
  }
  decide(request, 'routed', 'passed', `asked for the methods of the path: ${allow}`);
  return reply.code(204).header('allow', allow).send();
}

/** In the words of NestJS. */
function unknownPath(request: FastifyRequest): RefusedError {
  return new RefusedError(404, `Cannot ${nameOf(request)}`, {}, 'unknown path');
}

/** A request in an error text: the journal keeps that, too. */
function nameOf({ method, url, raw }: FastifyRequest): string {
  return `${method} ${redactTarget(url, credentialsIn(raw.rawHeaders))}`;
}
