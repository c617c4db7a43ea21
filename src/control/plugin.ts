// The control plane: what makes, inspects, verifies, breaks and resets, under /__admin.
import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { ControlOptions } from '../context.ts';
import { readJson } from '../json-body.ts';
import { named } from '../named.ts';
import { CONTROL_PREFIX } from '../planes.ts';
import chatbots from './chatbots.ts';
import clock from './clock.ts';
import conversations from './conversations.ts';
import { DEEPEST, placeTooDeep } from './depth.ts';
import document from './document.ts';
import faults from './faults/routes.ts';
import fixtures from './fixtures/routes.ts';
import { ProblemError, renderProblem } from './problem.ts';
import providerStates from './provider-states.ts';
import { checkMediaTypeOf, createReception, HEADERS } from './reception.ts';
import { pageFor } from './requests/browsers.ts';
import replay from './requests/replay.ts';
import requests from './requests/routes.ts';
import stream from './requests/stream.ts';
import verify from './requests/verify.ts';
import reset from './reset.ts';
import settings from './settings.ts';
import snapshots from './snapshots.ts';
import tokens from './tokens.ts';
import { type Paths, refuseOtherMethods } from './unroutable.ts';
import { compileValidator } from './validation.ts';

/** Fixtures can be long; this is no limit of the vendor's. In bytes. */
const BODY_LIMIT = 16 * 1024 * 1024;

/** What there is below the prefix, besides the document that describes it. */
const CAPABILITIES: FastifyPluginAsyncTypebox<ControlOptions>[] = [
  chatbots,
  tokens,
  conversations,
  requests,
  replay,
  verify,
  stream,
  faults,
  reset,
  snapshots,
  clock,
  fixtures,
  providerStates,
  settings,
];

/** What the plugin is registered with. It notes its paths in `paths`, for `createUnroutable`. */
interface Options extends ControlOptions {
  paths?: Paths;
}

const control: FastifyPluginAsync<Options> = async (app, { context, paths = new Map() }) => {
  app.setErrorHandler(renderProblem);
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => JSON.stringify);
  const receive = createReception(context);
  app.addHook('onRequest', async (request, reply) => {
    // Before anybody is asked for a token: a browser sends none when it follows a link.
    const page = pageFor(request, reply);
    if (page !== undefined) return reply.headers(HEADERS).redirect(page, 303);
    receive(request, reply);
  });
  closeRoutes(app);
  takeOnlyJson(app);
  refuseOtherMethods(app, paths);

  // Called, not registered: they add routes and nothing else, and a scope for each would be a tenth of what a start takes.
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  for (const addRoutes of CAPABILITIES) await addRoutes(typed, { context });
  await document(app, {
    register: async (description) => {
      await description.register(control, { prefix: CONTROL_PREFIX, context });
    },
  });
};
export default named(control);

/** One for all servers of a process: its validator is kept by the object. */
const NO_QUERY = Type.Object({}, { additionalProperties: false });

/** What a route does not know it does not ignore: a chatbotId that is not asked for may have been meant to narrow it. */
function closeRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    route.bodyLimit ??= BODY_LIMIT;
    route.schema = { querystring: NO_QUERY, ...route.schema };
  });
}

/** Takes JSON and no other body. */
function takeOnlyJson(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => checkMediaTypeOf(headers));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (_request, bytes, done) => {
    // Read below: an error given to `done` closes the connection.
    done(null, bytes);
  });
  app.addHook('preValidation', async (request) => {
    if (!Buffer.isBuffer(request.body)) return;
    request.body = readJson(request.headers, request.body);
    if (placeTooDeep(request.body) !== undefined) {
      throw new ProblemError(400, `The body is nested more than ${DEEPEST} levels deep. Send something flatter.`);
    }
  });
}
