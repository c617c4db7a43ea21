import type { Database } from 'better-sqlite3';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type preHandlerHookHandler,
} from 'fastify';
import auth from './auth/guard.ts';
import { createBrokenRequests } from './broken-requests.ts';
import type { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import type { ServerContext } from './context.ts';
import { createFaultHook } from './control/faults/hook.ts';
import control from './control/plugin.ts';
import { createRecorder } from './control/requests/record.ts';
import { createUnroutable, type Paths } from './control/unroutable.ts';
import documents from './documents/plugin.ts';
import health from './health.ts';
import indexPage, { refuseAtIndex } from './index-page/plugin.ts';
import inspector from './inspector/plugin.ts';
import { RequestLog } from './logging.ts';
import metrics from './metrics/plugin.ts';
import pause from './pause.ts';
import { CONTROL_PREFIX, INSPECTOR, isBelowV1, isControlPlane } from './planes.ts';
import { credentialsIn, redactTarget } from './redaction.ts';
import type { GroupCommit } from './storage/group-commit.ts';
import { createErrorRenderer, RefusedError } from './v1/errors.ts';
import v1, { refuseUnroutable } from './v1/plugin.ts';

declare module 'fastify' {
  interface FastifyInstance {
    db: Database;
    groupCommit: GroupCommit;
    chance: Chance;
    clock: Clock;
  }
}

/** Builds the server, not listening. Read the registrations as its table of contents. */
export async function buildServer(context: ServerContext): Promise<FastifyInstance> {
  const { settings } = context;
  const renderError = createErrorRenderer({ ...settings, recorded: context.recorded });
  const controlPaths: Paths = new Map();
  const unroutable = createUnroutable(context, controlPaths);
  const logController = new RequestLog(settings.logLevel);
  const recorder = createRecorder(context);
  const brokenRequests = createBrokenRequests({ ...context, recorder });
  const app = Fastify({
    loggerInstance: context.logger,
    logController,
    // Without options pino makes one in a fraction of the time, and one is made for each request.
    childLoggerFactory: (logger, bindings, options) => logger.child(bindings, options.level ? options : undefined),
    genReqId: (request) => context.arrivals.idOf(request) ?? context.newId(),
    bodyLimit: settings.bodyLimit,
    // New requests on open connections are answered while a shutdown waits for those in flight.
    return503OnClosing: false,
    // None of the plugins waits for anything, and a timer for each costs a start more than some of them do.
    pluginTimeout: 0,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 65536 },
    frameworkErrors: (error, request, reply) => {
      request.decisions = [];
      reply.header('x-stub-request-id', request.id);
      // No hook and no log line of the framework's follows here.
      if (isControlPlane(request.raw.url as string)) {
        unroutable.refuseUnreadable(request, reply);
        recorder.record(request, reply, { status: reply.statusCode });
      } else {
        recorder.linkTo(request, reply);
        const body = renderError(error, request, reply);
        recorder.record(request, reply, { status: reply.statusCode, body });
      }
      logController.requestCompleted(null, request, reply);
    },
    clientErrorHandler: brokenRequests.answer,
    // Node would answer a request without Host by itself, without a body and without a request id.
    http: { requireHostHeader: false },
  });
  brokenRequests.attach(app.server, (request, response) => app.routing(request, response));

  // One route for both: Fastify itself would make a second one for HEAD of each, at every start.
  app.addHook('onRoute', (route) => {
    if (route.method === 'GET' && route.exposeHeadRoute !== false) route.method = ['GET', 'HEAD'];
  });

  app.decorateRequest('decisions');
  app.decorateRequest('turn', null);
  app.addHook('onRequest', (request, reply, done) => {
    request.decisions = [];
    reply.header('x-stub-request-id', request.id);
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      throw new RefusedError(400, 'The request has no Host header (RFC 9112, section 3.2).');
    }
    if (request.is404 && isBelowV1(request.url)) return refuseUnroutable(request, reply);
    if (request.is404 && isControlPlane(request.url)) return unroutable.refusePath(request, reply);
    return done();
  });

  app.addHook('onSend', (request, reply, _payload, done) => {
    // A connection that is kept would hold the shutdown up until its grace is over.
    if ((context.readiness.unready || app.closing.aborted) && brokenRequests.isLast(request.raw))
      reply.header('connection', 'close');
    done();
  });
  recorder.attach(app);

  // Outside the operations no body is wanted, and none is read before the answer.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  // Before the routes: one that is awaited before it keeps the framework's, with another body and a stack in the log.
  const refuseUnknownPath = (request: FastifyRequest, reply: FastifyReply): void => {
    const refuse = (error: RefusedError): void => void renderError(error, request, reply);
    if (!refuseAtIndex(request, reply, refuse)) refuse(unknownPath(request));
  };
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // The framework complains of a Content-Type before it comes to the path, which is the greater mistake.
    if (request.is404 && error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') refuseUnknownPath(request, reply);
    else renderError(error, request, reply);
  });

  // Loaded only here: nothing else can make the stub call out.
  const plane = settings.upstream === undefined ? undefined : (await import('./upstream/pass-through.ts')).default;
  const { afterEarlierAnswers } = brokenRequests;
  const faultHook = createFaultHook({ ...context, recorder, requestLog: logController, afterEarlierAnswers });
  // None is awaited, which would take some turns of the event loop for each: they are loaded in this order, when the server
  // is made ready.
  registerOperations(app, context, [faultHook], plane);
  app.register(health, { context });
  app.register(metrics, { context, recorder });
  app.register(control, { prefix: CONTROL_PREFIX, context, paths: controlPaths });
  app.register(inspector, { prefix: INSPECTOR });
  app.register(indexPage, { settings });
  app.register(documents, {
    register: async (description) => registerOperations(description, context),
    recorded: context.recorded,
    passesThrough: plane !== undefined,
  });
  app.setNotFoundHandler(refuseUnknownPath);
  return app;
}

function unknownPath({ method, url, raw }: FastifyRequest): RefusedError {
  const target = redactTarget(url, credentialsIn(raw.rawHeaders));
  return new RefusedError(
    404,
    `Cannot ${method} ${target}. The API is under /v1, the control plane under /__admin, the documentation at /docs.`,
  );
}

/**
 * The data plane and what it stands on: the part of the server that `/openapi.json` describes.
 *
 * @param plane what is in its place, with an upstream
 */
function registerOperations(
  app: FastifyInstance,
  context: ServerContext,
  beforeHandler: preHandlerHookHandler[] = [],
  plane: typeof v1 = v1,
): void {
  app.decorate('db', context.db);
  app.decorate('groupCommit', context.groupCommit);
  app.decorate('chance', context.chance);
  app.decorate('clock', context.clock.now);
  app.register(pause);
  const { tokens, clock, arrivals } = context;
  app.register(auth, { tokens, clock: clock.now, presented: ({ raw }) => arrivals.tokenIdOf(raw) });
  app.register(plane, { prefix: '/v1', ...context.settings, recorded: context.recorded, beforeHandler });
}
