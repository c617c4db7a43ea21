import t from 'tap';
import { ChatbotId } from '../../src/control/chatbot-id.ts';
import { mistakesIn } from '../../src/control/validation.ts';

t.test('a chatbot may be called anything that is opaque text', async (t) => {
  for (const id of ['a', 'a b', '***', '...', 'a:b%2F?#&', 'Ä🤖', '\u200b', 'x'.repeat(12000)]) {
    t.same(mistakesIn(ChatbotId, id), [], id.slice(0, 20));
  }
});

t.test('and nothing that a path or a grant reads as something else, or that cannot be stored', async (t) => {
  for (const id of ['', '*', '.', '..', '/', 'a/b', 'a\n', '\u0000', '\u007f', '\u009f', '\ud83d', '\udd16x']) {
    t.match(mistakesIn(ChatbotId, id), [{ pointer: '', detail: /^must be an id: / }], JSON.stringify(id));
  }
  t.match(mistakesIn(ChatbotId, 12), [{ detail: /^must be an id: / }]);
});
