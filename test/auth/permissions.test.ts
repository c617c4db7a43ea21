import t from 'tap';
import {
  findGrant,
  type Grant,
  permissionCovers,
  problemWithGrant,
  resourceCovers,
} from '../../src/auth/permissions.ts';

const CREATE = 'chatbots.inbox.conversations.create';

const YES = true;
const NO = false;

t.test('which held permission covers which required one', async (t) => {
  const table: [held: string, required: string, covers: boolean][] = [
    [CREATE, CREATE, YES],
    ['*', CREATE, YES],
    ['*', 'chatbots', YES],
    ['chatbots.*', CREATE, YES],
    ['chatbots.inbox.*', CREATE, YES],
    ['chatbots.inbox.conversations.*', CREATE, YES],

    // No prefix matching, neither inside a segment nor of whole segments.
    ['chatbots.inbox.conversation', CREATE, NO],
    ['chatbots.inbox.conversation.create', CREATE, NO],
    ['chatbots.inbox.conversationss.create', CREATE, NO],
    ['chatbots.inbox.conversations.creat', CREATE, NO],
    ['chatbots.inbox.conversations.created', CREATE, NO],
    ['chatbots.inboxes.*', CREATE, NO],
    ['chatbots.inbo.*', CREATE, NO],
    ['chatbot.*', CREATE, NO],
    ['chatbots', CREATE, NO],
    ['chatbots.inbox', CREATE, NO],
    ['chatbots.inbox.conversations', CREATE, NO],

    // A wildcard in the middle stands for one segment, whichever that is.
    ['chatbots.*.conversations.create', CREATE, YES],
    ['*.inbox.conversations.create', CREATE, YES],
    ['*.*.*.create', CREATE, YES],
    ['chatbots.*.*.create', CREATE, YES],
    ['chatbots.*.*.delete', CREATE, NO],
    ['chatbots.*.create', CREATE, NO],
    ['*.create', CREATE, NO],
    ['*.conversations.create', CREATE, NO],
    ['chatbots.*.inbox.conversations.create', CREATE, NO],

    // The last one stands for all that follow, and for at least one.
    ['*.*', CREATE, YES],
    ['*.*.*.*', CREATE, YES],
    ['*.*.*.*.*', CREATE, NO],
    ['chatbots.*.*', 'chatbots.inbox', NO],
    ['chatbots.inbox.*', 'chatbots.inbox', NO],
    [`${CREATE}.*`, CREATE, NO],

    // A held permission that is longer than the required one.
    [`${CREATE}.now`, CREATE, NO],
    ['chatbots.inbox.conversations', 'chatbots.inbox', NO],

    // Compared as written.
    ['Chatbots.inbox.conversations.create', CREATE, NO],
    ['chatbots.inbox.conversations.delete', CREATE, NO],
    ['chatbots.in*.conversations.create', CREATE, NO],
  ];
  for (const [held, required, covers] of table) {
    t.equal(permissionCovers(held, required), covers, `${held} ${covers ? 'covers' : 'does not cover'} ${required}`);
  }
});

t.test('which held resource covers which required one', async (t) => {
  const table: [held: string, required: string, covers: boolean][] = [
    ['chatbots/a', 'chatbots/a', YES],
    ['chatbots/a', 'chatbots/b', NO],
    ['chatbots/a', 'chatbots/A', NO],
    ['chatbots/a', 'chatbots/ab', NO],
    ['chatbots/ab', 'chatbots/a', NO],

    ['chatbots/*', 'chatbots/a', YES],
    ['chatbots/*', 'chatbots/a/b', YES],
    ['chatbots/*', 'chatbots/', YES],

    // The id begins behind the first slash and is opaque from there on.
    ['chatbots/a/b', 'chatbots/a/b', YES],
    ['chatbots/a/b', 'chatbots/a', NO],
    ['chatbots/a', 'chatbots/a/b', NO],
    ['chatbots/a/*', 'chatbots/a/b', NO],
    ['chatbots/a/*', 'chatbots/a/*', YES],
    ['chatbots/a*', 'chatbots/ab', NO],
    ['chatbots//', 'chatbots//', YES],

    // A chatbot whose id is literally `*` is one chatbot.
    ['chatbots/*', 'chatbots/*', YES],
    ['chatbots/a', 'chatbots/*', NO],

    // Another kind is another resource, whatever its id.
    ['workspaces/a', 'chatbots/a', NO],
    ['workspaces/*', 'chatbots/a', NO],
    ['chatbot/*', 'chatbots/a', NO],
    ['*/*', 'chatbots/a', NO],
    ['*/a', 'chatbots/a', NO],
    ['chatbots/a/b', 'chatbots/a\\b', NO],
  ];
  for (const [held, required, covers] of table) {
    t.equal(resourceCovers(held, required), covers, `${held} ${covers ? 'covers' : 'does not cover'} ${required}`);
  }
});

