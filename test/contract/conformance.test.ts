import type { OpenAPIV3 } from 'openapi-types';
import t from 'tap';
import { createConformance, type Difference, type Placed } from '../../src/contract/conformance.ts';

const json = (schema: object) => ({ 'application/json': { schema } });

const DOCUMENT = {
  openapi: '3.0.0',
  info: { title: 'Shapes', version: '1' },
  paths: {
    '/things/{id}': {
      parameters: [],
      get: {
        responses: {
          200: {
            description: 'One.',
            headers: {
              'X-Count': { required: true, schema: { type: 'integer', minimum: 1 } },
              'X-Name': { schema: { type: 'string', minLength: 3 } },
              'X-Free': { required: true },
              'X-Shared': { $ref: '#/components/headers/Shared' },
            },
            content: json({ $ref: '#/components/schemas/Thing' }),
          },
          204: { description: 'None, and nothing is said of a body.' },
          '4XX': { $ref: '#/components/responses/Refused' },
          default: {
            description: 'Anything.',
            content: { 'text/plain': {}, 'text/csv': { schema: { maxLength: 3 } } },
          },
        },
      },
      put: {
        requestBody: { $ref: '#/components/requestBodies/Thing' },
        responses: { 200: { description: 'Changed.' } },
      },
      delete: { requestBody: { content: json({}) }, responses: {} },
    },
    '/things/mine': { get: { responses: {} } },
    '/gone': undefined,
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string' },
          'a/b': { type: 'object', additionalProperties: true, properties: {} },
          list: {
            type: 'array',
            items: { type: 'object', properties: {}, example: { type: 'object', properties: {} } },
          },
        },
      },
    },
    headers: { Shared: { schema: { type: 'string', enum: ['yes'] } } },
    responses: {
      Refused: { description: 'No.', content: { 'application/problem+json': { schema: { type: 'object' } } } },
    },
    requestBodies: { Thing: { required: true, content: json({ $ref: '#/components/schemas/Thing' }) } },
  },
} as unknown as OpenAPIV3.Document;

const { operations, operationOf, ofRequest, ofAnswer, ofBody } = createConformance(DOCUMENT);
const at = (method: string, target: string): Placed => operationOf(method, target) as Placed;
const get = at('GET', '/things/1');
const words = (differences: Difference[]): string[] => differences.map(({ place, detail }) => `${place} ${detail}`);

/** An answer that is as the document says, with some of it otherwise. */
const answered = (status: number, text: string, headers: Record<string, string | string[] | undefined> = {}) => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'x-count': '3', 'x-free': '', ...headers },
  text,
});

t.test('the operation of a request: by method and path, a literal path before one with a parameter', async (t) => {
  const pathOf = (method: string, target: string) => operationOf(method, target)?.path;
  t.equal(operations.length, 4);
  t.equal(pathOf('GET', '/things/1'), '/things/{id}');
  t.equal(pathOf('GET', '/things/mine'), '/things/mine');
  for (const target of ['/things/1/', '/things/1?a=/b', '/things/1#a', '/things/%2F']) {
    t.equal(pathOf('PUT', target), '/things/{id}', target);
  }
  for (const target of ['/things', '/things/', '/things//', '/things/1/2', '/Things/1', '/', '']) {
    t.equal(pathOf('PUT', target), undefined, target);
  }
  t.equal(pathOf('POST', '/things/1'), undefined, 'a method that the path does not have');
  t.equal(get.pointer, '/paths/~1things~1{id}/get');
});

t.test('what is right has no differences', async (t) => {
  t.same(ofAnswer(get, answered(200, '{"id": "a", "a/b": {"more": 1}, "list": [{}]}')), []);
  t.same(ofAnswer(get, answered(200, '{"id": "a"}', { 'content-type': 'APPLICATION/JSON', 'x-shared': 'yes' })), []);
  t.same(ofAnswer(get, answered(404, '{"any": 1}', { 'content-type': 'application/problem+json' })), [], 'by 4XX');
  t.same(ofAnswer(get, answered(204, 'a body')), [], 'nothing is said of its body');
  t.same(ofRequest(at('PUT', '/things/1'), answered(0, '{"id": "a", "more": 1}')), [], 'a request may hold more');
  t.same(ofRequest(get, answered(0, 'a body')), [], 'of one that takes no body nothing is said');
  t.same(ofRequest(at('DELETE', '/things/1'), answered(0, '')), [], 'a body that may be left out');
});

t.test(
  'a status that is not declared is named; what is declared as default counts for a forced one only',
  async (t) => {
    const free = answered(500, 'any', { 'content-type': 'text/plain' });
    t.same(words(ofAnswer(get, free)), ['status is 500, declared are 200, 204, 4XX, default']);
    t.same(ofAnswer(get, free, true), []);
    t.same(words(ofAnswer(at('PUT', '/things/1'), free, true)), ['status is 500, declared are 200']);
  },
);

