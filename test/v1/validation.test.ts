import t from 'tap';
import { admin } from '../support/admin.ts';
import { startTestStub, VALID } from '../support/stub.ts';

t.test('the journal has each violation with its place, its rule, what was expected and what was there', async (t) => {
  const stub = await startTestStub(t);
  const refused = async (body: unknown) => {
    const answer = await stub.create(body);
    t.equal(answer.status, 400, JSON.stringify(body).slice(0, 80));
    const { decisions } = (await admin(stub, 'GET', `/requests/${answer.headers['x-stub-request-id']}`)).json;
    const { step, outcome, detail, violations } = decisions.at(-1);
    t.same([step, outcome, detail], ['validated', 'refused', answer.json.message.join('; ')]);
    return violations;
  };
  t.same(await refused({ name: 5, email: 'nobody' }), [
    { pointer: '/channelId', rule: 'required', expected: 'a string' },
    { pointer: '/name', rule: 'type', expected: 'a string', got: '5' },
    { pointer: '/email', rule: 'format', expected: 'an email address such as john.doe@example.com', got: '"nobody"' },
  ]);
  t.same(await refused([]), [{ pointer: '', rule: 'type', expected: 'a JSON object', got: '[]' }]);
  const [{ got }] = await refused({ ...VALID, email: 'x'.repeat(1000) });
  t.equal(got, `"${'x'.repeat(98)}…`, 'a long value is shortened');
  const deep = await refused(`{"name":${'['.repeat(40_000)}${']'.repeat(40_000)},"channelId":"web"}`);
  t.match(deep, [{ pointer: '/name', got: 'an array' }], 'what is nested very deep is named');
  const half = await refused(`{"name":"\\ud800","channelId":"web"}`);
  t.same(half, [
    { pointer: '/name', rule: 'well-formed', expected: 'text that is well-formed Unicode', got: '"\\ud800"' },
  ]);
});
