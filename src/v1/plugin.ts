// The data plane: what ChatCaptain documents under /v1, and nothing else.
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { isGuard } from '../auth/guard.ts';
import { decide } from '../decisions.ts';
import { acceptOnlyJson } from './body.ts';
import { createErrorRenderer, RefusedError } from './errors.ts';
import createConversation from './inbox/create-conversation.ts';
import { honourPreferences } from './prefer.ts';
import { compileStrictValidator } from './validation.ts';

export interface V1Options {
  unauthenticatedStatus: 401 | 403;
  bodyLimit: number;
  prefer: 'on' | 'off';
}

const v1: FastifyPluginAsync<V1Options> = async (app, options) => {
  app.setErrorHandler(createErrorRenderer(options));
  app.setValidatorCompiler(compileStrictValidator);
  // Replies are typed by their schema at compile time, and small: a compiled serializer would only cost start-up time.
  app.setSerializerCompiler(() => JSON.stringify);
  app.addHook('onRoute', assertGuarded);
  refuseUnroutable(app);
  acceptOnlyJson(app);
  if (options.prefer === 'on') honourPreferences(app);

  await app.register(createConversation);
};
export default v1;

/** Stops the start of a server that would answer a route without asking for a permission. */
function assertGuarded({ method, url, preValidation }: RouteOptions): void {
  if (![preValidation].flat().some((hook) => hook !== undefined && isGuard(hook))) {
    throw new Error(`${method} ${url} has no guard: give it preValidation: app.requirePermission(…)`);
  }
}

/**
 * Answers what reaches no operation, before the body is read: 404 for a path that is none, 405 with `Allow` for another
 * method, 204 for OPTIONS, 400 for a control character in a path parameter.
 */
function refuseUnroutable(app: FastifyInstance): void {
  const operations: { path: RegExp; method: string }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    const path = new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+')}/?$`);
    operations.push({ path, method: String(method) });
  });

  const answerUnrouted = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const [path = ''] = request.url.split('?');
    const methods = operations.filter((operation) => operation.path.test(path)).map(({ method }) => method);
    if (methods.length === 0) throw notFound(request);
    const allow = [...methods, 'OPTIONS'].join(', ');
    if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send();
    throw new RefusedError(405, `Cannot ${request.method} ${path}: use ${allow}.`, { allow });
  };

  app.setNotFoundHandler(answerUnrouted);
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return answerUnrouted(request, reply);
    for (const [name, value] of Object.entries(request.params as Record<string, string>)) {
      if (value === '') throw notFound(request);
      if (/\p{Cc}/u.test(value)) {
        decide(request, 'parsed', 'refused', `${name} holds a control character`);
        throw new RefusedError(400, `${name} holds a control character. Leave it out of the path.`);
      }
    }
  });
}

/** In the words of NestJS. */
function notFound(request: FastifyRequest): RefusedError {
  return new RefusedError(404, `Cannot ${request.method} ${request.url}`);
}
