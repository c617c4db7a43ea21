// What has been stored: the conversations, found and deleted.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import type { Database } from 'better-sqlite3';
import type { ControlOptions } from '../context.ts';
import { named } from '../named.ts';
import { nextTurn } from '../timers.ts';
import type { ConversationRow } from '../v1/inbox/conversation.ts';
import { decodeCursor, nextCursor, orderQuery, pageOf, pageQuery } from './pages.ts';
import { notFound, Problem } from './problem.ts';
import { chatbotIdQuery, scopeOf, scopeQuery } from './scope.ts';

const EXAMPLE = {
  id: '0VZFs2bBqX8c1mTzRk4d',
  chatbotId: 'my-chatbot',
  channelId: 'web',
  name: 'John Doe',
  email: 'john.doe@example.com',
  createdAt: '2026-11-23T12:00:00.000Z',
};

export const Conversation = Type.Object(
  {
    id: Type.String({ description: 'The conversationId. Unique within its chatbot.' }),
    chatbotId: Type.String(),
    channelId: Type.String(),
    name: Type.String(),
    email: Type.Optional(Type.String({ description: 'Absent when none was given.' })),
    phone: Type.Optional(Type.String({ description: 'Absent when none was given.' })),
    createdAt: Type.String({ description: 'ISO 8601, UTC.' }),
  },
  { description: 'A conversation.', examples: [EXAMPLE] },
);

export const ListQuery = Type.Object(
  {
    chatbotId: chatbotIdQuery,
    channelId: Type.Optional(Type.String({ description: 'Only those of this channel.' })),
    email: Type.Optional(Type.String({ description: 'Only those with exactly this address.' })),
    text: Type.Optional(
      Type.String({
        minLength: 1,
        expected: 'a text that is not empty',
        description: 'Only those with this text in name, email, phone or an id. Upper and lower case are the same.',
      }),
    ),
    order: orderQuery,
    ...pageQuery,
  },
  { additionalProperties: false },
);

const One = Type.Object(
  { chatbotId: Type.String({ minLength: 1, expected: 'the id of a chatbot', description: 'Whose it is.' }) },
  { additionalProperties: false },
);
const Params = Type.Object({ id: Type.String({ description: 'The conversationId.' }) });
const Gone = Type.Null({ description: 'Deleted.' });
const tags = ['Conversations'];

