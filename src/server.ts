import { METHODS } from 'node:http';
import type { Database } from 'better-sqlite3';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import auth from './auth/guard.ts';
import type { TokenStore } from './auth/tokens.ts';
import { createBrokenRequests } from './broken-requests.ts';
import type { Settings } from './config.ts';
import documents from './documents/plugin.ts';
import health from './health.ts';
import type { Clock } from './ids.ts';
import { RequestLog } from './logging.ts';
import type { GroupCommit } from './storage/group-commit.ts';
import { createErrorRenderer, RefusedError } from './v1/errors.ts';
import v1 from './v1/plugin.ts';

/** Everything that a server works with; made by `openContext`, and shared by the server that describes itself. */
export interface ServerContext {
  settings: Settings;
  logger: FastifyBaseLogger;
  db: Database;
  groupCommit: GroupCommit;
  tokens: TokenStore;
  clock: Clock;
  newId: () => string;
}

declare module 'fastify' {
  interface FastifyInstance extends Pick<ServerContext, 'db' | 'groupCommit' | 'clock' | 'newId'> {}
}

/** Builds the server, not listening. Read the registrations as its table of contents. */
export async function buildServer(context: ServerContext): Promise<FastifyInstance> {
  const { settings } = context;
  const renderError = createErrorRenderer(settings);
  const logController = new RequestLog(settings.logLevel);
  const brokenRequests = createBrokenRequests(context);
  const app = Fastify({
    loggerInstance: context.logger,
    logController,
    genReqId: context.newId,
    bodyLimit: settings.bodyLimit,
    // New requests on open connections are answered while a shutdown waits for those in flight.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 65536 },
    frameworkErrors: (error, request, reply) => {
      request.decisions = [];
      reply.header('x-stub-request-id', request.id);
      renderError(error, request, reply);
      // No hook and no log line of the framework's follows here.
      logController.requestCompleted(null, request, reply);
    },
    clientErrorHandler: brokenRequests.answer,
    // Node would answer a request without Host by itself, without a body and without a request id.
    http: { requireHostHeader: false },
  });
  brokenRequests.attach(app.server, (request, response) => app.routing(request, response));
  // So that every method of HTTP finds the route that says 405.
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method) && method !== 'CONNECT') app.addHttpMethod(method);
  }

  app.decorateRequest('decisions');
  app.addHook('onRequest', async (request, reply) => {
    request.decisions = [];
    reply.header('x-stub-request-id', request.id);
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      throw new RefusedError(400, 'The request has no Host header (RFC 9112, section 3.2).');
    }
  });

  // Outside the operations no body is wanted, and none is read before the answer.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  await registerOperations(app, context);
  await app.register(health);
  await app.register(documents, { register: (description) => registerOperations(description, context) });
  app.setErrorHandler(renderError);
  app.setNotFoundHandler(async ({ method, url }) => {
    throw new RefusedError(404, `Cannot ${method} ${url}. The API is under /v1, its documentation at /docs.`);
  });
  return app;
}

/** The data plane and what it stands on: the part of the server that `/openapi.json` describes. */
async function registerOperations(app: FastifyInstance, context: ServerContext): Promise<void> {
  app.decorate('db', context.db);
  app.decorate('groupCommit', context.groupCommit);
  app.decorate('clock', context.clock);
  app.decorate('newId', context.newId);
  await app.register(auth, { tokens: context.tokens });
  await app.register(v1, { prefix: '/v1', ...context.settings });
}
