// /__admin/clock: the time by which conversations are stamped and tokens expire.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from '@sinclair/typebox';
import { type ClockState, EARLIEST, iso, LATEST } from '../clock.ts';
import type { ControlOptions } from '../context.ts';
import { named } from '../named.ts';
import { ProblemError } from './problem.ts';
import { chatbotIdQuery } from './scope.ts';

const Change = Type.Object(
  {
    reset: Type.Optional(Type.Boolean({ description: "Back to the system's time, running." })),
    set: Type.Optional(Type.String({ description: 'A time in ISO 8601, with its zone.' })),
    advanceMs: Type.Optional(Type.Integer({ description: 'Milliseconds to go forward, or back when negative.' })),
    freeze: Type.Optional(Type.Boolean({ description: 'true: stand still. false: run on from here.' })),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'Applied in this order: reset, set, advanceMs, freeze.',
    examples: [{ set: '2026-01-01T00:00:00Z', freeze: true }],
  },
);

export const ClockView = Type.Object(
  {
    now: Type.String({ format: 'date-time' }),
    frozen: Type.Boolean(),
    offsetMs: Type.Integer({ description: "How far ahead of the system's clock." }),
    chatbotId: Type.Union([Type.String(), Type.Null()], { description: 'null: the time of the server.' }),
  },
  {
    description: 'The clock as it is now.',
    examples: [{ now: '2026-01-01T00:00:00.000Z', frozen: true, offsetMs: -28252800000, chatbotId: null }],
  },
);

const description =
  'With a chatbotId it is the time of that chatbot alone, which others do not feel; without one it is the time of ' +
  'every chatbot that has none of its own. A clock lives as long as the process, and until a reset.';

const clockRoutes: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context: { clock } }) => {
  const querystring = Type.Object(
    { chatbotId: { ...chatbotIdQuery, description: 'Whose time. Without it: that of the server.' } },
    { additionalProperties: false },
  );

  app.get(
    '/clock',
    {
      schema: {
        operationId: 'getClock',
        summary: 'Shows the clock',
        description,
        tags: ['Clock'],
        querystring,
        response: { 200: ClockView },
      },
    },
    async ({ query: { chatbotId } }) => view(clock.read(chatbotId), chatbotId),
  );

  app.put(
    '/clock',
    {
      schema: {
        operationId: 'adjustClock',
        summary: 'Freezes, sets or advances the clock',
        description,
        tags: ['Clock'],
        querystring,
        body: Change,
        response: { 200: ClockView },
      },
    },
    async ({ query: { chatbotId }, body: { set, ...change } }) => {
      const time = set === undefined ? undefined : parseTime(set);
      return view(clock.adjust({ ...change, set: time }, chatbotId), chatbotId);
    },
  );
};
export default named(clockRoutes);

function view({ now, isFrozen, offsetMs }: ClockState, chatbotId: string | undefined): Static<typeof ClockView> {
  return { now: iso(now), frozen: isFrozen, offsetMs, chatbotId: chatbotId ?? null };
}

/** Without its zone a time would mean something else on every machine. */
function parseTime(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  // Date.parse takes the 30th of February for the 2nd of March.
  const isDay = new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() === Number(text.slice(8, 10));
  if (isDay && time >= EARLIEST && time <= LATEST) return time;
  const detail = 'must be a time of the years 1970 to 9999 with its zone, such as 2026-01-01T00:00:00Z';
  throw new ProblemError(400, `/set ${detail}.`, { errors: [{ pointer: '/set', detail }] });
}
