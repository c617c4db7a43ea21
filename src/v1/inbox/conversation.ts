import { type Static, Type } from '@sinclair/typebox';
import type { Database } from 'better-sqlite3';

/** The body of the vendor's `POST /v1/inbox/{chatbotId}/conversations`, word for word. Extra properties are allowed and ignored. */
export const CreateInboxConversationRequestDto = Type.Object(
  {
    name: Type.String({ description: 'The name of the contact for the new conversation.' }),
    email: Type.Optional(Type.String({ format: 'email', description: 'The email address of the contact.' })),
    phone: Type.Optional(Type.String({ description: 'The phone number of the contact.' })),
    channelId: Type.String({ description: 'The ID of the channel in which the conversation is created.' }),
  },
  { $id: 'CreateInboxConversationRequestDto' },
);
export type CreateInboxConversationRequestDto = Static<typeof CreateInboxConversationRequestDto>;

/** Its 201. A business failure is a 201 too, with `error` and without `conversationId` (our reading of the vendor's schemas). */
export const CreateInboxConversationResponseDto = Type.Object(
  {
    conversationId: Type.Optional(Type.String({ description: 'The ID of the newly created conversation.' })),
    error: Type.Optional(Type.String({ description: 'Optional error message.' })),
  },
  { $id: 'CreateInboxConversationResponseDto' },
);
export type CreateInboxConversationResponseDto = Static<typeof CreateInboxConversationResponseDto>;

/** A row of the table `conversations`. */
export interface ConversationRow {
  chatbot_id: string;
  id: string;
  channel_id: string;
  name: string;
  email: string | null;
  phone: string | null;
  /** ISO 8601, UTC. */
  created_at: string;
}

/** The statements on conversations, prepared once. */
export function prepareConversations(db: Database) {
  // By place: to find the values by their names costs as much as to store them.
  const insert = db.prepare<(string | null)[]>(
    `INSERT INTO conversations (chatbot_id, id, channel_id, name, email, phone, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (chatbot_id, id) DO NOTHING`,
  );
  const declaresChannel = db
    .prepare<[string, string, string], number>(
      `SELECT NOT EXISTS (SELECT 1 FROM channels WHERE chatbot_id = ?)
           OR EXISTS (SELECT 1 FROM channels WHERE chatbot_id = ? AND id = ?)`,
    )
    .pluck();
  return {
    /** Returns whether it was stored: not when the chatbot has one with this id. */
    insert: ({ chatbot_id, id, channel_id, name, email, phone, created_at }: ConversationRow): boolean =>
      insert.run(chatbot_id, id, channel_id, name, email, phone, created_at).changes === 1,
    /** Whether a conversation may be made in this channel: the chatbot declares it, or declares none at all. */
    takesChannel: (chatbotId: string, channelId: string): boolean =>
      declaresChannel.get(chatbotId, chatbotId, channelId) === 1,
  };
}
