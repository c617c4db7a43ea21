// POST /requests/count and POST /requests/wait
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from '@sinclair/typebox';
import type { ControlOptions } from '../../context.ts';
import { departureOf } from '../../departure.ts';
import { named } from '../../named.ts';
import { Problem, ProblemError } from '../problem.ts';
import { createEntries } from './entries.ts';
import { compileMatch, Match, selectionOf } from './match.ts';
import { describeSearch, searchNearMisses } from './near-misses.ts';
import { createPast } from './past.ts';
import { misplaced } from './values.ts';
import { RequestView, viewOf } from './view.ts';
import { createWaiters } from './waiters.ts';

const CountBody = Type.Object(
  { match: Type.Optional(Match), ...Match.properties },
  {
    additionalProperties: false,
    description: 'A match, bare or as the property match.',
    examples: [{ match: { chatbotId: 'my-chatbot', status: 201 } }],
  },
);

const Count = Type.Object(
  {
    count: Type.Integer({ description: 'How many requests match.' }),
    dropped: Type.Optional(
      Type.Integer({ description: 'Present when the journal has dropped entries: count may be too low by as many.' }),
    ),
  },
  { description: 'How many there are.', examples: [{ count: 3 }] },
);

export const WaitBody = Type.Object(
  {
    match: Match,
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1, description: 'How many must match.' })),
    timeoutMs: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 60_000, default: 5000, description: 'How long to wait at most.' }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ match: { chatbotId: 'my-chatbot', status: 201, body: { name: 'John Doe' } }, timeoutMs: 2000 }],
  },
);

const Waited = Type.Object(
  {
    requests: Type.Array(RequestView, {
      description: 'Those that matched, in the order of their answers: the first, unless the journal is long to read.',
    }),
  },
  { description: 'They have come.', examples: [{ requests: RequestView['examples'] }] },
);

export const TimedOut = Type.Composite(
  [
    Problem,
    Type.Object({
      found: Type.Integer({ description: 'How many matched.' }),
      requests: Type.Array(RequestView, { description: 'Those that matched.' }),
      hints: Type.Optional(
        Type.Array(Type.String(), {
          description: 'What else is to be known, a sentence each: nothing has arrived, or not all could be looked at.',
        }),
      ),
      nearMisses: Type.Optional(
        Type.Array(
          Type.Object({
            request: RequestView,
            mismatches: Type.Array(
              Type.Object({
                field: Type.String({ description: 'status, headers.NAME, or body with a JSON Pointer behind it.' }),
                expected: Type.Unknown(),
                actual: Type.Optional(Type.Unknown({ description: 'Absent when nothing is there.' })),
              }),
            ),
          }),
          {
            description: 'At most three that came nearest, the nearest first. Absent when the client closed its side.',
          },
        ),
      ),
    }),
  ],
  { description: 'They did not come in time, or the client closed its side of the connection.' },
);

const verify: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context }) => {
  const { journal, db } = context;
  const entries = createEntries(db);
  const past = createPast(journal, entries);
  const waiters = createWaiters(journal, past);

  app.post(
    '/requests/count',
    {
      schema: {
        operationId: 'countRequests',
        summary: 'Counts the requests that match',
        description: 'Every request that is answered already counts. An empty match counts all.',
        tags: ['Requests'],
        body: CountBody,
        response: { 200: Count },
      },
    },
    async (request) => {
      const { match, pointer } = matchIn(request.body);
      const matches = compileMatch(match, pointer);
      const selection = selectionOf(match);
      await journal.settled();
      let count = 0;
      for await (const { entry } of entries.walk(selection)) {
        if (matches(entry).length === 0) count++;
      }
      const dropped = journal.dropped(selection.chatbotId);
      return { count, ...(dropped > 0 && { dropped }) };
    },
  );

  app.post(
    '/requests/wait',
    {
      schema: {
        operationId: 'waitForRequests',
        summary: 'Waits until as many requests match',
        description:
          'Requests of the past count. On time-out the answer is 408, with the requests that came nearest and why each missed.',
        tags: ['Requests'],
        body: WaitBody,
        response: { 200: Waited, 408: TimedOut, 503: Problem },
      },
    },
    async (request, reply) => {
      const { match, count = 1, timeoutMs = 5000 } = request.body;
      const matches = compileMatch(match, '/match');
      const selection = selectionOf(match);
      const signals = { departure: departureOf(request, reply), closing: app.closing };
      const { because, requests, isPastRead } = await waiters.wait({ matches, selection, count, timeoutMs }, signals);
      const found = { found: requests.length, requests: requests.map(viewOf) };
      if (because === 'met') return { requests: found.requests };
      if (because === 'closing') {
        throw new ProblemError(503, 'The server closes: nothing comes any more.', found);
      }
      if (because === 'departed') {
        throw new ProblemError(408, 'The client closed its side of the connection, which ends the wait.', found);
      }
      const { chatbotId } = selection;
      const search = await searchNearMisses(past, { matches, chatbotId }, signals.departure);
      const dropped = journal.dropped(chatbotId);
      const nearest = describeSearch(search, chatbotId);
      const hints = [
        ...(search.nearMisses.length > 0 ? [] : [nearest]),
        ...(isPastRead ? [] : ['There was no time to read all of the journal: raise timeoutMs.']),
        ...(dropped > 0
          ? [`The journal has dropped ${dropped} before: raise STUB_JOURNAL_ENTRIES or STUB_JOURNAL_BYTES.`]
          : []),
      ];
      const nearMisses = search.nearMisses.map(({ entry, mismatches }) => ({ request: viewOf(entry), mismatches }));
      const said = [
        `${requests.length} of ${count} requests matched within ${timeoutMs} ms.`,
        ...(search.nearMisses.length > 0 ? [nearest] : []),
        ...hints,
      ];
      throw new ProblemError(408, said.join(' '), { ...found, hints, nearMisses });
    },
  );
};
export default named(verify);

/** The match of a body that either is one or holds one, and where it stands. */
function matchIn({ match, ...bare }: Static<typeof CountBody>): { match: Match; pointer: string } {
  if (match === undefined) return { match: bare, pointer: '' };
  const [beside] = Object.keys(bare);
  if (beside !== undefined) throw misplaced(`/${beside}`, 'stands beside match: put it inside');
  return { match, pointer: '/match' };
}
