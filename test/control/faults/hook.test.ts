import t from 'tap';
import type { Fault } from '../../../src/control/faults/faults.ts';
import { admin } from '../../support/admin.ts';
import { startTestStub, VALID } from '../../support/stub.ts';
import { faultSteps, firedOf, journal, makeFault, select } from './support.ts';

const here = { chatbotId: 'my-chatbot' };

t.test('a status fault answers with its status, body and headers, and stores nothing', async (t) => {
  const stub = await startTestStub(t);
  const json = 'application/json; charset=utf-8';
  const text = 'text/plain; charset=utf-8';
  const rows: [effect: object, headers: object, body: string | RegExp][] = [
    [{ status: 400 }, { 'content-type': json }, /^\{"message":"Fault \w{20} of the stub.*","error":"Bad Request"/],
    [{ status: 401 }, { 'www-authenticate': 'Bearer realm="chatcaptain"' }, /"statusCode":401/],
    [{ status: 401, headers: { 'WWW-Authenticate': 'Basic' } }, { 'www-authenticate': 'Basic' }, /"statusCode":401/],
    [{ status: 429 }, { 'retry-after': '1' }, /"error":"Too Many Requests"/],
    [{ status: 503, headers: { 'Retry-After': '30' } }, { 'retry-after': '30' }, /"statusCode":503/],
    [{ status: 599 }, { 'retry-after': undefined, 'www-authenticate': undefined }, /"error":"Error"/],
    [{ status: 500, body: 'oops' }, { 'content-type': text }, 'oops'],
    [{ status: 500, body: '' }, { 'content-type': text, 'content-length': '0' }, ''],
    [{ status: 500, body: null }, { 'content-type': json }, 'null'],
    [{ status: 409, body: { a: ['ü', 1] } }, { 'content-type': json }, '{"a":["ü",1]}'],
    [{ status: 200, body: '{"a": 1}', headers: { 'content-type': 'application/json' } }, {}, '{"a": 1}'],
    [{ status: 302, headers: { Location: '/x', 'X-Any': 'é' } }, { location: '/x', 'x-any': 'é' }, ''],
    [{ status: 201 }, { 'content-type': undefined, 'content-length': '0' }, ''],
    [{ status: 204 }, { 'content-type': undefined, 'content-length': undefined }, ''],
    [{ status: 304, headers: { ETag: '"1"' } }, { etag: '"1"' }, ''],
  ];
  for (const [effect, headers, body] of rows) {
    const fault = await makeFault(stub, { match: here, effect, times: 1 });
    const answer = await stub.create(VALID);
    const { status } = effect as { status: number };
    t.equal(answer.status, status);
    t.match(answer.headers, headers, JSON.stringify(effect));
    if (status === 200) t.equal(answer.headers['content-type'], 'application/json', 'as it was asked for');
    if (typeof body === 'string') t.equal(answer.text, body, JSON.stringify(effect));
    else t.match(answer.text, body);
    t.match(answer.headers['x-stub-request-id'], /^\w{20}$/);
    const [entry] = (await journal(stub)).slice(-1);
    t.equal(entry?.status, status);
    t.equal(entry?.id, answer.headers['x-stub-request-id']);
    t.same(faultSteps(entry as never), [`applied: fault ${fault.id}: status ${status}, 1 of 1 times`]);
  }
  t.same(stub.rows(), []);
});

t.test('an error fault answers 201 with the error and without conversationId, and stores nothing', async (t) => {
  const stub = await startTestStub(t);
  const fault = await makeFault(stub, { match: here, effect: { error: 'no agent "today"' } });
  const answer = await stub.create(VALID);
  t.equal(answer.status, 201);
  t.same(answer.json, { error: 'no agent "today"' });
  t.same(stub.rows(), []);
  const [entry] = await journal(stub);
  t.equal(entry?.status, 201);
  t.same(faultSteps(entry as never), [`applied: fault ${fault.id}: error, 1 of any number of times`]);
});

t.test('a delay alone makes late and stores; beside another effect it makes that one late', async (t) => {
  const stub = await startTestStub(t);
  const timed = async () => {
    const begin = performance.now();
    const { status } = await stub.create(VALID);
    return { status, took: performance.now() - begin };
  };
  const rows: [effect: object, status: number, words: RegExp][] = [
    [{ delayMs: 120 }, 201, /: delay of 120 ms, 1 of 1 times/],
    [{ delayMs: { uniform: [120, 130] } }, 201, /: delay of 1[23]\d ms \(drawn\), 1 of 1 times/],
    [{ delayMs: { lognormal: { median: 120, sigma: 0 } } }, 201, /: delay of 120 ms \(drawn\), 1 of 1 times/],
    [{ delayMs: 120, status: 503 }, 503, /: status 503 after 120 ms, 1 of 1 times/],
    [{ delayMs: 120, error: 'x' }, 201, /: error after 120 ms, 1 of 1 times/],
  ];
  for (const [effect, status, words] of rows) {
    await makeFault(stub, { match: here, effect, times: 1 });
    const answer = await timed();
    t.equal(answer.status, status);
    t.ok(answer.took >= 119, 'not earlier');
    const [entry] = (await journal(stub)).slice(-1);
    t.match(faultSteps(entry as never), [words]);
  }
  await makeFault(stub, { match: here, effect: { delayMs: 0 }, times: 1 });
  t.equal((await stub.create(VALID)).status, 201);
  t.equal(stub.rows().length, 4);
});

t.test('a delay ends when the server closes, and the answer still comes', async (t) => {
  const stub = await startTestStub(t);
  const fault = await makeFault(stub, { match: here, effect: { delayMs: 60_000 } });
  const answer = stub.create(VALID);
  while ((await firedOf(stub, fault)) === 0);
  await stub.stub.close();
  t.equal((await answer).status, 201);
});

t.test('each field of a match must be said as it stands, or be found by its pattern', async (t) => {
  const stub = await startTestStub(t);
  const full = { ...VALID, email: 'john.doe@example.com', phone: '+491', extra: 'x' };
  const rows: [match: object, isMeant: boolean][] = [
    [{}, true],
    [{ name: 'John Doe' }, true],
    [{ name: 'John' }, false],
    [{ name: 'john doe' }, false],
    [{ name: { $regex: '^John' } }, true],
    [{ name: { $regex: 'john' } }, false],
    [{ email: { $regex: '@example\\.com$' } }, true],
    [{ phone: '+491' }, true],
    [{ phone: { $regex: '^\\+49\\d$' } }, true],
    [{ channelId: VALID.channelId }, true],
    [{ channelId: 'other' }, false],
    [{ chatbotId: { $regex: '^my-' } }, true],
    [{ chatbotId: { $regex: '^your-' } }, false],
    [{ chatbotId: 'my-chatbot', name: 'John Doe', phone: '+49' }, false],
  ];
  for (const [match, isMeant] of rows) {
    const fault = await makeFault(stub, { match, effect: { status: 500 } });
    t.equal((await stub.create(full)).status, isMeant ? 500 : 201, JSON.stringify(match));
    t.equal(await firedOf(stub, fault), isMeant ? 1 : 0);
    await admin(stub, 'DELETE', `/faults/${fault.id}`);
  }
  await makeFault(stub, { match: { email: { $regex: '' } }, effect: { status: 500 } });
  t.equal((await stub.create(VALID)).status, 201, 'a field that is not there says nothing');
  t.equal((await stub.create({ ...VALID, chatbotId: 'x', email: 'a@b.de' })).status, 500);
});

t.test('faults of the chatbot come first, then those for any; each in the order of making; one fires', async (t) => {
  const stub = await startTestStub(t);
  const any1 = await makeFault(stub, { effect: { status: 501 }, times: 1 });
  const own1 = await makeFault(stub, { match: here, effect: { status: 502 }, times: 2 });
  const pattern = await makeFault(stub, { match: { chatbotId: { $regex: '.' } }, effect: { status: 503 }, times: 1 });
  const own2 = await makeFault(stub, { match: here, effect: { status: 504 }, times: 1 });
  const other = await makeFault(stub, { match: { chatbotId: 'other' }, effect: { status: 505 } });
  const statuses: number[] = [];
  for (let index = 0; index < 6; index++) statuses.push((await stub.create(VALID)).status);
  t.same(statuses, [502, 502, 504, 501, 503, 201]);
  const counts = await Promise.all([any1, own1, pattern, own2, other].map((fault) => firedOf(stub, fault)));
  t.same(counts, [1, 2, 1, 1, 0]);
  const words = (await journal(stub)).flatMap(faultSteps);
  t.same(
    words.slice(0, 2),
    [1, 2].map((count) => `applied: fault ${own1.id}: status 502, ${count} of 2 times`),
  );
});

t.test('times is exact, however many requests come at once', async (t) => {
  const stub = await startTestStub(t);
  const limited = await makeFault(stub, { match: here, effect: { status: 429 }, times: 70 });
  const late = await makeFault(stub, { effect: { error: 'late', delayMs: { uniform: [0, 20] } }, times: 30 });
  const answers = await Promise.all(Array.from({ length: 200 }, () => stub.create(VALID)));
  t.equal(answers.filter(({ status }) => status === 429).length, 70);
  t.equal(answers.filter(({ json }) => json.error === 'late').length, 30);
  t.equal(stub.rows().length, 100);
  t.same(await Promise.all([limited, late].map((fault) => firedOf(stub, fault))), [70, 30]);
  await journal(stub);
  t.same(select(stub, 'SELECT fired FROM faults ORDER BY seq'), [{ fired: 70 }, { fired: 30 }], 'in the table, too');
});

t.test('two chatbots share a server and neither meets the faults of the other', async (t) => {
  const stub = await startTestStub(t);
  const faults = new Map<string, Fault>();
  for (const [chatbotId, status] of Object.entries({ a: 418, b: 503 })) {
    faults.set(chatbotId, await makeFault(stub, { match: { chatbotId }, effect: { status }, times: 10 }));
  }
  const answers = await Promise.all(
    Array.from({ length: 90 }, (_, index) => stub.create(VALID, { chatbotId: 'abc'[index % 3] as string })),
  );
  const count = (remainder: number, wanted: number): number =>
    answers.filter(({ status }, index) => index % 3 === remainder && status === wanted).length;
  t.same([count(0, 418), count(0, 201)], [10, 20]);
  t.same([count(1, 503), count(1, 201)], [10, 20]);
  t.equal(count(2, 201), 30, 'a chatbot without faults');
});

t.test('a request that is refused, or forces its own answer, uses up no fault', async (t) => {
  const stub = await startTestStub(t);
  const fault = await makeFault(stub, { effect: { status: 500 }, times: 1, probability: 1 });
  const elsewhere = stub.mint([{ permission: '*', resource: 'chatbots/other' }]);
  const rows: [status: number, send: () => Promise<{ status: number }>][] = [
    [400, () => stub.create({})],
    [400, () => stub.create('{')],
    [400, () => stub.create(VALID, { chatbotId: '%00' })],
    [400, () => stub.create(VALID, { chatbotId: '%ZZ' })],
    [401, () => stub.create(VALID, { headers: { authorization: undefined } })],
    [401, () => stub.create(VALID, { headers: { authorization: 'Bearer unknown' } })],
    [403, () => stub.create(VALID, { headers: { authorization: `Bearer ${elsewhere.credential}` } })],
    [404, () => stub.send({ path: '/v1/nothing' })],
    [405, () => stub.send({ method: 'GET', path: '/v1/inbox/a/conversations' })],
    [413, () => stub.create('x'.repeat(200_000))],
    [418, () => stub.create(VALID, { headers: { prefer: 'code=418' } })],
    [201, () => stub.create(VALID, { headers: { prefer: 'error=x' } })],
    [200, () => stub.send({ method: 'GET', path: '/livez' })],
    [200, () => stub.send({ method: 'GET', path: '/openapi.json' })],
    [200, () => admin(stub, 'GET', '/faults')],
    [400, () => admin(stub, 'POST', '/faults', {})],
  ];
  for (const [status, send] of rows) t.equal((await send()).status, status);
  t.equal(await firedOf(stub, fault), 0);
  t.same((await journal(stub)).flatMap(faultSteps), []);
  t.same(stub.rows(), []);
  t.equal((await stub.create(VALID, { headers: { prefer: 'delay=1' } })).status, 500, 'a delay forces no answer');
  t.equal(await firedOf(stub, fault), 1);
});

t.test('a fault that is not drawn lets the next one have its chance, and the trail says why', async (t) => {
  const stub = await startTestStub(t);
  const rare = await makeFault(stub, { match: here, effect: { status: 500 }, probability: 1e-12 });
  const next = await makeFault(stub, { match: here, effect: { status: 503 }, times: 1 });
  t.equal((await stub.create(VALID)).status, 503);
  t.equal((await stub.create(VALID)).status, 201);
  const [first, second] = await journal(stub);
  const ignored = new RegExp(
    `^ignored: fault ${rare.id}: drawn \\d\\.\\d{3}, which is not below its probability of 1e-12$`,
  );
  t.match(faultSteps(first as never), [ignored, `applied: fault ${next.id}: status 503, 1 of 1 times`]);
  t.match(faultSteps(second as never), [ignored]);
  t.same([await firedOf(stub, rare), await firedOf(stub, next)], [0, 1]);
});
