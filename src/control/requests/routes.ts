// GET, DELETE /requests and GET /requests/:id
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from '@sinclair/typebox';
import type { ControlOptions } from '../../context.ts';
import { named } from '../../named.ts';
import { decodeCursor, encodeCursor, nextCursor, orderQuery, pageQuery } from '../pages.ts';
import { Problem } from '../problem.ts';
import { chatbotIdQuery, scopeOf, scopeQuery } from '../scope.ts';
import { createEntries, type Selection } from './entries.ts';
import type { Entry } from './entry.ts';
import { harOf } from './har.ts';
import { Har } from './har-schema.ts';
import { notInJournal } from './missing.ts';
import { bodyOf, RequestView, viewOf } from './view.ts';

/** A page ends early before it grows beyond this, in bytes: bodies can be large. */
const LARGEST_PAGE = 2 * 1024 * 1024;

export const Query = Type.Object(
  {
    chatbotId: chatbotIdQuery,
    method: Type.Optional(Type.String({ description: 'As in POST.' })),
    status: Type.Optional(
      Type.String({
        pattern: '^(?:[1-5]\\d\\d|[1-5][xX]{2}|none)$',
        expected: 'a status such as 403, a class such as 4xx, or none',
        description: 'A status such as 403, a class such as 4xx, or none: no answer went out.',
      }),
    ),
    path: Type.Optional(Type.String({ description: 'The whole path, percent-encoded, without the query.' })),
    text: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Stands in the path, the query, a header, a body or a decision, in upper or lower case.',
      }),
    ),
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

  async function* walk(query: Static<typeof Query>): AsyncGenerator<{ seq: number; bytes: number; entry: Entry }> {
    const [after] = decodeCursor(query.cursor, [0]) ?? [];
    const text = query.text?.toLowerCase();
    for await (const placed of entries.walk(selectionFrom(query), { order: query.order, after })) {
      if (text === undefined || holds(placed.entry, text)) yield placed;
    }
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

async function* entriesOf(walk: AsyncIterable<{ entry: Entry }>): AsyncGenerator<Entry> {
  for await (const { entry } of walk) yield entry;
}

function selectionFrom({ chatbotId, method, path, status }: Static<typeof Query>): Selection {
  return { chatbotId, method: method?.toUpperCase(), path, status: statusesFrom(status) };
}

function statusesFrom(status: string | undefined): Selection['status'] {
  if (status === undefined) return undefined;
  if (status === 'none') return null;
  return [Number(status.replace(/x/gi, '0')), Number(status.replace(/x/gi, '9'))];
}

function holds(entry: Entry, text: string): boolean {
  const { path, query = '', chatbotId = '', request, response, decisions } = entry;
  const texts = [
    path,
    query,
    chatbotId,
    ...decisions.flatMap(({ detail, violations = [] }) => [detail, JSON.stringify(violations)]),
  ];
  for (const { headers, body = '' } of [request, response]) {
    for (const [name, values] of Object.entries(headers)) texts.push(`${name}: ${values}`);
    texts.push(body.toString('utf8'));
    // Some write JSON in ASCII only: a search for ö finds \u00f6.
    if (body.includes('\\u')) texts.push(JSON.stringify(bodyOf({ headers, body }).body));
  }
  return texts.some((candidate) => candidate.toLowerCase().includes(text));
}