t.test('a grant allows only what its permission and its resource both cover', async (t) => {
  const required: Grant = { permission: CREATE, resource: 'chatbots/a' };
  const here: Grant = { permission: 'chatbots.inbox.*', resource: 'chatbots/a' };
  const elsewhere: Grant = { permission: '*', resource: 'chatbots/b' };
  const other: Grant = { permission: 'chatbots.settings.*', resource: 'chatbots/*' };
  const everything: Grant = { permission: '*', resource: 'chatbots/*' };
  t.equal(findGrant([], required), undefined);
  t.equal(findGrant([elsewhere], required), undefined);
  t.equal(findGrant([other], required), undefined);
  t.equal(findGrant([elsewhere, other], required), undefined, 'two halves of two grants make no whole');
  t.equal(findGrant([elsewhere, other, here, everything], required), here, 'the first that allows it is named');
  t.equal(findGrant([everything, here], required), everything);
});

t.test('a grant that is well formed has no problem', async (t) => {
  for (const permission of ['*', CREATE, 'chatbots.inbox.*', 'chatbots.*.conversations', '*.*', 'a-b_c.D9', '0']) {
    t.equal(problemWithGrant({ permission, resource: 'chatbots/a' }), undefined, permission);
  }
  for (const resource of [
    'chatbots/*',
    'chatbots/a/b',
    'chatbots//',
    'chatbots/ä 🙂',
    'chatbots/a\nb',
    'my-kind_2/x',
  ]) {
    t.equal(problemWithGrant({ permission: '*', resource }), undefined, JSON.stringify(resource));
  }
});

t.test('the problem with a permission is named with the permission and what would be right', async (t) => {
  t.equal(
    problemWithGrant({ permission: 'chatbots..inbox', resource: 'chatbots/a' }),
    'permission "chatbots..inbox" must be dotted segments such as chatbots.inbox.conversations.create, chatbots.inbox.* or *',
  );
  const wrong = ['', '.', 'a.', '.a', 'a..b', 'a.b*', 'a.**', '**', 'a b', ' a', 'a\n', 'a/b', 'a:b', 'ä', 'a.*b.c'];
  for (const permission of wrong) {
    t.match(
      problemWithGrant({ permission, resource: 'chatbots/a' }),
      `permission ${JSON.stringify(permission)} must be`,
      JSON.stringify(permission),
    );
  }
});

t.test('the problem with a resource is named with the resource and what would be right', async (t) => {
  t.equal(
    problemWithGrant({ permission: '*', resource: 'chatbots' }),
    'resource "chatbots" must be a kind and an id such as chatbots/ID, or chatbots/* for all',
  );
  for (const resource of ['', '/', '*', 'chatbots/', '/a', '*/a', '*/*', 'chat bots/a', 'chätbots/a', '\nchatbots/a']) {
    t.match(
      problemWithGrant({ permission: '*', resource }),
      `resource ${JSON.stringify(resource)} must be`,
      JSON.stringify(resource),
    );
  }
});

t.test('of two problems the permission is named first', async (t) => {
  t.match(problemWithGrant({ permission: '', resource: '' }), /^permission/);
});
