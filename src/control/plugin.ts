// The control plane: what makes, inspects, verifies, breaks and resets, under /__admin.
import type { FastifyInstance, FastifyPluginAsync, RouteOptions } from 'fastify';
import secureJson from 'secure-json-parse';
import type { ServerContext } from '../context.ts';
import { CONTROL_PREFIX } from '../planes.ts';
import { createAdmission } from './admission.ts';
import chatbots from './chatbots.ts';
import clock from './clock.ts';
import conversations from './conversations.ts';
import document from './document.ts';
import faults from './faults/routes.ts';
import fixtures from './fixtures/routes.ts';
import { ProblemError, renderProblem } from './problem.ts';
import providerStates from './provider-states.ts';
import requests from './requests/routes.ts';
import stream from './requests/stream.ts';
import verify from './requests/verify.ts';
import reset from './reset.ts';
import settings from './settings.ts';
import snapshots from './snapshots.ts';
import tokens from './tokens.ts';
import { compileValidator } from './validation.ts';

export interface ControlOptions {
  context: ServerContext;
}

/** Fixtures can be long; this is no limit of the vendor's. In bytes. */
const BODY_LIMIT = 16 * 1024 * 1024;

const control: FastifyPluginAsync<ControlOptions> = async (app, { context }) => {
  app.setErrorHandler(renderProblem);
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => JSON.stringify);
  const admit = createAdmission(context);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    admit(request);
  });
  takeOnlyJson(app);
  refuseUnroutable(app);

  await app.register(chatbots, { context });
  await app.register(tokens, { context });
  await app.register(conversations, { context });
  await app.register(requests, { context });
  await app.register(verify, { context });
  await app.register(stream, { context });
  await app.register(faults, { context });
  await app.register(reset, { context });
  await app.register(snapshots, { context });
  await app.register(clock, { context });
  await app.register(fixtures, { context });
  await app.register(providerStates, { context });
  await app.register(settings, { context });
  await app.register(document, {
    register: async (description) => {
      await description.register(control, { prefix: CONTROL_PREFIX, context });
    },
  });
};
export default control;

/** A form, or a plain text, is what a page of another site can send without being asked; none is taken. */
function takeOnlyJson(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    const type = headers['content-type'];
    if (type === undefined || /^application\/json\s*(?:;|$)/i.test(type)) return;
    throw new ProblemError(415, `Content-Type ${type} is not accepted. Send application/json.`);
  });
  app.addHook('onRoute', (route) => {
    route.bodyLimit ??= BODY_LIMIT;
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (_request, text, done) => {
    // Not through `done`: the connection stays.
    done(null, text);
  });
  app.addHook('preValidation', async (request) => {
    if (typeof request.body !== 'string') return;
    request.body = request.body === '' ? undefined : parse(request.body);
  });
}

function parse(text: string): unknown {
  try {
    return secureJson.parse(text, { protoAction: 'error', constructorAction: 'ignore' });
  } catch (error) {
    throw new ProblemError(400, `The body is not valid JSON: ${(error as Error).message}`);
  }
}

/** 404 for a path that is none; for another method of one that is, 405 with `Allow`, and 204 for OPTIONS. */
function refuseUnroutable(app: FastifyInstance): void {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ method, url }: RouteOptions) => {
    const known = methods.get(url) ?? new Set(['OPTIONS']);
    methods.set(url, known);
    for (const name of [method].flat()) known.add(name);
  });
  app.setNotFoundHandler(async ({ method, url }, reply) => {
    const path = url.replace(/\/?(?:\?.*)?$/, '');
    const match = [...methods].find(([pattern]) => matches(pattern, path));
    if (!match) {
      // Without the query: it may hold a credential.
      throw new ProblemError(404, `Cannot ${method} ${path}. GET /__admin/openapi.json lists what there is.`);
    }
    const allow = [...match[1]].sort().join(', ');
    if (method === 'OPTIONS') return reply.code(204).header('allow', allow).send();
    throw new ProblemError(405, `Cannot ${method} ${path}: use ${allow}.`, {}, { allow });
  });
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split('/');
  const given = path.split('/');
  return (
    expected.length === given.length &&
    expected.every((segment, index) => segment.startsWith(':') || segment === given[index])
  );
}
