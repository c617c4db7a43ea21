import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { Shape } from '../../src/contract/shape.ts';
import { startTestStub } from '../support/stub.ts';

async function responsesWith(t: Test, answers: Record<string, Shape>) {
  const shapes = path.join(t.testdir(), 'shapes.json');
  writeFileSync(
    shapes,
    JSON.stringify({ format: 'chatcaptain-stub/shapes', version: 1, observed: '2026-11-26', answers }),
  );
  const stub = await startTestStub(t, { shapes, database: path.join(path.dirname(shapes), 'stub.sqlite') });
  const { json } = await stub.send({ method: 'GET', path: '/openapi.json' });
  return json.paths['/v1/inbox/{chatbotId}/conversations'].post.responses;
}

const NESTED = {
  '': 'object',
  '/error': 'object',
  '/error/code': 'number: status',
  '/error/why': 'string: sentence|null',
  '/error/more': 'boolean?',
  '/list': 'array',
  '/list/*': 'string: word',
  '/none': 'array',
  '/empty': 'object',
};

t.test('/openapi.json describes what is recorded, and leaves the words of the vendor', async (t) => {
  const json = 'application/json';
  const shape = (status: number, mediaType: string | null, body: Shape['body']) => ({
    status,
    mediaType,
    headers: [],
    body,
  });
  const responses = await responsesWith(t, {
    '400: no name': shape(422, json, NESTED),
    '400: name is a number': shape(422, 'text/plain', { '': 'text' }),
    '400: malformed JSON': shape(422, json, NESTED),
    '400: no body': shape(400, json, { '': 'null' }),
    '401: no credential': shape(401, null, { '': 'empty' }),
    '403: a chatbot that the credential is not for': shape(404, json, { '': 'string: word' }),
  });
  t.same(responses['422'], {
    description: 'As it was recorded of another server.',
    headers: {},
    content: {
      [json]: {
        schema: {
          type: 'object',
          properties: {
            error: {
              type: 'object',
              properties: {
                code: { type: 'number' },
                why: { anyOf: [{ type: 'string' }, { type: 'string', nullable: true }] },
                more: { type: 'boolean' },
              },
              required: ['code', 'why'],
            },
            list: { type: 'array', items: { type: 'string' } },
            none: { type: 'array', items: {} },
            empty: { type: 'object', properties: {} },
          },
          required: ['error', 'list', 'none', 'empty'],
        },
      },
      'text/plain': { schema: { type: 'string' } },
    },
    'x-stub-added': true,
  });
  t.same(responses['400'], { description: 'Invalid input data.' });
  t.notOk('content' in responses['401'], 'a body that may be missing has no words there');
  t.notOk('WWW-Authenticate' in (responses['401'].headers ?? {}), 'nor a header that was not seen');
  t.same(responses['404'].content[json].schema, {
    anyOf: [{ $ref: '#/components/schemas/StubErrorBody' }, { type: 'string' }],
  });
  t.same(responses['405'].content[json].schema, { $ref: '#/components/schemas/StubErrorBody' }, 'nothing was recorded');
});
