import t, { type Test } from 'tap';
import { compareWithContract } from '../../src/contract/expected.ts';
import { planOf } from '../../src/contract/plan.ts';
import { type Answered, runPlan } from '../../src/contract/run.ts';
import { CHATBOT, GOOD, startOtherServer, type Ways } from '../support/other-server.ts';

async function runAgainst(t: Test, ways: Ways, { create = false, secret = GOOD } = {}) {
  const server = await startOtherServer(t, ways);
  const plan = planOf({
    base: new URL(server.url),
    credential: { header: 'authorization', secret },
    chatbotId: CHATBOT,
    otherChatbotId: undefined,
    channelId: 'web',
    create,
    recorded: undefined,
  });
  const heard: Answered[] = [];
  const { signal } = new AbortController();
  const options = { compare: compareWithContract(), create, timeoutMs: 10_000, signal };
  const run = await runPlan(plan, { ...options, onAnswer: (answered) => heard.push(answered) });
  t.same(heard, run.answered, 'each answer is heard of');
  return { run, server };
}

t.test('a server that cannot answer now ends it: what was answered before stays', async (t) => {
  for (const busy of [429, 502, 503, 504]) {
    let answers = 0;
    const { run, server } = await runAgainst(t, {
      refuse: ({ status }, _request, reply) => reply.code(++answers === 3 ? busy : status).send(),
    });
    t.equal(run.answered.length, 2);
    t.equal(server.requests.length, 3, 'nothing is sent any more');
    t.match(run.failure, new RegExp(`: it answers ${busy} now, which says nothing of the contract; try again later$`));
  }
});

t.test('who is not let in learns nothing, though a parser refuses first', async (t) => {
  const { run } = await runAgainst(t, {}, { secret: 'another', create: true });
  t.ok(
    run.answered.some(({ shape: { status } }) => status === 400),
    'what cannot be read',
  );
  t.equal(run.failure, 'the credential is not good for this chatbot: each request with it was answered 401');
});

t.test('a permission that is checked last is not taken for a bad credential', async (t) => {
  const accept: Ways['accept'] = (reply) =>
    reply.code(403).send({ message: 'no', error: 'Forbidden', statusCode: 403 });
  const { run } = await runAgainst(t, { accept }, { create: true });
  t.equal(run.failure, undefined);
});

t.test('what is created is counted by the answer: with an id, without one, and not where error says so', async (t) => {
  const rows: [body: object | string, created: Answered['created']][] = [
    [{ conversationId: 'x' }, { conversationId: 'x' }],
    [{ id: 'x' }, { conversationId: undefined }],
    [{ conversationId: 7 }, { conversationId: undefined }],
    ['done', { conversationId: undefined }],
    [{ error: 'there is no such channel' }, undefined],
  ];
  for (const [body, created] of rows) {
    const { run } = await runAgainst(t, { accept: (reply) => reply.code(201).send(body) }, { create: true });
    t.same(run.answered[0]?.created, created);
  }
});

t.test('of a kind that is accepted no more is sent, and other kinds are', async (t) => {
  const ways: Ways = { ignores: ({ status }) => status === 401 };
  const { run, server } = await runAgainst(t, ways);
  t.equal(server.accepted(), 1);
  t.same(
    run.left.map(({ what }) => what.name),
    ['401: a credential that is unknown'],
  );
  t.ok(run.answered.some(({ what }) => what.status === 404));
  const all = await runAgainst(t, ways, { create: true });
  t.same(all.run.left, []);
});
