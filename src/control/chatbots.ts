// The chatbots: a test makes one, and with it everything that it needs.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from '@sinclair/typebox';
import type { Database } from 'better-sqlite3';
import { ChatbotId } from './chatbot-id.ts';
import { decodeCursor, nextCursor, pageOf, pageQuery } from './pages.ts';
import type { ControlOptions } from './plugin.ts';
import { notFound, ProblemError } from './problem.ts';

/** Text that SQLite can keep: not empty, and no half of a surrogate pair. */
const WellFormed = '^[^\\ud800-\\udfff]+$';

const NewChatbot = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        ...ChatbotId,
        maxLength: 12_000,
        expected: `${ChatbotId['expected']}; of at most 12,000 characters`,
        description: 'Its id, as it stands in the URL. Default: a fresh one.',
      }),
    ),
    name: Type.Optional(
      Type.String({
        pattern: WellFormed,
        expected: 'a text that is not empty',
        description: 'The name of its token, as denials show it. Default: the id of the chatbot.',
      }),
    ),
    channels: Type.Optional(
      Type.Array(Type.String({ pattern: WellFormed, expected: 'a text that is not empty' }), {
        minItems: 1,
        uniqueItems: true,
        expected: 'a list of channel ids, each once and none empty; leave it out, and the chatbot takes any channelId',
        description: 'The channels that it declares. Without them it takes any channelId.',
      }),
    ),
    grants: Type.Optional(
      Type.Array(
        Type.Object(
          {
            permission: Type.String({ description: 'Such as chatbots.inbox.conversations.create, or *.' }),
            resource: Type.Optional(Type.String({ description: 'Such as chatbots/ID. Default: this chatbot.' })),
          },
          { additionalProperties: false },
        ),
        { description: 'What its token may do. Default: everything on this chatbot.' },
      ),
    ),
    expiresIn: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Seconds until its token expires. Default: never.',
      }),
    ),
  },
  {
    additionalProperties: false,
    mayBeAbsent: true,
    examples: [
      {
        id: 'my-chatbot',
        channels: ['web'],
        grants: [{ permission: 'chatbots.inbox.conversations.create' }],
        expiresIn: 3600,
      },
    ],
  },
);

const MadeChatbot = Type.Object(
  {
    chatbotId: Type.String(),
    token: Type.String({ description: 'Its credential. Shown in this answer only: no other can tell it again.' }),
    tokenId: Type.String({ description: 'By this id the token can be revoked.' }),
    channelIds: Type.Array(Type.String(), {
      description: 'The channels that it declares; where it takes any channelId, one to use.',
    }),
  },
  {
    examples: [
      {
        chatbotId: '0VZFs2bBqX8c1mTzRk4d',
        token: 'CCSB-XXXXXXXX-XXXXXXXXXXXX',
        tokenId: '0VZFs2bBhG3yPw0nQa7e',
        channelIds: ['0VZFs2bBLr5uYd2kJf9s'],
      },
    ],
  },
);

const EXAMPLE = {
  chatbotId: '0VZFs2bBqX8c1mTzRk4d',
  channelIds: [],
  conversations: 3,
  createdAt: '2026-11-23T12:00:00.000Z',
};

const Chatbot = Type.Object(
  {
    chatbotId: Type.String(),
    channelIds: Type.Array(Type.String(), {
      description: 'The channels that it declares; none: it takes any channelId.',
    }),
    conversations: Type.Integer({ description: 'How many it has.' }),
    createdAt: Type.Union([Type.String(), Type.Null()], {
      description: 'ISO 8601, UTC; null: nobody made it, and it takes conversations all the same.',
    }),
  },
  { examples: [EXAMPLE] },
);
type Chatbot = Static<typeof Chatbot>;

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
        description: 'Answers with everything that a test needs. A body is not needed.',
        tags,
        body: NewChatbot,
        response: { 201: MadeChatbot },
      },
    },
    async (request, reply) => {
      const { id, name, channels, grants, expiresIn } = (request.body as Static<typeof NewChatbot> | null) ?? {};
      // The chatbot without a name counts what the server makes by itself, so that no chatbot's own turns shift.
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
        const createdAt = new Date(clock.now(chatbotId)).toISOString();
        if (!statements.insert(chatbotId, createdAt, channels ?? [])) throw taken(chatbotId);
        return tokens.create(newToken);
      });
      const { token, credential } = await made.catch((error) => {
        // The store has taken the token in; its row is gone with the transaction.
        tokens.reload();
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
          200: Type.Object({ chatbots: Type.Array(Chatbot), nextCursor }, { examples: [{ chatbots: [EXAMPLE] }] }),
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
        tags,
        params: Params,
        response: { 200: Chatbot },
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
        response: { 204: Type.Null({ description: 'It is gone.' }) },
      },
    },
    async ({ params: { id } }, reply) => {
      if (!(await state.removeChatbot(id))) throw notFound('chatbot', id, 'chatbots');
      return reply.code(204).send(null);
    },
  );
};
export default chatbots;

function taken(id: string): ProblemError {
  const what = `There is a chatbot ${id} already.`;
  return new ProblemError(409, `${what} Leave the id out for a fresh one, or DELETE /__admin/chatbots/:id first.`);
}

function prepareChatbots(db: Database) {
  const insert = db.prepare<[string, string]>(
    'INSERT INTO chatbots (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const clearChannels = db.prepare<[string]>('DELETE FROM channels WHERE chatbot_id = ?');
  const insertChannel = db.prepare<[string, string]>('INSERT INTO channels (chatbot_id, id) VALUES (?, ?)');
  // Jumps from one chatbot to the next along the keys, however many conversations lie between.
  const next = db
    .prepare<{ after: string }, string | null>(
      `SELECT min(id) FROM (
         SELECT min(id) AS id FROM chatbots WHERE id > @after
         UNION ALL SELECT min(chatbot_id) FROM conversations WHERE chatbot_id > @after
         UNION ALL SELECT min(chatbot_id) FROM channels WHERE chatbot_id > @after)`,
    )
    .pluck();
  const createdAt = db.prepare<[string], string>('SELECT created_at FROM chatbots WHERE id = ?').pluck();
  const channels = db.prepare<[string], string>('SELECT id FROM channels WHERE chatbot_id = ? ORDER BY id').pluck();
  const conversations = db.prepare<[string], number>('SELECT count(*) FROM conversations WHERE chatbot_id = ?').pluck();

  return {
    /** Returns whether the id was free. The chatbot has exactly these channels, whatever stood there before. */
    insert(id: string, at: string, channelIds: string[]): boolean {
      if (insert.run(id, at).changes === 0) return false;
      clearChannels.run(id);
      for (const channelId of channelIds) insertChannel.run(id, channelId);
      return true;
    },
    idsAfter(after: string, limit: number): string[] {
      const ids: string[] = [];
      for (let id = next.get({ after }); id && ids.length < limit; id = next.get({ after: id })) ids.push(id);
      return ids;
    },
    describe: (id: string): Chatbot => ({
      chatbotId: id,
      channelIds: channels.all(id),
      conversations: conversations.get(id) as number,
      createdAt: createdAt.get(id) ?? null,
    }),
  };
}