t.test('headers: one that is required, a number, a value beyond its schema, several of a name', async (t) => {
  const headers = (more: Record<string, string | string[] | undefined>) =>
    words(ofAnswer(get, answered(200, '{"id": "a"}', more)));
  t.same(headers({ 'x-count': undefined }), ['header X-Count is missing']);
  t.same(headers({ 'x-free': undefined }), ['header X-Free is missing']);
  t.same(headers({ 'x-count': '0' }), ['header X-Count must be >= 1']);
  for (const value of ['three', '', '1.5', '1e3'])
    t.same(headers({ 'x-count': value }), ['header X-Count must be integer']);
  t.same(headers({ 'x-name': 'ab' }), ['header X-Name must NOT have fewer than 3 characters']);
  t.same(headers({ 'x-name': '123' }), [], 'a text may look like a number');
  t.same(headers({ 'x-name': ['a', 'b'] }), [], 'together they are a, b');
  t.match(headers({ 'x-shared': 'no' }), [/^header X-Shared must be equal to one of/]);
});

t.test('the media type, and a body that is no JSON', async (t) => {
  const typed = (type: string | undefined, text: string, status = 200) =>
    words(ofAnswer(get, answered(status, text, { 'content-type': type }), true));
  t.same(typed('text/html', '{"id": "a"}'), ['media type is text/html, declared is application/json']);
  t.same(typed(undefined, '{"id": "a"}'), ['media type is missing, declared is application/json']);
  t.same(typed('application/json', '{"id": '), ['body is not valid JSON']);
  t.same(typed('application/json', ''), ['body is not valid JSON']);
  t.same(typed('text/csv', 'a,b', 500), []);
  t.same(typed('text/csv', 'a,b,c', 500), ['body must NOT have more than 3 characters'], 'text is held to its schema');
  t.same(typed('text/html', '', 500), ['media type is text/html, declared is text/plain, text/csv']);
});

t.test('the body: each place that is otherwise, and a property that the schema does not name', async (t) => {
  const body = (value: unknown) => words(ofAnswer(get, answered(200, JSON.stringify(value))));
  t.same(body({}), ['body/id is missing']);
  t.same(body({ id: 1 }), ['body/id must be string']);
  t.same(body({ id: 'a', more: 1 }), ['body/more is not declared']);
  t.same(body({ id: 'a', list: [{ x: 1 }] }), ['body/list/0/x is not declared'], 'also further in');
  t.same(body([]), ['body must be object']);
  t.same(body({ list: 1, 'c/d': 1 }).sort(), [
    'body/c~1d is not declared',
    'body/id is missing',
    'body/list must be array',
  ]);
});

t.test('a request: its media type and its body', async (t) => {
  const put = (type: string, text: string) =>
    words(ofRequest(at('PUT', '/things/1'), { headers: { 'content-type': type }, text }));
  t.same(put('application/json', ''), ['body is missing']);
  t.same(put('text/plain', '{}'), ['media type is text/plain, declared is application/json']);
  t.same(put('application/json', '{}'), ['body/id is missing']);
});

t.test('a value by the schema at a pointer; a pointer to nothing is an error of who asks', async (t) => {
  t.same(words(ofBody('/components/schemas/Thing', { id: 'a', b: 1 })), ['body/b is not declared']);
  t.same(words(ofBody('/paths/~1things~1{id}/get/responses/200/headers/X-Count/schema', 0)), ['body must be >= 1']);
  t.throws(() => ofBody('/components/schemas/None', {}), {
    message: 'There is no schema at closed#/components/schemas/None.',
  });
});

t.test('what OpenAPI ignores is ignored: beside a reference, and nullable where there is no type', (t) => {
  const Text = { type: 'string' };
  const schema = {
    type: 'object',
    properties: {
      shared: { $ref: '#/components/schemas/Text', nullable: true, maxLength: 1 },
      either: { nullable: true, anyOf: [{ type: 'string' }, { type: 'array', items: {} }] },
      nullable: { type: 'string', nullable: true },
      $ref: { type: 'boolean' },
    },
  };
  const responses = { 200: { description: 'One.', content: json(schema) } };
  const info = { title: 'Ignored', version: '1' };
  const { operationOf, ofAnswer } = createConformance({
    openapi: '3.0.0',
    info,
    paths: { '/a': { get: { responses } } },
    components: { schemas: { Text } },
  } as OpenAPIV3.Document);
  const headers = { 'content-type': 'application/json' };
  const placesIn = (body: object) =>
    ofAnswer(operationOf('GET', '/a') as Placed, { status: 200, headers, text: JSON.stringify(body) })
      .map(({ place }) => place)
      .sort();
  t.same(placesIn({ shared: 'long', either: [], nullable: null, $ref: true }), []);
  const places = placesIn({ shared: null, either: null, nullable: 1, $ref: 1 });
  t.same([...new Set(places)], ['body/$ref', 'body/either', 'body/nullable', 'body/shared']);
  t.end();
});
