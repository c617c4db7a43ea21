import t from 'tap';
import { admin } from '../support/admin.ts';
import { startTestStub } from '../support/stub.ts';

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { description: string; content?: Record<string, Content> }>;
}

interface Content {
  example?: unknown;
  examples?: object;
}

const hasExample = (content?: Content): boolean =>
  content?.example !== undefined || Object.keys(content?.examples ?? {}).length > 0;

t.test('the document has every operation, each with examples of what it takes and gives', async (t) => {
  const stub = await startTestStub(t);
  const { json } = await admin(stub, 'GET', '/openapi.json');
  t.equal(json.openapi, '3.1.0');
  const operations = Object.entries<Record<string, Operation>>(json.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  const wanted = `POST /chatbots, GET /chatbots, DELETE /chatbots/{id}, POST /tokens, GET /tokens, DELETE /tokens/{id},
    GET /conversations, GET /conversations/{id}, DELETE /conversations/{id}, GET /requests, GET /requests/{id},
    DELETE /requests, POST /requests/count, POST /requests/wait, GET /requests/stream, POST /faults, GET /faults,
    DELETE /faults/{id}, DELETE /faults, POST /reset, PUT /snapshots/{name}, POST /snapshots/{name}/restore,
    GET /snapshots, DELETE /snapshots/{name}, GET /clock, PUT /clock, POST /provider-states, GET /settings`;
  const names = operations.map(({ name }) => name);
  for (const name of wanted.split(/,\s+/)) t.ok(names.includes(name.replace(' /', ' /__admin/')), name);
  t.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length, 'ids are unique');
  for (const { name, operation } of operations) {
    t.ok(operation.summary && operation.tags.length === 1, `${name}: summary and tag`);
    if (operation.requestBody) {
      t.ok(hasExample(operation.requestBody.content['application/json']), `${name}: example of the body`);
    }
    t.ok(operation.responses['default']?.content?.['application/problem+json'], `${name}: problem`);
    const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
    t.ok(answers.length > 0, `${name}: an answer`);
    for (const [status, { content }] of answers) {
      const body = content?.['application/json'];
      if (body) t.ok(hasExample(body), `${name}: example of ${status}`);
      else if (status !== '204') t.ok(content?.['text/event-stream'], `${name}: ${status} has a body`);
    }
  }
  t.notMatch(JSON.stringify(json), /"(expected|mayBeAbsent|\$id)":/, 'what only the validator reads is left out');
  t.same((await admin(stub, 'GET', '/openapi.json')).json, json, 'the same at every request');
});
