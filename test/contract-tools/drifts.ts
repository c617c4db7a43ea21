// What the gate must notice: each drift changes what a stub answers, on its way to the tools.
import type { Looks } from './tool.ts';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the stub answers
  json: any;
}

export interface Drift {
  name: string;
  /** What is otherwise, in words. */
  words: string;
  /** What of the stub has drifted. */
  of: Looks;
  /** Changes an answer of the operation, or a document, in place. */
  change(answer: Answer): void;
}

/** Through a server that changes nothing no tool may complain: what it says of a drift is then about the drift. */
export const NO_DRIFT: Drift = { name: 'no drift', words: 'nothing changes', of: 'answers', change: () => {} };

export const DRIFTS: readonly Drift[] = [
  {
    name: 'a renamed field',
    words: '`conversationId` is `conversation_id`',
    of: 'answers',
    change: (answer) => {
      if (answer.status !== 201) return;
      const { conversationId, ...rest } = answer.json;
      answer.json = { conversation_id: conversationId, ...rest };
    },
  },
  {
    name: 'another success',
    words: '200 in place of 201',
    of: 'answers',
    change: (answer) => {
      if (answer.status === 201) answer.status = 200;
    },
  },
  {
    name: 'a missing word of a schema',
    words: '`email` without `format` in /openapi.json',
    of: '/openapi.json',
    change: ({ json }) => {
      delete json.components.schemas.CreateInboxConversationRequestDto.properties.email.format;
    },
  },
  {
    name: 'an undeclared status',
    words: '422 in place of 400',
    of: 'answers',
    change: (answer) => {
      if (answer.status !== 400) return;
      answer.status = 422;
      answer.json = { ...answer.json, error: 'Unprocessable Entity', statusCode: 422 };
    },
  },
  {
    name: 'a wrong type',
    words: '`conversationId` is a number',
    of: 'answers',
    change: ({ status, json }) => {
      if (status === 201) json.conversationId = 42;
    },
  },
];
