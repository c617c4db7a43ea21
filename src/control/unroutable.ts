// What is asked of the control plane and finds no route: answered by hooks of the server, since a handler of the plane's
// own would be registered for seventy methods and paths at each start.
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { INSPECTOR, originForm } from '../planes.ts';
import type { AdmissionOptions } from './admission.ts';
import { ProblemError, renderProblem } from './problem.ts';
import { checkMediaTypeOf, createReception } from './reception.ts';

/** The methods of each path, as the routes have it. */
export type Paths = Map<string, Set<string>>;

/** Notes the paths in `paths`. What has a route of its own meets no other's: GET /requests/wait is not the request named wait. */
export function refuseOtherMethods(app: FastifyInstance, paths: Paths): void {
  app.addHook('onRoute', ({ method, url }: RouteOptions) => {
    const known = paths.get(url) ?? new Set(['OPTIONS']);
    paths.set(url, known);
    for (const name of [method].flat()) known.add(name);
  });
  app.addHook('onRequest', async (request) => {
    const path = pathOf(request.url);
    const exact = paths.get(path);
    if (exact && !exact.has(request.method)) throw wrongMethod(request.method, path, exact);
  });
}

/** Answers what finds no route, before the body is read. */
export interface Unroutable {
  /** 404 for a path that is none; for another method of one that is, 405 with `Allow`, and 204 for OPTIONS. */
  refusePath(request: FastifyRequest, reply: FastifyReply): FastifyReply;
  /** 400 for a path that the router could not decode, so that no hook has seen it. */
  refuseUnreadable(request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/** @param paths what `refuseOtherMethods` has noted */
export function createUnroutable(options: AdmissionOptions, paths: Paths): Unroutable {
  const receive = createReception(options);

  function answer(request: FastifyRequest, reply: FastifyReply, work: () => FastifyReply): FastifyReply {
    try {
      receive(request, reply);
      return work();
    } catch (error) {
      renderProblem(error as ProblemError, request, reply);
      return reply;
    }
  }

  return {
    refusePath: (request, reply) =>
      answer(request, reply, () => {
        const { method, url, headers } = request;
        checkMediaTypeOf(headers);
        const path = pathOf(url);
        const allowed = isOfInspector(path)
          ? LOOKED_AT
          : (paths.get(path) ?? [...paths].find(([pattern]) => matches(pattern, path))?.[1]);
        if (!allowed) {
          // Without the query: it may hold a credential.
          throw new ProblemError(404, `Cannot ${method} ${path}. GET /__admin/openapi.json lists what there is.`);
        }
        if (method !== 'OPTIONS') throw wrongMethod(method, path, allowed);
        return reply.code(204).header('allow', allowHeader(allowed)).send();
      }),
    refuseUnreadable: (request, reply) =>
      answer(request, reply, () => {
        throw new ProblemError(400, 'The path is not valid percent-encoded UTF-8. Write a percent sign as %25.');
      }),
  };
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
