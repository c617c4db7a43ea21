import t from 'tap';
import { titleOf } from '../../../src/inspector/page/views.ts';

t.test('a tab is called after its view, and after what is shown in full', async (t) => {
  t.equal(titleOf('/chatbots'), 'Chatbots & tokens · chatcaptain-stub');
  t.equal(titleOf('/requests/0abc'), '0abc · Requests · chatcaptain-stub');
  t.equal(titleOf(`/conversations/${'x'.repeat(100)}`), `${'x'.repeat(40)} · Conversations · chatcaptain-stub`);
  t.equal(titleOf('/nowhere'), 'No such view · chatcaptain-stub');
});
