import { Type } from '@sinclair/typebox';
import t from 'tap';
import { plainSchema } from '../../src/control/plain-schema.ts';

t.test('keywords of our own are left out where a schema stands, at any depth', async (t) => {
  const own = { expected: 'words', mayBeAbsent: true, $id: 'Name' };
  const schema = Type.Object(
    {
      list: Type.Array(Type.Union([Type.String(own), Type.Null()], own), own),
      record: Type.Record(Type.String(), Type.Integer(own)),
      not: Type.Not(Type.String(own)),
    },
    { ...own, additionalProperties: Type.Number(own) },
  );
  t.strictSame(plainSchema(schema), {
    type: 'object',
    required: ['list', 'record', 'not'],
    properties: {
      list: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
      record: { type: 'object', patternProperties: { '^(.*)$': { type: 'integer' } } },
      not: { not: { type: 'string' } },
    },
    additionalProperties: { type: 'number' },
  });
});

t.test('what is only named like them stays: properties, examples, defaults', async (t) => {
  const property = { type: 'string', default: { expected: 1 } };
  const schema = {
    type: 'object',
    properties: { expected: property, mayBeAbsent: property, $id: property, items: property },
    required: ['expected', '$id'],
    additionalProperties: false,
    examples: [{ expected: 'a', $id: 'b', properties: { $id: 'c' } }],
  };
  t.strictSame(plainSchema(Type.Unsafe(schema)), schema);
});
