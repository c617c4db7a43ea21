// The same suite, the same seed: the same ids, delays and decisions.
import t, { type Test } from 'tap';
import { admin } from '../support/admin.ts';
import { pathOf, startTestStub, VALID } from '../support/stub.ts';

/** A suite's requests to one chatbot, one after another, and all that was left to chance in their answers. */
async function play(t: Test, seed: string | undefined, disturb = false): Promise<unknown[]> {
  const stub = await startTestStub(t, {
    database: ':memory:',
    ...(seed !== undefined && { seed }),
  });
  const { token } = (await admin(stub, 'POST', '/chatbots', { id: 'mine' })).json;
  const other = (await admin(stub, 'POST', '/chatbots', { id: 'other' })).json;
  await admin(stub, 'POST', '/faults', { match: { chatbotId: 'mine' }, effect: { status: 500 }, probability: 0.5 });
  const slow = { delayMs: { uniform: [0, 5] } };
  await admin(stub, 'POST', '/faults', { match: { chatbotId: 'mine' }, effect: slow });
  await admin(stub, 'POST', '/faults', { effect: { status: 502 }, probability: 0.5, match: { chatbotId: 'other' } });
  const post = (chatbotId: string, key: string, body: unknown = VALID) =>
    stub.send({
      path: pathOf(chatbotId),
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const seen: unknown[] = [];
  for (let index = 0; index < 12; index++) {
    if (disturb) await Promise.all([post('other', other.token), post('other', token), post('other', other.token, {})]);
    const { status, json, headers } = await post('mine', token);
    const entry = (await admin(stub, 'GET', `/requests/${headers['x-stub-request-id']}`)).json;
    t.equal(entry.seed, seed, 'the seed stands in the entry');
    // Without the ids of the faults, which name a thing and decide nothing.
    const fault = entry.decisions.filter(({ step }: { step: string }) => step === 'fault');
    seen.push([status, json.conversationId, JSON.stringify(fault).replace(/\b[0-9A-Za-z]{20}\b/g, 'ID')]);
  }
  return seen;
}

t.test('one seed: the same in every run, whatever other chatbots do meanwhile', async (t) => {
  const first = await play(t, 'a seed');
  const statuses = new Set(first.map((one) => (one as unknown[])[0]));
  t.same([...statuses].sort(), [201, 500], 'chance had its say');
  t.same(await play(t, 'a seed'), first);
  t.same(await play(t, 'a seed', true), first);
});

t.test('another seed, or none: something else', async (t) => {
  const ids = (run: unknown[]) => run.map((one) => (one as unknown[])[1]);
  const first = ids(await play(t, 'a seed'));
  t.notSame(ids(await play(t, 'another seed')), first);
  const free = ids(await play(t, undefined));
  t.notSame(free, first);
  t.notSame(ids(await play(t, undefined)), free);
});

t.test('a seed stands in the start line, and ids are not made twice after a reset or a restore', async (t) => {
  const stub = await startTestStub(t, { seed: 7 });
  const { token } = (await admin(stub, 'POST', '/chatbots', { id: 'mine' })).json;
  const headers = { authorization: `Bearer ${token}` };
  const create = async () => (await stub.create(VALID, { chatbotId: 'mine', headers })).json.conversationId;
  const ids = [await create(), await create()];
  await admin(stub, 'PUT', '/snapshots/a?chatbotId=mine');
  ids.push(await create());
  await admin(stub, 'POST', '/snapshots/a/restore?chatbotId=mine');
  ids.push(await create());
  await admin(stub, 'POST', '/reset?chatbotId=mine');
  ids.push(await create());
  t.equal(new Set(ids).size, 5);
  t.match((await admin(stub, 'GET', '/settings')).json.settings, { seed: '7' });
});

t.test('a request that its chatbot was removed under and made again gets an id that nothing else has', async (t) => {
  const stub = await startTestStub(t, { seed: 7 });
  await admin(stub, 'POST', '/chatbots', { id: 'mine' });
  // The token of everything: the guard has nothing against the chatbot that was made again.
  const slow = stub.create(VALID, { chatbotId: 'mine', headers: { prefer: 'delay=500' } });
  const fault = { match: { chatbotId: 'mine' }, effect: { delayMs: { uniform: [500, 500] } }, times: 1 };
  await admin(stub, 'POST', '/faults', fault);
  const drawn = stub.create(VALID, { chatbotId: 'mine' });
  await admin(stub, 'POST', '/requests/count', { match: {} });
  await admin(stub, 'DELETE', '/chatbots/mine');
  await admin(stub, 'POST', '/chatbots', { id: 'mine' });
  const answers = [await stub.create(VALID, { chatbotId: 'mine' }), await slow, await drawn];
  t.same(
    answers.map(({ status }) => status),
    [201, 201, 201],
  );
  t.equal(new Set(answers.map(({ json }) => json.conversationId)).size, 3);
});
