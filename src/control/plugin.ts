// The control plane: what makes, inspects, verifies, breaks and resets, under /__admin.
import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { ControlOptions } from '../context.ts';
import { checkMediaType, readJson } from '../json-body.ts';
import { named } from '../named.ts';
import { CONTROL_PREFIX, INSPECTOR, originForm } from '../planes.ts';
import { createAdmission } from './admission.ts';
import chatbots from './chatbots.ts';
import clock from './clock.ts';
import conversations from './conversations.ts';
import { DEEPEST, placeTooDeep } from './depth.ts';
import document from './document.ts';
import faults from './faults/routes.ts';
import fixtures from './fixtures/routes.ts';
import { ProblemError, renderProblem } from './problem.ts';
import providerStates from './provider-states.ts';
import { pageFor } from './requests/browsers.ts';
import replay from './requests/replay.ts';
import requests from './requests/routes.ts';
import stream from './requests/stream.ts';
import verify from './requests/verify.ts';
import reset from './reset.ts';
import settings from './settings.ts';
import snapshots from './snapshots.ts';
import tokens from './tokens.ts';
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

const control: FastifyPluginAsync<ControlOptions> = async (app, { context }) => {
  app.setErrorHandler(renderProblem);
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => JSON.stringify);
  const admit = createAdmission(context);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    // Before anybody is asked for a token: a browser sends none when it follows a link.
    const page = pageFor(request, reply);
    if (page !== undefined) return reply.redirect(page, 303);
    try {
      admit(request);
    } catch (error) {
      // What else it would send, nobody wants to read.
      reply.header('connection', 'close');
      throw error;
    }
  });
  closeRoutes(app);
  takeOnlyJson(app);
  refuseUnroutable(app);

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

/** Answers a path below the prefix that the router could not decode, so that no route and no hook has seen it. */
export function refuseUnreadablePath(
  admit: (request: FastifyRequest) => void,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  try {
    admit(request);
    throw new ProblemError(400, 'The path is not valid percent-encoded UTF-8. Write a percent sign as %25.');
  } catch (error) {
    renderProblem(error as ProblemError, request, reply.header('cache-control', 'no-store'));
  }
}

/** A form, or a plain text, is what a page of another site can send without being asked; none is taken. */
function takeOnlyJson(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    if (headers['content-type'] !== undefined) checkMediaType(headers['content-type']);
  });
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

/** 404 for a path that is none; for another method of one that is, 405 with `Allow`, and 204 for OPTIONS. */
function refuseUnroutable(app: FastifyInstance): void {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ method, url }: RouteOptions) => {
    const known = methods.get(url) ?? new Set(['OPTIONS']);
    methods.set(url, known);
    for (const name of [method].flat()) known.add(name);
  });
  // GET /requests/wait would be the request named wait.
  app.addHook('onRequest', async (request) => {
    const path = pathOf(request.url);
    const exact = methods.get(path);
    if (exact && !exact.has(request.method) && !request.is404) throw wrongMethod(request.method, path, exact);
  });
  app.setNotFoundHandler(async ({ method, url }, reply) => {
    const path = pathOf(url);
    const allowed = isOfInspector(path)
      ? LOOKED_AT
      : (methods.get(path) ?? [...methods].find(([pattern]) => matches(pattern, path))?.[1]);
    if (!allowed) {
      // Without the query: it may hold a credential.
      throw new ProblemError(404, `Cannot ${method} ${path}. GET /__admin/openapi.json lists what there is.`);
    }
    if (method !== 'OPTIONS') throw wrongMethod(method, path, allowed);
    return reply.code(204).header('allow', allowHeader(allowed)).send();
  });
}

/** How the pages of the inspector are asked for, which are beside this plane. */
const LOOKED_AT = new Set(['GET', 'HEAD', 'OPTIONS']);

function isOfInspector(path: string): boolean {
  return path === INSPECTOR || path.startsWith(`${INSPECTOR}/`);
}

function pathOf(url: string): string {
  return originForm(url).replace(/\/?(?:\?.*)?$/, '');
}

function allowHeader(methods: Set<string>): string {
  return [...methods].sort().join(', ');
}

function wrongMethod(method: string, path: string, allowed: Set<string>): ProblemError {
  const allow = allowHeader(allowed);
  return new ProblemError(405, `Cannot ${method} ${path}: use ${allow}.`, {}, { allow });
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split('/');
  const given = path.split('/');
  return (
    expected.length === given.length &&
    expected.every((segment, index) => segment.startsWith(':') || segment === given[index])
  );
}
