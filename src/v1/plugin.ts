// The data plane: what ChatCaptain documents under /v1, and nothing else.
import type {
  FastifyError,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyRequest,
  HTTPMethods,
  preHandlerHookHandler,
  RouteOptions,
} from 'fastify';
import { isGuard } from '../auth/guard.ts';
import { decide } from '../decisions.ts';
import { named } from '../named.ts';
import { credentialsIn, redactTarget } from '../redaction.ts';
import { acceptOnlyJson } from './body.ts';
import { createErrorRenderer, RefusedError } from './errors.ts';
import createConversation from './inbox/create-conversation.ts';
import { honourPreferences } from './prefer.ts';
import { compileStrictValidator } from './validation.ts';

export interface V1Options {
  unauthenticatedStatus: 401 | 403;
  bodyLimit: number;
  prefer: 'on' | 'off';
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
  refuseUnroutable(app);
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

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on a route that answers in `onRequest` and so never comes to a guard. */
    isAnsweredEarly?: true;
  }
}

/** Stops the start of a server that would answer a route without asking for a permission. */
function assertGuarded({ method, url, preValidation, config }: RouteOptions): void {
  if (config?.isAnsweredEarly) return;
  if (![preValidation].flat().some((hook) => hook !== undefined && isGuard(hook))) {
    throw new Error(`${method} ${url} has no guard: give it preValidation: app.requirePermission(…)`);
  }
}

/**
 * Answers what reaches no operation, before the body is read: 404 for a path that is none, 400 for a control character
 * in a path parameter, and on the path of an operation 405 with `Allow` for another method, 204 for OPTIONS.
 */
function refuseUnroutable(app: FastifyInstance): void {
  // In the words of NestJS.
  const unknownPath = (request: FastifyRequest) => new RefusedError(404, `Cannot ${nameOf(request)}`);
  const refuseUnknownPath = async (request: FastifyRequest): Promise<never> => {
    throw unknownPath(request);
  };
  app.setNotFoundHandler(refuseUnknownPath);

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.is404) throw unknownPath(request);
    for (const [name, value] of Object.entries(request.params as Record<string, string>)) {
      if (value === '') throw unknownPath(request);
      if (/\p{Cc}/u.test(value)) {
        decide(request, 'parsed', 'refused', `${name} holds a control character`);
        throw new RefusedError(400, `${name} holds a control character. Leave it out of the path.`);
      }
    }
    done();
  });

  app.addHook('onRoute', ({ method, path, prefix, config }) => {
    if (config?.isAnsweredEarly) return;
    const methods = [method].flat();
    const allow = [...methods, 'OPTIONS'].join(', ');
    app.route({
      method: app.supportedMethods.filter((other) => !methods.includes(other)) as HTTPMethods[],
      url: path.slice(prefix.length),
      config: { isAnsweredEarly: true },
      schema: { hide: true },
      exposeHeadRoute: false,
      onRequest: async (request, reply) => {
        if (request.method === 'OPTIONS') {
          decide(request, 'routed', 'passed', `asked for the methods of the path: ${allow}`);
          return reply.code(204).header('allow', allow).send();
        }
        throw new RefusedError(405, `Cannot ${nameOf(request)}: use ${allow}.`, { allow });
      },
      handler: refuseUnknownPath,
    });
  });
}

/** A request in an error text: the journal keeps that, too. */
function nameOf({ method, url, raw }: FastifyRequest): string {
  return `${method} ${redactTarget(url, credentialsIn(raw.rawHeaders))}`;
}
