// Values by a JSON Schema: those that it allows, and those near to them, with something else now and then at any place.
import fc, { type Arbitrary } from 'fast-check';
import { often } from './often.ts';

export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  patternProperties?: Record<string, Schema>;
  items?: Schema;
  minimum?: number;
  maximum?: number;
}

/** What breaks things elsewhere. */
const nasty = fc.constantFrom<unknown>(
  '',
  '\ud800',
  '\u0000',
  '__proto__',
  '../..',
  '%',
  '{"$regex":"("}',
  '(a+)+$',
  '9999-12-31T23:59:59.999Z',
  '-000001-01-01T00:00:00Z',
  'x'.repeat(5000),
  Number.MAX_SAFE_INTEGER,
  -0,
  1e308,
  -1,
  null,
  {},
  [],
  { $regex: '[' },
  { $regex: 'a', $exists: true },
  { $equals: { $regex: 'x' } },
  { constructor: { prototype: 1 } },
);

const anything: Arbitrary<unknown> = fc.oneof(nasty, fc.jsonValue({ maxDepth: 3 }));

type Find = (ref: string) => Schema;

/** @param find gives the schema that a `$ref` names */
export function near(schema: Schema, find: Find, depth = 0): Arbitrary<unknown> {
  const exact = depth > 6 ? fc.constant({}) : by(schema, find, (one) => near(one, find, depth + 1), spoiledObject);
  return fc.oneof(often(14, exact), often(1, anything));
}

/** The values that a schema allows; it must not refer to itself. */
export function valid(schema: Schema, find: Find): Arbitrary<unknown> {
  if (schema.format === 'email') return fc.emailAddress();
  return by(schema, find, (one) => valid(one, find), plainObject);
}

type Inner = (schema: Schema) => Arbitrary<unknown>;

function by(schema: Schema, find: Find, inner: Inner, objectOf: typeof plainObject): Arbitrary<unknown> {
  if (schema.$ref !== undefined) return inner(find(schema.$ref));
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) return fc.oneof(...choices.map(inner));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  const { minimum: min = -10, maximum: max = 10_000 } = schema;
  switch (schema.type) {
    case 'string':
      return fc.oneof(
        often(2, fc.constantFrom('mine', 'a', 'web')),
        often(1, fc.string({ unit: 'binary', maxLength: 20 })),
      );
    case 'integer':
      return fc.integer({ min: Math.ceil(min), max: Math.min(max, 2 ** 40) });
    case 'number':
      return fc.double({ min, max, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(inner(schema.items ?? {}), { maxLength: 3 });
    case 'object':
      return objectOf(schema, inner);
    default:
      return anything;
  }
}

function plainObject(schema: Schema, inner: Inner): Arbitrary<Record<string, unknown>> {
  const { properties = {}, required = [], additionalProperties, patternProperties = {} } = schema;
  const known = fc.record(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)])), {
    requiredKeys: required,
  });
  const [rest] = [additionalProperties, ...Object.values(patternProperties)].filter((one) => typeof one === 'object');
  const others = rest ? fc.dictionary(fc.string({ maxLength: 8 }), inner(rest), { maxKeys: 3 }) : fc.constant({});
  return fc.tuple(known, others).map(([some, more]) => ({ ...some, ...more }));
}

function spoiledObject(schema: Schema, inner: Inner): Arbitrary<Record<string, unknown>> {
  // One that the schema does not know, as rarely as a property that is missing.
  const unknown = fc.option(fc.tuple(fc.string({ maxLength: 8 }), anything), { freq: 12 });
  const missing = fc.option(fc.constantFrom('', ...(schema.required ?? [])), { freq: 12 });
  return fc.tuple(plainObject(schema, inner), unknown, missing).map(([some, one, none]) => {
    const entries = Object.entries({ ...some, ...(one && { [one[0]]: one[1] }) });
    return Object.fromEntries(entries.filter(([name]) => name !== none));
  });
}
