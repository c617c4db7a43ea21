// Back to the beginning: what the fixtures declare, or nothing.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import type { ControlOptions } from '../context.ts';
import { named } from '../named.ts';
import { scopeOf, scopeQuery } from './scope.ts';

const OnlyWithAll = (what: string) => Type.Optional(Type.Integer({ description: `${what} Only with all=true.` }));

export const Deleted = Type.Object(
  {
    conversations: Type.Integer(),
    requests: Type.Integer({ description: 'Entries of the journal.' }),
    faults: Type.Integer(),
    chatbots: OnlyWithAll('Those that somebody had made.'),
    tokens: OnlyWithAll('Those that belonged to a chatbot.'),
    snapshots: OnlyWithAll('Those of single chatbots.'),
  },
  {
    description: 'How many there were of what was deleted.',
    examples: [{ conversations: 12, requests: 30, faults: 1 }],
  },
);

const Query = Type.Object(
  {
    ...scopeQuery,
    dryRun: Type.Optional(
      Type.Literal('true', { expected: 'true', description: 'Changes nothing, and answers what would be deleted.' }),
    ),
  },
  { additionalProperties: false },
);

const reset: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context: { state } }) => {
  app.post(
    '/reset',
    {
      schema: {
        operationId: 'reset',
        summary: 'Deletes what tests have brought about, and puts the fixtures in again',
        description:
          'In one transaction: a request is answered from the state before or after. One chatbot: its conversations, journal ' +
          'entries, faults and own clock go; its channels, tokens and snapshots stay. All: every chatbot goes with its channels, ' +
          'tokens and snapshots, and so do the journal, all faults and the clock; tokens that belong to no chatbot and snapshots ' +
          'of everything stay. With dryRun=true nothing is changed, and the answer says how much would go.',
        tags: ['Reset'],
        querystring: Query,
        response: { 200: Deleted },
      },
    },
    async ({ query }) => {
      const chatbotId = scopeOf(query, 'reset');
      return query.dryRun === 'true' ? state.previewReset(chatbotId) : state.reset(chatbotId);
    },
  );
};
export default named(reset);
