// /__admin/faults
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from '@sinclair/typebox';
import type { ControlOptions } from '../../context.ts';
import { named } from '../../named.ts';
import { decodeCursor, nextCursor, pageOf, pageQuery } from '../pages.ts';
import { notFound, Problem, ProblemError } from '../problem.ts';
import { chatbotIdQuery, scopeOf, scopeQuery } from '../scope.ts';
import { Effect, mistakesInEffect } from './effect.ts';
import type { Fault, FaultDefinition } from './faults.ts';
import { FaultMatch, mistakesInMatch } from './match.ts';

/** For one fault, in bytes. */
const BODY_LIMIT = 1024 * 1024;

const times = Type.Optional(
  Type.Integer({ minimum: 1, description: 'How often it fires at most. Without it: as long as it is there.' }),
);
const probability = Type.Optional(
  Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    expected: 'a number above 0, up to 1',
    description: 'How likely it fires when it could. With STUB_SEED the same requests give the same decisions.',
  }),
);

const definition = {
  match: { chatbotId: 'my-chatbot', email: { $regex: '@example\\.com$' } },
  effect: { status: 429, headers: { 'Retry-After': '30' } },
  times: 3,
};
const made = { id: '0Uo3Jr5QpX8vT2LmZc7d', ...definition, fired: 0, createdAt: '2025-06-01T12:00:00.000Z' };

export const CreateFault = Type.Object(
  { match: Type.Optional(FaultMatch), effect: Effect, times, probability },
  {
    additionalProperties: false,
    examples: [
      definition,
      { match: { chatbotId: 'my-chatbot' }, effect: { connection: 'reset' }, times: 1 },
      { effect: { delayMs: { lognormal: { median: 200, sigma: 0.5 } } }, probability: 0.1 },
    ],
  },
);

export const FaultResource = Type.Object(
  {
    id: Type.String(),
    match: FaultMatch,
    effect: Effect,
    times,
    probability,
    fired: Type.Integer({ description: 'How often it has fired.' }),
    createdAt: Type.String({ description: 'ISO 8601, UTC.' }),
  },
  { description: 'A fault.', examples: [made] },
);
export type FaultResource = Static<typeof FaultResource>;

const Params = Type.Object({ id: Type.String({ description: 'The id of a fault.', examples: [made.id] }) });

const tags = ['Faults'];

const faultRoutes: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context: { faults } }) => {
  app.post(
    '/faults',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        operationId: 'createFault',
        summary: 'Makes a fault',
        description:
          'It steps in when a request has passed the guard, validation and its own Prefer header. At most one fault fires for a request: those for its chatbot alone are asked first, then those for any chatbot, each in the order of making.',
        tags,
        body: CreateFault,
        response: { 201: FaultResource, 409: Problem },
      },
    },
    async (request, reply) => {
      const { match = {}, ...rest } = request.body;
      const asked: FaultDefinition = { match, ...rest };
      assertUsable(asked);
      reply.code(201);
      return resourceFrom(await faults.create(asked));
    },
  );

  app.get(
    '/faults',
    {
      schema: {
        operationId: 'listFaults',
        summary: 'Lists faults in the order of making',
        description: 'Each with how often it has fired. unfired=true finds those that no test has met.',
        tags,
        querystring: Type.Object(
          {
            chatbotId: chatbotIdQuery,
            unfired: Type.Optional(
              Type.Literal('true', { expected: 'true', description: 'Only those that have never fired.' }),
            ),
            ...pageQuery,
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object(
            { faults: Type.Array(FaultResource), nextCursor },
            { description: 'A page of faults.', examples: [{ faults: [made] }] },
          ),
        },
      },
    },
    async ({ query: { chatbotId, unfired, limit, cursor } }) => {
      const [after] = decodeCursor(cursor, [0]) ?? [0];
      const found = faults.list(chatbotId).filter(({ seq, fired }) => seq > after && !(unfired && fired > 0));
      const { rows, ...rest } = pageOf(found.slice(0, limit + 1), limit, ({ seq }) => [seq]);
      return { faults: rows.map(resourceFrom), ...rest };
    },
  );

  app.get(
    '/faults/:id',
    {
      schema: {
        operationId: 'getFault',
        summary: 'Shows a fault',
        description: 'With how often it has fired.',
        tags,
        params: Params,
        response: { 200: FaultResource, 404: Problem },
      },
    },
    async ({ params: { id } }) => {
      const fault = faults.get(id);
      if (!fault) throw notFound('fault', id, 'faults');
      return resourceFrom(fault);
    },
  );

  app.delete(
    '/faults/:id',
    {
      schema: {
        operationId: 'deleteFault',
        summary: 'Deletes a fault',
        description: 'It steps in no more. 404 when there is none of this id.',
        tags,
        params: Params,
        response: { 204: Type.Null({ description: 'It is gone.' }), 404: Problem },
      },
    },
    async ({ params: { id } }, reply) => {
      if (!(await faults.delete(id))) throw notFound('fault', id, 'faults');
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/faults',
    {
      schema: {
        operationId: 'deleteFaults',
        summary: 'Deletes the faults of one chatbot, or all',
        description:
          'With chatbotId: those whose match names exactly this chatbot. Say whose: chatbotId=ID or all=true, and not both.',
        tags,
        querystring: Type.Object(scopeQuery, { additionalProperties: false }),
        response: { 204: Type.Null({ description: 'They are gone.' }) },
      },
    },
    async ({ query }, reply) => {
      await faults.clear(scopeOf(query, 'delete faults'));
      return reply.code(204).send(null);
    },
  );
};
export default named(faultRoutes);

function assertUsable({ match, effect }: FaultDefinition): void {
  const errors = [...mistakesInMatch(match), ...mistakesInEffect(effect)];
  if (errors.length === 0) return;
  const detail = errors.map(({ pointer, detail: text }) => `${pointer} ${text}`).join('; ');
  throw new ProblemError(400, `The body is not as expected: ${detail}.`, { errors });
}

function resourceFrom({ id, match, effect, times, probability, fired, createdAt }: Fault): FaultResource {
  return {
    id,
    match,
    effect,
    ...(times !== undefined && { times }),
    ...(probability !== undefined && { probability }),
    fired,
    createdAt,
  };
}
