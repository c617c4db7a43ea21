// GET, DELETE /requests and GET /requests/:id
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from '@sinclair/typebox';
import type { ControlOptions } from '../../context.ts';
import { named } from '../../named.ts';
import { decodeCursor, encodeCursor, nextCursor, orderQuery, pageQuery } from '../pages.ts';
import { Problem } from '../problem.ts';
import { scopeOf, scopeQuery } from '../scope.ts';
import { createEntries, type Placed } from './entries.ts';
import type { Entry } from './entry.ts';
import { compileFilter, filterQuery } from './filter.ts';
import { harOf } from './har.ts';
import { Har } from './har-schema.ts';
import { notInJournal } from './missing.ts';
import { RequestView, viewOf } from './view.ts';

/** A page ends early before it grows beyond this, in bytes: bodies can be large. */
const LARGEST_PAGE = 2 * 1024 * 1024;

export const Query = Type.Object(
  {
    ...filterQuery,
    order: orderQuery,
    ...pageQuery,
    format: Type.Union([Type.Literal('json'), Type.Literal('har')], {
      default: 'json',
      expected: 'json or har',
      description: 'har: an HTTP archive of all that match, whatever the limit.',
    }),
  },
  { additionalProperties: false },
);

const Page = Type.Object(
  {
    requests: Type.Array(RequestView),
    nextCursor,
    dropped: Type.Integer({ description: 'How many entries the journal has dropped for its limits.' }),
  },
  { description: 'A page of the journal.', examples: [{ requests: RequestView['examples'], dropped: 0 }] },
);

const PageOrArchive = Type.Unsafe<Static<typeof Page> | Readable>({
  oneOf: [Page, Har],
  description: 'A page of the journal; with format=har an HTTP archive.',
  examples: [...Page['examples'], ...Har['examples']],
});

const requests: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context }) => {
  const { journal, db } = context;
  const entries = createEntries(db);

  /** @throws ProblemError at once: within a stream it would come when the answer has begun. */
  function walk(query: Static<typeof Query>): AsyncGenerator<Placed> {
    const [after] = decodeCursor(query.cursor, [0]) ?? [];
    const { selection, holds } = compileFilter(query);
    return those(entries.walk(selection, { order: query.order, after }), holds);
  }

  app.get(
    '/requests',
    {
      schema: {
        operationId: 'listRequests',
        summary: 'Lists what the data plane was asked and answered',
        description:
          'Only what is answered already. format=har gives an HTTP archive (HAR 1.2) of all that match in the place of a page.',
        tags: ['Requests'],
        querystring: Query,
        response: { 200: PageOrArchive },
      },
    },
    async (request, reply) => {
      const { query } = request;
      await journal.settled();
      if (query.format === 'har') {
        reply.type('application/json; charset=utf-8');
        reply.header('content-disposition', 'attachment; filename="chatcaptain-stub.har"');
        return reply.send(Readable.from(harOf(entriesOf(walk(query))), { objectMode: false }));
      }
      const page: { requests: RequestView[]; nextCursor?: string; dropped: number } = {
        requests: [],
        dropped: journal.dropped(query.chatbotId),
      };
      let [size, last] = [0, 0];
      for await (const { seq, bytes, entry } of walk(query)) {
        size += bytes;
        if (page.requests.length === query.limit || (last > 0 && size > LARGEST_PAGE)) {
          page.nextCursor = encodeCursor([last]);
          break;
        }
        page.requests.push(viewOf(entry));
        last = seq;
      }
      return page;
    },
  );

  app.get(
    '/requests/:id',
    {
      schema: {
        operationId: 'getRequest',
        summary: 'Shows one request, and why it was answered so',
        description:
          'The header `Link` of every refusal leads here; `x-stub-request-id` is the id. A browser, which names text/html ' +
          'in `Accept`, is led to the page of the request.',
        tags: ['Requests'],
        params: Type.Object({ id: Type.String({ description: 'What the answer carried as x-stub-request-id.' }) }),
        response: {
          200: { ...RequestView, description: 'The request, its answer, and the decisions between the two.' },
          303: Type.Null({
            description: 'The page of the request, for a browser; whether there is such a request or not.',
          }),
          404: Problem,
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      await journal.settled();
      const placed = entries.find(id);
      if (!placed) throw notInJournal(id, journal.dropped());
      return viewOf(placed.entry);
    },
  );

  app.delete(
    '/requests',
    {
      schema: {
        operationId: 'deleteRequests',
        summary: 'Empties the journal, of one chatbot or of all',
        description:
          'The counts of dropped entries begin at 0 again. Say whose: chatbotId=ID or all=true, and not both.',
        tags: ['Requests'],
        querystring: Type.Object(scopeQuery, { additionalProperties: false }),
        response: { 204: Type.Null({ description: 'They are gone.' }) },
      },
    },
    async (request, reply) => {
      await journal.clear(scopeOf(request.query, 'delete requests'));
      return reply.code(204).send(null);
    },
  );
};
export default named(requests);

async function* those(all: AsyncGenerator<Placed>, holds: (entry: Entry) => boolean): AsyncGenerator<Placed> {
  for await (const placed of all) {
    if (holds(placed.entry)) yield placed;
  }
}

async function* entriesOf(walk: AsyncIterable<{ entry: Entry }>): AsyncGenerator<Entry> {
  for await (const { entry } of walk) yield entry;
}
