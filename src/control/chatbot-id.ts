// What a chatbot may be called. Its id is opaque text; ruled out is only what a path or a grant would read as something else.
import { Type } from '@sinclair/typebox';

const WORDS = 'an id: a text that is not empty, not *, . or .., and holds no / and no control characters';

/** The id of a chatbot that somebody makes on purpose. Half of a surrogate pair is refused, too: SQLite cannot keep it. */
export const ChatbotId = Type.String({
  pattern: '^(?!(?:\\*|\\.\\.?)$)[^/\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$',
  expected: WORDS,
  description: 'The id of the chatbot, as it stands in the URL.',
});
