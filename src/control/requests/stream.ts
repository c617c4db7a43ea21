// GET /requests/stream: the journal as it grows, as server-sent events.
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import type { ControlOptions } from '../../context.ts';
import { departureOf } from '../../departure.ts';
import { named } from '../../named.ts';
import { clearInterval, setInterval } from '../../timers.ts';
import { ProblemError } from '../problem.ts';
import { createEntries, type Entries } from './entries.ts';
import type { Entry } from './entry.ts';
import { type CompiledFilter, compileFilter, filterQuery } from './filter.ts';
import type { Journal } from './journal.ts';
import { viewOf } from './view.ts';

/** Milliseconds between two signs of life, for what closes a connection on which nothing is said. */
const HEARTBEAT = 15_000;

/** How much may come up in the journal while a reader does not read, in bytes. */
const PATIENCE = 1024 * 1024;

/** How many may read at once: each is looked after at every request, and holds up all others a little. */
const MOST_READERS = 200;

const Query = Type.Object(
  {
    ...filterQuery,
    lastEventId: Type.Optional(Type.String({ description: 'As the header Last-Event-ID, which goes before it.' })),
  },
  { additionalProperties: false },
);

const stream: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context }) => {
  const { journal, db } = context;
  const entries = createEntries(db);
  let readers = 0;

  app.get(
    '/requests/stream',
    {
      // It would not end.
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamRequests',
        summary: 'Streams requests as they are answered',
        description:
          'Server-sent events: `event: request`, `id` the id of the request, `data` the request as JSON. The filters are those of the list. With `Last-Event-ID` it begins behind that one, or with the oldest when the journal no longer has it. A reader that does not read is dropped and can resume so.',
        tags: ['Requests'],
        querystring: Query,
        headers: Type.Object({
          'last-event-id': Type.Optional(Type.String({ description: 'The id of the last event that arrived.' })),
        }),
        response: {
          200: {
            description: 'Events without an end.',
            content: {
              'text/event-stream': {
                schema: Type.Unsafe<Readable>({
                  type: 'string',
                  examples: ['event: request\nid: 0QFbvCzG8pTq2xWm4KsY\ndata: {"id":"0QFbvCzG8pTq2xWm4KsY",…}\n\n'],
                }),
              },
            },
          },
        },
      },
    },
    async (request, reply) => {
      if (readers >= MOST_READERS) throw new ProblemError(429, TOO_MANY, {}, { 'retry-after': '1' });
      readers += 1;
      const departure = departureOf(request, reply);
      departure.addEventListener('abort', () => {
        readers -= 1;
      });
      const follower: Follower = {
        filter: compileFilter(request.query),
        lastEventId: request.headers['last-event-id'] ?? request.query.lastEventId,
        signals: [departure, app.closing],
        isBehind: () => reply.raw.writableNeedDrain,
        drop: () => reply.raw.destroy(),
      };
      reply.headers({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
      return reply.send(Readable.from(follow(journal, entries, follower), { objectMode: false }));
    },
  );
};
export default named(stream);

const TOO_MANY = `There are ${MOST_READERS} readers already, and there is room for no more. Close one of them.`;

interface Follower {
  filter: CompiledFilter;
  lastEventId: string | undefined;
  /** Each ends it. */
  signals: AbortSignal[];
  /** Whether something has been sent that the reader has not taken. */
  isBehind: () => boolean;
  /** Ends it at once, whatever has not been read yet. */
  drop: () => void;
}

/**
 * Yields what is to be sent. Entries are read from the journal, where they stand in order and once, as fast as the reader
 * takes them; that there are new ones is heard from the journal, so that nothing is asked while nothing happens.
 */
async function* follow(journal: Journal, entries: Entries, follower: Follower): AsyncGenerator<string, void, void> {
  const { filter, lastEventId, signals, isBehind, drop } = follower;
  const bell = createBell();
  let hasNews = true;
  let isQuiet = false;
  /** How much came up since the reader was given something that it has not taken. */
  let unread: number | undefined;
  const unsubscribe = journal.subscribe((entry) => {
    if (!filter.selects(entry)) return;
    hasNews = true;
    bell.ring();
    // A text is looked for where it must be: here it would be for every reader and every entry.
    if (unread !== undefined && filter.holds(entry)) unread += sizeOf(entry);
    if (unread !== undefined && unread > PATIENCE) drop();
  });
  const heartbeat = setInterval(() => {
    isQuiet = true;
    bell.ring();
  }, HEARTBEAT).unref();
  const stop = (): void => {
    // Whoever has not taken what it was given may take it never. Everybody else hears that this is the end.
    if (unread !== undefined || isBehind()) drop();
    bell.ring();
  };
  for (const signal of signals) signal.addEventListener('abort', stop);
  const isOver = (): boolean => signals.some(({ aborted }) => aborted);
  try {
    await journal.settled();
    let last = lastEventId === undefined ? entries.newest() : (entries.find(lastEventId)?.seq ?? 0);
    yield 'retry: 1000\n\n';
    while (!isOver()) {
      if (isQuiet) {
        isQuiet = false;
        yield ': still here\n\n';
      }
      if (hasNews) {
        hasNews = false;
        await journal.settled();
        for await (const { seq, entry } of entries.walk(filter.selection, { after: last })) {
          if (isOver()) break;
          last = seq;
          if (!filter.holds(entry)) continue;
          unread = 0;
          yield eventOf(entry);
          unread = undefined;
        }
      }
      await bell.rung();
    }
  } finally {
    unsubscribe();
    clearInterval(heartbeat);
    for (const signal of signals) signal.removeEventListener('abort', stop);
  }
}

function eventOf(entry: Entry): string {
  return `event: request\nid: ${entry.id}\ndata: ${JSON.stringify(viewOf(entry))}\n\n`;
}

/** About what an event takes. */
function sizeOf({ request: { body: received = '' }, response: { body: sent = '' } }: Entry): number {
  return 1024 + received.length + sent.length;
}

/** Something to wait for that may ring before anybody waits. */
function createBell(): { ring: () => void; rung: () => Promise<void> } {
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    ring: () => resolve(),
    async rung() {
      await promise;
      ({ promise, resolve } = Promise.withResolvers<void>());
    },
  };
}
