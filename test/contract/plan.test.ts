import t from 'tap';
import { CONTRACT_CASES } from '../../src/contract/cases.ts';
import { type PlanOptions, planOf } from '../../src/contract/plan.ts';

const options: PlanOptions = {
  base: new URL('https://example.com/api/'),
  credential: { header: 'x-chatcaptain-key', secret: 'the-secret' },
  chatbotId: 'a/b',
  otherChatbotId: undefined,
  channelId: 'the-channel',
  create: true,
  recorded: undefined,
};

const shape = { status: 400, mediaType: null, headers: [], body: { '': 'empty' } };

const named = (plan: ReturnType<typeof planOf>, name: string) => plan.sent.find(({ what }) => what.name === name);

t.test('each case is a request to the base, with its body and its credential', (t) => {
  const plan = planOf(options);
  t.equal(plan.sent.length, CONTRACT_CASES.length);
  t.same(plan.left, []);
  const first = named(plan, '201: the required properties alone');
  t.equal(first?.outgoing.url.href, 'https://example.com/api/v1/inbox/a%2Fb/conversations');
  t.match(first?.outgoing, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-chatcaptain-key': 'the-secret' },
    body: '{"name":"John Doe","channelId":"the-channel"}',
  });
  const other = named(plan, '403: a chatbot that the credential is not for');
  t.match(other?.outgoing.url.pathname, /\/inbox\/chatcaptain-stub-verify-unknown\//);
  t.equal(other?.what.source, 'inferred');
  const real = named(planOf({ ...options, otherChatbotId: 'c' }), '403: a chatbot that the credential is not for');
  t.match(real?.outgoing.url.pathname, /\/inbox\/c\//);
  t.equal(real?.what.source, 'documented');
  const empty = named(plan, '400: no body')?.outgoing;
  t.equal(empty?.body, undefined);
  t.notOk('content-type' in (empty?.headers ?? {}));
  t.end();
});

t.test('who is unknown, or nobody, sends no credential of anybody', (t) => {
  for (const credential of [
    options.credential,
    { header: 'authorization', secret: 'the-secret' } as const,
    undefined,
  ]) {
    const plan = planOf({ ...options, credential });
    for (const { what, outgoing } of plan.sent) {
      const sends = JSON.stringify(outgoing.headers).includes('the-secret');
      t.equal(sends, what.sender === 'permitted' || what.sender === 'elsewhere', what.name);
    }
    const headers = named(plan, '401: a credential that is unknown')?.outgoing.headers ?? {};
    const { authorization, 'x-chatcaptain-key': key } = headers;
    const unknown = 'chatcaptain-stub-verify-unknown';
    t.same(
      [authorization, key],
      credential?.header === 'x-chatcaptain-key' ? [undefined, unknown] : [`Bearer ${unknown}`, undefined],
    );
  }
  t.end();
});

t.test('without --create, without a credential, and beyond a record, what is left out is named', (t) => {
  const creating = planOf({ ...options, create: false });
  t.notOk(creating.sent.some(({ what }) => what.creates));
  t.same(new Set(creating.left.map(({ why }) => why)), new Set(['it creates a conversation (--create sends it)']));
  const bare = planOf({ ...options, credential: undefined });
  t.same(
    bare.sent.map(({ what }) => what.name),
    ['401: no credential', '401: a credential that is unknown'],
  );
  const recorded = planOf({ ...options, recorded: new Map([['400: no name', shape]]) });
  t.same(
    recorded.sent.map(({ what }) => what.name),
    ['400: no name'],
  );
  t.match(recorded.left[0], { why: 'nothing is recorded of it' });
  const accepting = { ...options, recorded: new Map([['400: no name', { ...shape, status: 201 }]]) };
  t.same(planOf({ ...accepting, create: false }).sent, [], 'nor what was accepted when it was recorded');
  t.equal(planOf(accepting).sent[0]?.what.creates, true);
  t.end();
});

t.test('what must not be kept of an answer: the credential, and ids that are no words', (t) => {
  t.same(planOf(options).hidden, ['the-channel', 'the-secret']);
  t.same(planOf({ ...options, credential: undefined, channelId: 'web', chatbotId: '12345678' }).hidden, ['12345678']);
  t.end();
});
