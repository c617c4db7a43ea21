import type { OpenAPIV3 } from 'openapi-types';
import t from 'tap';
import { createConformance, type Placed } from '../../src/contract/conformance.ts';
import { admin, createIn, makeChatbot } from '../support/admin.ts';
import { type Answer, send, sendRaw, startTestStub, type TestStub, VALID } from '../support/stub.ts';

async function documentOf(stub: TestStub) {
  const { json } = await admin(stub, 'GET', '/openapi.json');
  return { json, ...createConformance(json) };
}

const nameOf = ({ method, path }: Placed): string => `${method} ${path}`;
const parametersOf = ({ operation }: Placed) => (operation.parameters ?? []) as OpenAPIV3.ParameterObject[];
const requestBodyOf = ({ operation }: Placed) => operation.requestBody as OpenAPIV3.RequestBodyObject | undefined;

t.test('the document describes every operation, each with examples that are right', async (t) => {
  const stub = await startTestStub(t);
  const { json, operations, ofBody } = await documentOf(stub);
  t.equal(json.openapi, '3.1.0');
  const wanted = `POST /chatbots, GET /chatbots, DELETE /chatbots/{id}, POST /tokens, GET /tokens, DELETE /tokens/{id},
    GET /conversations, GET /conversations/{id}, DELETE /conversations/{id}, GET /requests, GET /requests/{id},
    DELETE /requests, POST /requests/{id}/replay, POST /requests/count, POST /requests/wait, GET /requests/stream, POST /faults, GET /faults,
    DELETE /faults/{id}, DELETE /faults, POST /reset, PUT /snapshots/{name}, POST /snapshots/{name}/restore,
    GET /snapshots, DELETE /snapshots/{name}, GET /clock, PUT /clock, POST /provider-states, GET /settings`;
  const names = operations.map(nameOf);
  for (const name of wanted.split(/,\s+/)) t.ok(names.includes(name.replace(' /', ' /__admin/')), name);
  t.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length, 'ids are unique');

  for (const placed of operations) {
    const { operation, pointer } = placed;
    const name = nameOf(placed);
    const responses = operation.responses as Record<string, OpenAPIV3.ResponseObject>;
    t.ok(operation.summary && operation.description && operation.tags?.length === 1, `${name}: words`);
    for (const parameter of parametersOf(placed)) t.ok(parameter.description, `${name}: ${parameter.name}`);
    const bodies = [
      ['requestBody', requestBodyOf(placed)?.content] as const,
      ...Object.entries(responses).map(([status, { content }]) => [`responses/${status}`, content] as const),
    ];
    for (const [place, content] of bodies) {
      for (const [mediaType, { examples = {} }] of Object.entries(content ?? {})) {
        const isProblem = mediaType === 'application/problem+json';
        t.ok(isProblem || Object.keys(examples).length > 0, `${name}: example of ${place}`);
        for (const { value } of Object.values(examples) as OpenAPIV3.ExampleObject[]) {
          const schema = `${pointer}/${place}/content/${mediaType.replace('/', '~1')}/schema`;
          t.same(ofBody(schema, value), [], `${name}: the examples of ${place} are right`);
        }
      }
    }
    const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
    t.ok(answers.length > 0, `${name}: an answer`);
    for (const [status, { description }] of answers) t.ok(description, `${name}: what ${status} means`);
    for (const status of ['400', '401', '403', '405', '415', 'default']) t.ok(responses[status], `${name}: ${status}`);
  }
  const tags = operations.flatMap(({ operation }) => operation.tags);
  t.same(
    new Set(json.tags.map(({ name }: { name: string }) => name)),
    new Set(tags),
    'each tag is described, no other',
  );
  t.same(json.security, [{}, { adminToken: [] }]);
  t.notMatch(JSON.stringify(json), /"expected":"|"mayBeAbsent":|"\$id":"(?!urn:)/, 'only the validator reads these');
  t.same((await admin(stub, 'GET', '/openapi.json')).json, json, 'the same at every request');
});

t.test('nobody must send what has a default, or a body where none is needed', async (t) => {
  const { operations } = await documentOf(await startTestStub(t));
  const required = operations.flatMap((placed) => [
    ...parametersOf(placed)
      .filter((one) => one.in === 'query' && one.required)
      .map((one) => `${nameOf(placed)}: ${one.name}`),
    ...(requestBodyOf(placed)?.required ? [nameOf(placed)] : []),
  ]);
  t.same(required.sort(), [
    'DELETE /__admin/conversations/{id}: chatbotId',
    'GET /__admin/conversations/{id}: chatbotId',
    'POST /__admin/faults',
    'POST /__admin/requests/count',
    'POST /__admin/requests/wait',
    'POST /__admin/tokens',
    'PUT /__admin/clock',
  ]);
});

