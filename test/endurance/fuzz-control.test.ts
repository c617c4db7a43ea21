// The control plane under values that are near to what its own document describes.
import fc, { type Arbitrary } from 'fast-check';
import type { OpenAPIV3 } from 'openapi-types';
import t from 'tap';
import { createConformance, type Placed } from '../../src/contract/conformance.ts';
import { type Answer, startTestStub, VALID } from '../support/stub.ts';
import { near, type Schema } from './support/schemas.ts';
import { holds } from './support/seed.ts';

interface Call {
  /** Of the operation, as in `GET /__admin/chatbots/{id}`. */
  name: string;
  method: string;
  path: string;
  type: string;
  body: string | undefined;
}

/** How long a call may take, in milliseconds. */
const PATIENCE = 20_000;

t.test(
  'whatever the control plane is asked: as its document says, in time, no 5xx, problem+json from 400 on',
  async (t) => {
    const stub = await startTestStub(t);
    const { json: document } = await stub.send({ method: 'GET', path: '/__admin/openapi.json' });
    const { operations, ofAnswer } = createConformance(document);
    const find = (ref: string): Schema =>
      ref
        .slice(2)
        .split('/')
        .reduce((at, key) => at[key.replaceAll('~1', '/')], document);
    // One that waits, and one that never ends, are tried elsewhere.
    const tried = operations.filter(({ operation }) => operation.operationId !== 'streamRequests');
    const call = fc.oneof(...tried.map((placed) => callOf(placed, find)));
    const byName = new Map(tried.map((placed) => [nameOf(placed), placed]));
    const answered = new Map<string, number>();

    async function make({ name, method, path, type, body }: Call): Promise<void> {
      const headers = body === undefined ? {} : { 'content-type': type };
      const answer = await inTime(stub.send({ method, path, headers, ...(body !== undefined && { body }) }));
      const { status } = answer;
      answered.set(name, Math.min(status, answered.get(name) ?? 600));
      const shown = `${status} ${answer.text.slice(0, 500)}`;
      if (status >= 500) throw new Error(shown);
      const mediaType = answer.headers['content-type'];
      if (status >= 400 && mediaType !== 'application/problem+json; charset=utf-8')
        throw new Error(`${mediaType}: ${shown}`);
      if (!answer.headers['x-stub-request-id']) throw new Error(`no request id: ${shown}`);
      // A path parameter may have made another path of it.
      const wrong = status === 404 || status === 405 ? [] : ofAnswer(byName.get(name) as Placed, answer, status >= 400);
      if (wrong.length > 0) throw new Error(`${JSON.stringify(wrong)} in ${shown}`);
    }

    await stub.create(VALID, { chatbotId: 'mine' });
    await holds(
      t,
      500,
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 6 }), async (calls) => {
        await Promise.all(calls.map(make));
      }),
    );
    t.equal((await stub.create(VALID, { chatbotId: 'mine' })).status < 500, true, 'it still answers');
    const good = [...answered.values()].filter((status) => status < 300).length;
    t.ok(good > tried.length / 2, `of ${tried.length} operations ${good} have also succeeded`);
  },
);

const nameOf = ({ method, path }: Placed): string => `${method} ${path}`;

function callOf(placed: Placed, find: (ref: string) => Schema): Arbitrary<Call> {
  const { method, path: template } = placed;
  const parameters = (placed.operation.parameters ?? []) as OpenAPIV3.ParameterObject[];
  const requestBody = placed.operation.requestBody as OpenAPIV3.RequestBodyObject | undefined;
  const valued = parameters
    .filter((one) => one.in === 'path' || one.in === 'query')
    .map((one) => fc.option(near(one.schema as Schema, find), { nil: undefined, freq: one.in === 'path' ? 1000 : 2 }));
  const schema = requestBody?.content['application/json']?.schema;
  const body = schema ? near(bounded(schema), find).map((value) => JSON.stringify(value)) : fc.constant(undefined);
  const odd = fc.constantFrom(
    undefined,
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"a":1}',
    `${'['.repeat(3000)}${']'.repeat(3000)}`,
    '{"__proto__":1}',
  );
  return fc.record({
    name: fc.constant(nameOf(placed)),
    method: fc.constant(method),
    path: fc.tuple(...valued).map((values) => {
      let path = template;
      const query: string[] = [];
      for (const [index, { name, in: where }] of parameters.filter((one) => one.in !== 'header').entries()) {
        const value = values[index];
        const text = encodeURIComponent(
          String(typeof value === 'object' ? JSON.stringify(value) : value).toWellFormed(),
        );
        if (where === 'path') path = path.replace(`{${name}}`, text || 'x');
        else if (value !== undefined) query.push(`${name}=${text}`);
      }
      return query.length === 0 ? path : `${path}?${query.join('&')}`;
    }),
    type: fc.oneof(
      { weight: 20, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'foo', 'application/json; charset=latin1') },
    ),
    body: fc.oneof({ weight: 12, arbitrary: body }, { weight: 1, arbitrary: odd }),
  });
}

/** The same without long waits. */
function bounded(schema: object): Schema {
  const { properties = {} } = schema as Schema;
  if (!('timeoutMs' in properties)) return schema;
  return { ...schema, properties: { ...properties, timeoutMs: { type: 'integer', minimum: -1, maximum: 30 } } };
}

async function inTime(answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), PATIENCE);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
