// The schemas of the control plane as other programs may read them.
import type { TSchema } from '@sinclair/typebox';

/** What only our validator reads (validation.ts), and names that nobody refers to. */
const OWN_KEYWORDS = new Set(['expected', 'mayBeAbsent', '$id']);

/** Keywords under which one schema stands, or a list of them. */
const SCHEMA_KEYWORDS = new Set(['items', 'additionalProperties', 'anyOf', 'oneOf', 'allOf', 'not']);

/** Keywords under which schemas stand by name. The names may be those of keywords. */
const MAP_KEYWORDS = new Set(['properties', 'patternProperties']);

/** A copy of a schema without the keywords that are ours. Everything else stays as it is: names of properties, examples. */
export function plainSchema(schema: TSchema): TSchema {
  const entries = Object.entries(schema).filter(([keyword]) => !OWN_KEYWORDS.has(keyword));
  return Object.fromEntries(entries.map(([keyword, value]) => [keyword, plainValue(keyword, value)])) as TSchema;
}

function plainValue(keyword: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (MAP_KEYWORDS.has(keyword)) {
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, plainSchema(schema)]));
  }
  if (!SCHEMA_KEYWORDS.has(keyword)) return value;
  return Array.isArray(value) ? value.map(plainSchema) : plainSchema(value as TSchema);
}