/** Reads the beginning of a stream that does not end by itself. */
async function beginningOf({ url }: TestStub, target: string): Promise<Answer> {
  const leave = new AbortController();
  const response = await fetch(`${url}/__admin${target}`, { signal: leave.signal });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  leave.abort();
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers, text: Buffer.from(value as Uint8Array).toString(), json: undefined };
}

t.test('each operation answers with the status, the media type and the body that the document says', async (t) => {
  const stub = await startTestStub(t);
  const { operations, operationOf, ofAnswer } = await documentOf(stub);
  const called = new Set<string>();

  function compare(method: string, target: string, answer: Answer, expected: number): void {
    const name = `${method} ${target} ${expected}`;
    t.equal(answer.status, expected, `${name}: ${answer.text.slice(0, 300)}`);
    const operation = operationOf(method, `/__admin${target}`);
    if (!operation) throw new Error(`${name} is not in the document`);
    if (answer.status < 300) called.add(nameOf(operation));
    t.same(ofAnswer(operation, answer, answer.status >= 400), [], name);
  }
  async function call(method: string, target: string, expected: number, body?: unknown, headers = {}) {
    const answer = await admin(stub, method, target, body, headers);
    compare(method, target, answer, expected);
    return answer.json;
  }

  await call('POST', '/chatbots', 201);
  await call('POST', '/chatbots', 201, { id: 'shop', channels: ['web'] });
  await call('POST', '/chatbots', 409, { id: 'shop' });
  await call('POST', '/chatbots', 400, { ids: 'shop' });
  const made = await makeChatbot(stub);
  const { conversationId } = (await createIn(stub, made, { email: 'a@example.com', phone: '1' })).json;
  await call('GET', '/chatbots', 200);
  await call('GET', '/chatbots?limit=1', 200);
  await call('GET', '/chatbots?limit=0', 400);
  await call('GET', '/chatbots/shop', 200);
  await call('GET', '/chatbots/none', 404);

  const token = await call('POST', '/tokens', 201, {
    name: 'ci',
    grants: [{ permission: '*', resource: 'chatbots/*' }],
  });
  await call('POST', '/tokens', 201, { grants: [], token: 'my-own', expiresIn: 60 });
  await call('POST', '/tokens', 409, { grants: [], token: 'my-own' });
  await call('DELETE', `/tokens/${token.id}`, 204);
  await call('DELETE', '/tokens/none', 404);
  await call('GET', '/tokens', 200);

  await createIn(stub, made);
  await call('GET', '/conversations', 200);
  await call('GET', `/conversations?chatbotId=${made.chatbotId}&limit=1&order=desc`, 200);
  await call('GET', `/conversations/${conversationId}?chatbotId=${made.chatbotId}`, 200);
  await call('GET', `/conversations/none?chatbotId=${made.chatbotId}`, 404);
  await call('GET', '/conversations/none', 400);

  await createIn(stub, made, { name: 5, email: 'none' });
  await stub.create(VALID, { chatbotId: 'shop', headers: { authorization: 'Bearer wrong', 'x-twice': ['a', 'b'] } });
  await stub.create(Buffer.from([0xff, 0xfe]));
  await stub.create({ ...VALID, channelId: 'other' }, { chatbotId: 'shop' });
  await stub.send({ method: 'GET', path: '/v1/nothing?a=b' });
  const { requests } = await call('GET', '/requests', 200);
  t.ok(
    requests.some(({ decisions }: { decisions: { violations?: object[] }[] }) =>
      decisions.some((one) => one.violations),
    ),
  );
  await call('GET', '/requests?limit=1&status=4xx', 200);
  await call('GET', '/requests?status=9', 400);
  await call('GET', '/requests?format=har', 200);
  await call('GET', `/requests/${requests[0].id}`, 200);
  await call('GET', '/requests/none', 404);
  await call('POST', `/requests/${requests[0].id}/replay`, 201);
  await call('POST', '/requests/none/replay', 404);
  await sendRaw(stub.url, 'POST /v1/inbox/a/conversations HTTP/1.1\r\nno header\r\n\r\n');
  const unreadable = (await call('GET', '/requests?order=desc&limit=1', 200)).requests[0];
  await call('POST', `/requests/${unreadable.id}/replay`, 409);
  await call('POST', '/requests/count', 200, { status: 201 });
  await call('POST', '/requests/count', 400, { path: { $rgex: 'a' } });
  await call('POST', '/requests/wait', 200, { match: { chatbotId: made.chatbotId } });
  const late = { match: { chatbotId: made.chatbotId, body: { name: 'Jane', age: 5 } }, timeoutMs: 0 };
  const { nearMisses } = await call('POST', '/requests/wait', 408, late);
  t.ok(nearMisses[0].mismatches.some((one: object) => 'expected' in one));
  compare('GET', '/requests/stream', await beginningOf(stub, '/requests/stream'), 200);

  const effect = { status: 429, headers: { 'retry-after': '30' } };
  const fault = await call('POST', '/faults', 201, {
    match: { chatbotId: 'a', email: { $regex: 'x' } },
    effect,
    times: 2,
  });
  await call('POST', '/faults', 400, { effect: {} });
  await call('POST', '/faults', 201, { effect: { delayMs: { uniform: [0, 1] } }, probability: 0.5 });
  await call('GET', '/faults', 200);
  await call('GET', `/faults/${fault.id}`, 200);
  await call('GET', '/faults/none', 404);
  await call('DELETE', `/faults/${fault.id}`, 204);
  await call('DELETE', `/faults/${fault.id}`, 404);
  await call('DELETE', '/faults?all=true', 204);

  await call('PUT', '/snapshots/base', 201);
  await call('PUT', '/snapshots/base', 200);
  await call('PUT', `/snapshots/base?chatbotId=${made.chatbotId}`, 201);
  await call('GET', '/snapshots', 200);
  await call('POST', '/snapshots/base/restore?all=true', 200);
  await call('POST', '/snapshots/base/restore', 400);
  await call('POST', '/snapshots/none/restore?all=true', 404);
  await call('DELETE', '/snapshots/base', 204);
  await call('DELETE', '/snapshots/base', 404);

  await call('GET', '/clock', 200);
  await call('PUT', '/clock?chatbotId=shop', 200, { set: '2026-01-01T00:00:00.5Z', freeze: true });
  await call('PUT', '/clock', 200, { advanceMs: -1500 });
  await call('PUT', '/clock', 400, { advanceMs: 0.5 });

  const state = { state: 'a chatbot with a conversation', params: { chatbotId: 'pact' } };
  await call('POST', '/provider-states', 200, { ...state, action: 'setup' });
  await call('POST', '/provider-states', 200, { ...state, action: 'teardown' });
  await call('POST', '/provider-states?state=a%20chatbot&id=pact', 200);
  await call('POST', '/provider-states', 400, { state: 'none' });

  await call('GET', '/settings', 200);
  await call('GET', '/settings?chatbotId=shop', 400);
  await call('GET', '/fixtures.schema.json', 200);

  await call('DELETE', `/conversations/${conversationId}?chatbotId=${made.chatbotId}`, 204);
  await call('DELETE', `/conversations/${conversationId}?chatbotId=${made.chatbotId}`, 404);
  await call('DELETE', '/conversations?chatbotId=shop', 204);
  await call('DELETE', '/requests?all=true', 204);
  await call('DELETE', '/requests', 400);
  await call('POST', `/reset?chatbotId=${made.chatbotId}`, 200);
  await call('POST', '/reset?all=true&dryRun=true', 200);
  await call('POST', '/reset?all=true', 200);
  await call('POST', '/chatbots', 201, { id: 'shop' });
  await call('DELETE', '/chatbots/shop', 204);
  await call('DELETE', '/chatbots/shop', 404);

  await call('GET', '/clock', 403, undefined, { origin: 'https://example.com' });
  await call('PUT', '/clock', 415, { reset: true }, { 'content-type': 'text/plain' });
  await call('POST', '/faults', 413, { effect: { status: 500, body: 'x'.repeat(1024 * 1024) } });
  compare('GET', '/clock', await admin(stub, 'PATCH', '/clock'), 405);

  for (const placed of operations)
    t.ok(called.has(nameOf(placed)), `${nameOf(placed)} has been called and was successful`);
});

t.test('where the admin token is asked for, its absence is answered as the document says', async (t) => {
  const stub = await startTestStub(t, { adminToken: 'secret' });
  const headers = { authorization: 'Bearer secret' };
  const { json } = await admin(stub, 'GET', '/openapi.json', undefined, headers);
  const { operations, ofAnswer } = createConformance(json);
  for (const placed of operations) {
    const { method, path } = placed;
    const answer = await send(stub.url, { method, path: path.replace(/\{\w+\}/, 'any') });
    t.equal(answer.status, 401, nameOf(placed));
    t.same(ofAnswer(placed, answer), [], nameOf(placed));
  }
});
