// The chatbots: a test makes one, and with it everything that it needs.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { iso } from '../clock.ts';
import type { ControlOptions } from '../context.ts';
import { named } from '../named.ts';
import { Chatbot, EXAMPLE, MadeChatbot, NewChatbot, prepareChatbots } from './chatbot.ts';
import { decodeCursor, nextCursor, pageOf, pageQuery } from './pages.ts';
import { notFound, Problem, ProblemError } from './problem.ts';

/** Node reads 16 KiB of request line and headers; a longer id could be made, and never named in a URL. */
const LONGEST_ID = 12_000;

const Params = Type.Object({ id: Type.String({ description: 'The id of the chatbot.' }) });
const tags = ['Chatbots'];

const chatbots: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context }) => {
  const { db, groupCommit, tokens, chance, clock, state } = context;
  const statements = prepareChatbots(db);

  app.post(
    '/chatbots',
    {
      schema: {
        operationId: 'makeChatbot',
        summary: 'Makes a chatbot, with a token for it',
        description: 'Answers with everything that a test needs. A body is not needed. 409 when the id is taken.',
        tags,
        body: NewChatbot,
        response: { 201: MadeChatbot, 409: Problem },
      },
    },
    async (request, reply) => {
      const { id, name, channels, grants, expiresIn } = (request.body as NewChatbot | null) ?? {};
      if (id !== undefined) assertFitsUrl(id);
      // The turns of the empty chatbot are for what the server makes by itself: no chatbot's own turns shift.
      const chatbotId = id ?? chance.turn('').newId();
      const channelIds = channels ?? [chance.turn('').newId()];
      const resource = `chatbots/${chatbotId}`;
      const newToken = {
        name: name ?? chatbotId,
        grants: (grants ?? [{ permission: '*' }]).map((grant) => ({ resource, ...grant })),
        expiresIn,
        chatbotId,
      };
      const made = groupCommit.transaction(() => {
        const createdAt = iso(clock.now(chatbotId));
        if (!statements.insert(chatbotId, createdAt, channels ?? [])) throw taken(chatbotId);
        return tokens.create(newToken);
      });
      const { token, credential } = await made.catch((error) => {
        // The store has taken the token in; its row is gone with the transaction.
        tokens.reload(chatbotId);
        throw error;
      });
      return reply.code(201).send({ chatbotId, token: credential, tokenId: token.id, channelIds });
    },
  );

  app.get(
    '/chatbots',
    {
      schema: {
        operationId: 'listChatbots',
        summary: 'Lists the chatbots',
        description: 'By id: those that were made, and those that only have conversations or channels.',
        tags,
        querystring: Type.Object(pageQuery, { additionalProperties: false }),
        response: {
          200: Type.Object(
            { chatbots: Type.Array(Chatbot), nextCursor },
            { description: 'A page of chatbots.', examples: [{ chatbots: [EXAMPLE] }] },
          ),
        },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const [after] = decodeCursor(cursor, ['']) ?? [''];
      const page = pageOf(statements.idsAfter(after, limit + 1), limit, (id) => [id]);
      const { rows, ...next } = page;
      return { chatbots: rows.map(statements.describe), ...next };
    },
  );

  app.get(
    '/chatbots/:id',
    {
      schema: {
        operationId: 'getChatbot',
        summary: 'Shows a chatbot',
        description: 'One that was made, or has conversations or channels. 404 when there is nothing of it.',
        tags,
        params: Params,
        response: { 200: Chatbot, 404: Problem },
      },
    },
    async ({ params: { id } }) => {
      const chatbot = statements.describe(id);
      if (chatbot.createdAt === null && chatbot.conversations === 0 && chatbot.channelIds.length === 0) {
        throw notFound('chatbot', id, 'chatbots');
      }
      return chatbot;
    },
  );

  app.delete(
    '/chatbots/:id',
    {
      schema: {
        operationId: 'removeChatbot',
        summary: 'Removes a chatbot with everything that belongs to it',
        description:
          'Its conversations, channels, tokens, faults, snapshots, journal entries and its own clock. 404 when there was nothing of it.',
        tags,
        params: Params,
        response: { 204: Type.Null({ description: 'It is gone.' }), 404: Problem },
      },
    },
    async ({ params: { id } }, reply) => {
      if (!(await state.removeChatbot(id))) throw notFound('chatbot', id, 'chatbots');
      return reply.code(204).send(null);
    },
  );
};
export default named(chatbots);

function assertFitsUrl(id: string): void {
  const { length } = encodeURIComponent(id);
  if (length <= LONGEST_ID) return;
  const detail = `must take at most ${LONGEST_ID} characters in a URL, percent-encoded, not ${length}`;
  throw new ProblemError(400, `/id ${detail}.`, { errors: [{ pointer: '/id', detail }] });
}

function taken(id: string): ProblemError {
  const what = `There is a chatbot ${id} already.`;
  return new ProblemError(409, `${what} Leave the id out for a fresh one, or DELETE /__admin/chatbots/:id first.`);
}