const conversations: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context }) => {
  const { db, groupCommit, state } = context;
  const find = prepareSearch(db);
  const select = db.prepare<[string, string], ConversationRow>(
    'SELECT * FROM conversations WHERE chatbot_id = ? AND id = ?',
  );
  const remove = db.prepare<[string, string]>('DELETE FROM conversations WHERE chatbot_id = ? AND id = ?');

  app.get(
    '/conversations',
    {
      schema: {
        operationId: 'listConversations',
        summary: 'Finds conversations',
        description:
          'By chatbot, and within one by id, which is the order of time. A conversation is here once its 201 is out.',
        tags,
        querystring: ListQuery,
        response: {
          200: Type.Object(
            { conversations: Type.Array(Conversation), nextCursor },
            { description: 'A page of conversations.', examples: [{ conversations: [EXAMPLE] }] },
          ),
        },
      },
    },
    async ({ query: { limit, cursor, ...search } }) => {
      const found = await find(search, decodeCursor<[string, string]>(cursor, ['', '']), limit + 1);
      const { rows, ...next } = pageOf(found, limit, (row) => [row.chatbot_id, row.id]);
      return { conversations: rows.map(conversationFrom), ...next };
    },
  );

  app.get(
    '/conversations/:id',
    {
      schema: {
        operationId: 'getConversation',
        summary: 'Shows a conversation',
        description: 'An id is unique within its chatbot only: say which chatbot.',
        tags,
        params: Params,
        querystring: One,
        response: { 200: Conversation, 404: Problem },
      },
    },
    async ({ params: { id }, query: { chatbotId } }) => {
      const row = select.get(chatbotId, id);
      if (!row) throw noConversation(id, chatbotId);
      return conversationFrom(row);
    },
  );

  app.delete(
    '/conversations/:id',
    {
      schema: {
        operationId: 'deleteConversation',
        summary: 'Deletes a conversation',
        description: 'An id is unique within its chatbot only: say which chatbot.',
        tags,
        params: Params,
        querystring: One,
        response: { 204: Gone, 404: Problem },
      },
    },
    async ({ params: { id }, query: { chatbotId } }, reply) => {
      const { changes } = await groupCommit.write(() => remove.run(chatbotId, id));
      if (changes === 0) throw noConversation(id, chatbotId);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/conversations',
    {
      schema: {
        operationId: 'deleteConversations',
        summary: 'Deletes all conversations of a chatbot, or all that there are',
        description: 'Say whose: chatbotId=ID or all=true, and not both.',
        tags,
        querystring: Type.Object(scopeQuery, { additionalProperties: false }),
        response: { 204: Gone },
      },
    },
    async ({ query }, reply) => {
      await state.removeConversations(scopeOf(query, 'delete conversations'));
      return reply.code(204).send(null);
    },
  );
};
export default named(conversations);

function noConversation(id: string, chatbotId: string) {
  return notFound('conversation', `${id} in the chatbot ${chatbotId}`, 'conversations');
}

function conversationFrom(row: ConversationRow) {
  return {
    id: row.id,
    chatbotId: row.chatbot_id,
    channelId: row.channel_id,
    name: row.name,
    ...(row.email !== null && { email: row.email }),
    ...(row.phone !== null && { phone: row.phone }),
    createdAt: row.created_at,
  };
}

interface Search {
  chatbotId?: string;
  channelId?: string;
  email?: string;
  text?: string;
  order: 'asc' | 'desc';
}

type Key = readonly [chatbotId: string | Buffer, id: string | Buffer];

/** How many rows are looked through in one turn of the event loop: requests go on while a long search runs. */
const SLICE = 1000;

// SQLite sorts every blob behind every text.
const BEFORE_ALL: Key = ['', ''];
const BEHIND_ALL: Key = [Buffer.alloc(0), Buffer.alloc(0)];

function prepareSearch(db: Database) {
  const columns = 'SELECT chatbot_id, id, channel_id, name, email, phone, created_at FROM conversations WHERE';
  const prepare = (compare: '>' | '<', order: 'ASC' | 'DESC') => {
    const within = db.prepare<[string, Key[1], number], ConversationRow>(
      `${columns} chatbot_id = ? AND id ${compare} ? ORDER BY id ${order} LIMIT ?`,
    );
    const everywhere = db.prepare<[...Key, number], ConversationRow>(
      `${columns} (chatbot_id, id) ${compare} (?, ?) ORDER BY chatbot_id ${order}, id ${order} LIMIT ?`,
    );
    return (chatbotId: string | undefined, [after, id]: Key, limit: number): ConversationRow[] =>
      chatbotId === undefined ? everywhere.all(after, id, limit) : within.all(chatbotId, id, limit);
  };
  const select = { asc: prepare('>', 'ASC'), desc: prepare('<', 'DESC') };

  return async (search: Search, after: Key | undefined, limit: number): Promise<ConversationRow[]> => {
    const { chatbotId, order } = search;
    const matches = matcherOf(search);
    const slice = matches ? SLICE : limit;
    const found: ConversationRow[] = [];
    let key = after ?? (order === 'asc' ? BEFORE_ALL : BEHIND_ALL);
    for (;;) {
      const rows = select[order](chatbotId, key, slice);
      found.push(...(matches ? rows.filter(matches) : rows));
      const last = rows.at(-1);
      if (last === undefined || rows.length < slice || found.length >= limit) return found.slice(0, limit);
      key = [last.chatbot_id, last.id];
      await nextTurn();
    }
  };
}

/** What a row must be like, if anything is asked of it but its chatbot. Done here: SQLite folds ASCII letters only. */
function matcherOf({ channelId, email, text }: Search): ((row: ConversationRow) => boolean) | undefined {
  if (channelId === undefined && email === undefined && text === undefined) return undefined;
  const wanted = text?.toLowerCase();
  const holds = (value: string | null): boolean => value?.toLowerCase().includes(wanted as string) ?? false;
  return (row) =>
    (channelId === undefined || row.channel_id === channelId) &&
    (email === undefined || row.email === email) &&
    (wanted === undefined || [row.name, row.email, row.phone, row.id, row.chatbot_id, row.channel_id].some(holds));
}
