import t from 'tap';
import { problemWithGrant } from '../../../../src/auth/permissions.ts';
import {
  chatbotOf,
  concerns,
  grantInWords,
  linesOf,
  PERMISSIONS,
  resourceOf,
} from '../../../../src/inspector/page/chatbots/grants.ts';

const on = (...ids: string[]) => ids.map((id) => ({ permission: '*', resource: resourceOf(id) }));

t.test('each permission that is offered is one, on a chatbot and on every one', async (t) => {
  for (const permission of Object.keys(PERMISSIONS)) {
    for (const id of ['shop', '*']) t.equal(problemWithGrant({ permission, resource: resourceOf(id) }), undefined);
  }
});

t.test('a grant is said as the journal says it', async (t) => {
  t.equal(
    grantInWords({ permission: 'chatbots.inbox.*', resource: 'chatbots/shop' }),
    'chatbots.inbox.* on chatbots/shop',
  );
});

t.test('a token is tried on the chatbot that it is for, if it is for one alone', async (t) => {
  t.equal(chatbotOf(on('a/b\nc')), 'a/b\nc');
  t.equal(chatbotOf(on('shop', 'shop')), 'shop');
  t.equal(chatbotOf(on('shop', 'other')), undefined);
  t.equal(chatbotOf(on('*')), undefined);
  t.equal(chatbotOf([]), undefined);
  t.equal(chatbotOf([{ permission: '*', resource: 'others/shop' }]), undefined);
});

t.test('a token concerns the chatbot that it was made with, and those that it names', async (t) => {
  t.equal(concerns({ chatbotId: 'shop', grants: [] }, 'shop'), true);
  t.equal(concerns({ chatbotId: null, grants: on('other', 'shop') }, 'shop'), true);
  t.equal(concerns({ chatbotId: 'other', grants: on('*', 'shopping') }, 'shop'), false);
});

t.test('lines are read without what surrounds them, and empty ones not at all', async (t) => {
  t.same(linesOf(' a \n\n\tb c\r\n'), ['a', 'b c']);
  t.same(linesOf(' \n'), []);
});
