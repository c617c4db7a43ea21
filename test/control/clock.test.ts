import t from 'tap';
import { admin } from '../support/admin.ts';
import { startTestStub, VALID } from '../support/stub.ts';

t.test('conversations and the journal are stamped with the time that was set', async (t) => {
  const stub = await startTestStub(t);
  const frozen = await admin(stub, 'PUT', '/clock', { set: '2026-01-01T01:00:00+01:00', freeze: true });
  t.match(frozen.json, { now: '2026-01-01T00:00:00.000Z', frozen: true, chatbotId: null });
  const own = await admin(stub, 'PUT', '/clock?chatbotId=b', { set: '2030-06-01T00:00Z', freeze: true });
  t.match(own.json, { now: '2030-06-01T00:00:00.000Z', chatbotId: 'b' });
  await stub.create(VALID, { chatbotId: 'a' });
  await stub.create(VALID, { chatbotId: 'b' });
  await admin(stub, 'PUT', '/clock', { advanceMs: 1500 });
  await stub.create(VALID, { chatbotId: 'a' });
  const times = (chatbotId: string) =>
    stub.rows().flatMap((row) => (row.chatbot_id === chatbotId ? [row.created_at] : []));
  t.same(times('a').sort(), ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.500Z']);
  t.same(times('b'), ['2030-06-01T00:00:00.000Z']);
  t.match((await admin(stub, 'GET', '/clock')).json, { now: '2026-01-01T00:00:01.500Z', frozen: true });
  t.match((await admin(stub, 'GET', '/clock?chatbotId=a')).json, { now: '2026-01-01T00:00:01.500Z', chatbotId: 'a' });
  const { json } = await admin(stub, 'PUT', '/clock', { reset: true });
  t.equal(json.frozen, false);
  t.equal(json.offsetMs, 0);
});

t.test('what is no change of a clock is 400 with what would be right, and changes nothing', async (t) => {
  const stub = await startTestStub(t);
  const rows: [body: unknown, says: RegExp][] = [
    [{}, /must have at least one of reset, set, advanceMs, freeze/],
    [{ frezze: true }, /did you mean freeze/],
    [{ set: 'tomorrow' }, /\/set must be a time of the years 1970 to 9999 with its zone/],
    [{ set: '2026-01-01T00:00:00' }, /with its zone/],
    [{ set: '2026-13-01T00:00:00Z' }, /years 1970/],
    [{ set: '2026-02-30T00:00:00Z' }, /years 1970/],
    [{ set: '1969-12-31T23:59:59Z' }, /years 1970/],
    [{ set: 5 }, /must be string/],
    [{ advanceMs: '5' }, /must be integer/],
    [{ advanceMs: 0.5 }, /must be integer/],
    [{ freeze: 'yes' }, /must be boolean/],
  ];
  for (const [body, says] of rows) {
    t.match((await admin(stub, 'PUT', '/clock', body)).json, { status: 400, detail: says }, JSON.stringify(body));
  }
  t.equal((await admin(stub, 'PUT', '/clock?chatbotId=', { freeze: true })).status, 400);
  t.same((await admin(stub, 'GET', '/clock')).json.frozen, false);
});
