import type { Static } from '@sinclair/typebox';
import type { Conversation as Schema } from '../../../control/conversations.ts';

export type Conversation = Static<typeof Schema>;

/** Where one is shown. An id is unique within its chatbot only. */
export function pathOf({ id }: Pick<Conversation, 'id'>): string {
  return `/conversations/${encodeURIComponent(id)}`;
}

/** What tells one from all others. No chatbot's id has a slash. */
export function keyOf({ chatbotId, id }: Pick<Conversation, 'chatbotId' | 'id'>): string {
  return `${chatbotId}/${id}`;
}
