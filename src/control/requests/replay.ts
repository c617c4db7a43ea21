// POST /requests/:id/replay

import type { Socket } from 'node:net';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from '@sinclair/typebox';
import type { ControlOptions } from '../../context.ts';
import { departureOf } from '../../departure.ts';
import { named } from '../../named.ts';
import { MAX_DELAY } from '../../pause.ts';
import { REDACTED } from '../../redaction.ts';
import { clearTimeout, setTimeout } from '../../timers.ts';
import { Problem, ProblemError } from '../problem.ts';
import { createEntries } from './entries.ts';
import type { Entry } from './entry.ts';
import { notInJournal } from './missing.ts';
import { REPLAY_HEADER, sendAgain, whyIncomplete } from './send-again.ts';

/** How long an answer may take, in milliseconds: one delay for `Prefer`, one for a fault, and some time to answer. */
const PATIENCE = 2 * MAX_DELAY + 5000;

const Replayed = Type.Object(
  {
    id: Type.String({ description: 'The new request: GET /__admin/requests/ID shows it.' }),
    status: Type.Union([Type.Integer(), Type.Null()], {
      description: 'How it was answered. null: not at all, or not with HTTP.',
    }),
    replayOf: Type.String({ description: 'The request that it repeats.' }),
  },
  {
    description: 'It has been sent and is over.',
    examples: [{ id: '0QFbvD2H9qUr3yXn5LtZ', status: 201, replayOf: '0QFbvCzG8pTq2xWm4KsY' }],
  },
);

type Replayed = Static<typeof Replayed>;

export interface ReplayOptions extends ControlOptions {
  /** In milliseconds. */
  patience?: number;
}

const replay: FastifyPluginAsyncTypebox<ReplayOptions> = async (app, { context, patience = PATIENCE }) => {
  const { journal, db, arrivals, newId } = context;
  const entries = createEntries(db);

  app.post(
    '/requests/:id/replay',
    {
      schema: {
        operationId: 'replayRequest',
        summary: 'Sends a request of the journal again',
        description:
          'To this server, over a connection of its own, as it stands in the journal, and answers when it is over: faults, ' +
          'delays and Prefer act on it as on any other. One that was let in for its token is let in for the same token, as ' +
          'that is now; every other is sent with what the journal has of its credential. The header ' +
          `\`${REPLAY_HEADER}\` of the new request names the old one.`,
        tags: ['Requests'],
        params: Type.Object({ id: Type.String({ description: 'What the answer carried as x-stub-request-id.' }) }),
        response: { 201: Replayed, 404: Problem, 409: Problem, 503: Problem },
      },
    },
    async (request, reply) => {
      const limits = limit(patience, [departureOf(request, reply), app.closing]);
      try {
        return reply.code(201).send(await repeat(request.params.id, request.socket, limits.over));
      } finally {
        limits.lift();
      }
    },
  );

  async function repeat(
    id: string,
    { localAddress: host, localPort: port }: Socket,
    over: AbortSignal,
  ): Promise<Replayed> {
    await journal.settled();
    const entry = entries.find(id)?.entry;
    if (!entry) throw notInJournal(id, journal.dropped());
    const why = whyIncomplete(entry);
    if (context.settings.upstream !== undefined && isWorthless(entry)) {
      const what = 'only the upstream could let it in, and its credential is not kept';
      throw new ProblemError(409, `The request ${id} cannot be sent again: ${what}.`);
    }
    if (why !== undefined) throw new ProblemError(409, `The request ${id} cannot be sent again: ${why}.`);
    if (host === undefined || port === undefined) {
      throw new ProblemError(409, 'This call came over no connection, so that there is none to send it to.');
    }
    const arrival = { id: newId(), tokenId: tokenIdOf(entry) };
    try {
      const sent = await sendAgain(entry, { to: { host, port }, arrival, arrivals, over });
      if (!over.aborted) return { ...sent, replayOf: id };
    } catch (error) {
      if (!over.aborted) throw unsent(error as Error);
    }
    const reason = app.closing.aborted ? 'the server closes' : `it was given up after ${patience} ms`;
    throw new ProblemError(503, `No answer came to the request ${arrival.id}: ${reason}.`);
  }
};
export default named(replay);

/** Aborts `over` after so many milliseconds, or with one of the signals. To be lifted: one of them lives as long as the server. */
function limit(milliseconds: number, signals: AbortSignal[]): { over: AbortSignal; lift: () => void } {
  const over = new AbortController();
  const giveUp = (): void => over.abort();
  const timer = setTimeout(giveUp, milliseconds);
  for (const signal of signals) signal.addEventListener('abort', giveUp);
  // What has been aborted says so no more.
  if (signals.some(({ aborted }) => aborted)) giveUp();
  return {
    over: over.signal,
    lift() {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', giveUp);
    },
  };
}

/** Whether it holds what the journal has only redacted: the upstream knows no token of this stub. */
function isWorthless({ request }: Entry): boolean {
  return Object.values(request.headers).some((values) => String(values).includes(REDACTED));
}

/** Whose holder a request was let in as. */
function tokenIdOf({ decisions }: Entry): string | undefined {
  return decisions.find(({ tokenId }) => tokenId !== undefined)?.tokenId;
}

function unsent({ message }: Error): ProblemError {
  return new ProblemError(503, `The request could not be sent: ${message}. Send the call again later.`);
}
