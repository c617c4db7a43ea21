import t from 'tap';
import { keyOf, pathOf } from '../../../../src/inspector/page/conversations/conversation.ts';

t.test('any id fits its path', async (t) => {
  t.equal(pathOf({ id: 'a/b?c#d%' }), '/conversations/a%2Fb%3Fc%23d%25');
});

t.test('conversations of one id are told apart by their chatbot', async (t) => {
  t.not(keyOf({ chatbotId: 'a', id: 'b/c' }), keyOf({ chatbotId: 'b', id: 'b/c' }));
});
