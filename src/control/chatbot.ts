// What a chatbot is on the control plane: its schemas and statements.
import { type Static, Type } from '@sinclair/typebox';
import type { Database } from 'better-sqlite3';
import { ChatbotId } from './chatbot-id.ts';
import { OwnGrant } from './grant.ts';

/** Text that SQLite can keep: not empty, and no half of a surrogate pair. */
/** Text that SQLite keeps as it is, and that shows on a line. */
const LABEL = '^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$';

export const NewChatbot = Type.Object(
  {
    id: Type.Optional(
      Type.String({ ...ChatbotId, description: 'Its id, as it stands in the URL. Default: a fresh one.' }),
    ),
    name: Type.Optional(
      Type.String({
        pattern: LABEL,
        expected: 'a text that is not empty, without control characters',
        description: 'The name of its token, as denials show it. Default: the id of the chatbot.',
      }),
    ),
    channels: Type.Optional(
      Type.Array(Type.String({ pattern: LABEL, expected: 'a text that is not empty, without control characters' }), {
        minItems: 1,
        uniqueItems: true,
        expected: 'a list of channel ids, each once and none empty; leave it out, and the chatbot takes any channelId',
        description: 'The channels that it declares. Without them it takes any channelId.',
      }),
    ),
    grants: Type.Optional(
      Type.Array(OwnGrant, { description: 'What its token may do. Default: everything on this chatbot.' }),
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

export type NewChatbot = Static<typeof NewChatbot>;

export const MadeChatbot = Type.Object(
  {
    chatbotId: Type.String(),
    token: Type.String({ description: 'Its credential. Shown in this answer only: no other can tell it again.' }),
    tokenId: Type.String({ description: 'By this id the token can be revoked.' }),
    channelIds: Type.Array(Type.String(), {
      description: 'The channels that it declares; where it takes any channelId, one to use.',
    }),
  },
  {
    description: 'The chatbot, with a token for it.',
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

/** One in a list. */
export const EXAMPLE = {
  chatbotId: '0VZFs2bBqX8c1mTzRk4d',
  channelIds: [],
  conversations: 3,
  createdAt: '2026-11-23T12:00:00.000Z',
};

export const Chatbot = Type.Object(
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
  { description: 'A chatbot, and what it has.', examples: [EXAMPLE] },
);
export type Chatbot = Static<typeof Chatbot>;

/** The statements on chatbots, prepared once. */
export function prepareChatbots(db: Database) {
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
