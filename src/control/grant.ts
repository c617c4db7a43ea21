// The grants of tokens, as everybody writes them who makes one.
import { Type } from '@sinclair/typebox';

const permission = Type.String({
  expected: 'dotted segments such as chatbots.inbox.conversations.create, chatbots.inbox.* or *',
  description: 'Dotted segments; * stands for one, and as the last one for all that follow.',
});

const expected = 'a kind and an id such as chatbots/ID, or chatbots/* for all';

/** A grant of a token that belongs to a chatbot. */
export const OwnGrant = Type.Object(
  {
    permission,
    resource: Type.Optional(Type.String({ expected, description: 'Default: the chatbot that the token belongs to.' })),
  },
  { additionalProperties: false },
);

/** A grant of a token that stands by itself. */
export const FreeGrant = Type.Object(
  { permission, resource: Type.String({ expected, description: 'A kind and an id, or * for every one.' }) },
  { additionalProperties: false },
);
