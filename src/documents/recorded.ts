// Describes errors as STUB_SHAPES has them, in the place of ours.
import type { OpenAPIV3 } from 'openapi-types';
import type { RecordedError, RecordedErrors } from '../contract/render.ts';
import { type BodyShape, childrenOf, readType, SHAPE_HEADERS } from '../contract/shape.ts';
import { namesIn } from '../json-pointer.ts';
import { ADDED } from './additions.ts';

/** Of the vendor's statuses nothing changes: its document has no bodies for them. */
export function withRecorded(openapi: OpenAPIV3.Document, { all }: RecordedErrors): OpenAPIV3.Document {
  const statuses = new Set(all.map(({ status }) => status));
  const operations = Object.values(openapi.paths).flatMap((path) => Object.values(path as OpenAPIV3.PathItemObject));
  for (const { responses } of operations as OpenAPIV3.OperationObject[]) {
    for (const status of statuses) {
      const own = responses[status] as (OpenAPIV3.ResponseObject & { [ADDED]?: boolean }) | undefined;
      const seen = all.filter((one) => one.status === status);
      if (!own || own[ADDED]) responses[status] = responseOf(seen, own);
    }
  }
  return openapi;
}

function responseOf(seen: readonly RecordedError[], own: OpenAPIV3.ResponseObject | undefined) {
  const { description = 'As it was recorded of another server.', headers = {}, content = {} } = own ?? {};
  const kept = Object.entries(headers).filter(([name]) => !SHAPE_HEADERS.some((one) => one === name.toLowerCase()));
  const bodies = contentOf(seen, content);
  return { description, headers: Object.fromEntries(kept), ...(bodies && { content: bodies }), [ADDED]: true };
}

type Contents = Record<string, OpenAPIV3.MediaTypeObject>;

/** `undefined` where a body may be missing, or is not what it is announced as: OpenAPI has no words for that. */
function contentOf(seen: readonly RecordedError[], own: Contents): Contents | undefined {
  const schemas = new Map<string, object[]>();
  for (const [type, { schema }] of Object.entries(own)) schemas.set(type, [schema as object]);
  for (const { mediaType, body } of seen) {
    const whole = body[''] as string;
    if (mediaType === null || whole === 'empty' || whole === 'malformed') return undefined;
    schemas.set(mediaType, [
      ...(schemas.get(mediaType) ?? []),
      whole === 'text' ? { type: 'string' } : schemaOf(body, ''),
    ]);
  }
  return Object.fromEntries(
    [...schemas].map(([type, found]) => [type, { schema: oneOf(found) as OpenAPIV3.SchemaObject }]),
  );
}

function oneOf(schemas: readonly object[]): object {
  const different = new Map(schemas.map((schema) => [JSON.stringify(schema), schema]));
  const [first, ...more] = different.values();
  return more.length === 0 ? (first as object) : { anyOf: [...different.values()] };
}

function schemaOf(body: BodyShape, pointer: string): object {
  const { types } = readType(body[pointer] as string);
  return oneOf(types.map(({ type }) => schemaOfType(type, body, pointer)));
}

function schemaOfType(type: string, body: BodyShape, pointer: string): object {
  if (type === 'null') return { type: 'string', nullable: true };
  if (type === 'array') return { type, items: `${pointer}/*` in body ? schemaOf(body, `${pointer}/*`) : {} };
  if (type !== 'object') return { type };
  const members = childrenOf(body, pointer).map((place) => [namesIn(place).at(-1) as string, place] as const);
  const required = members.filter(([, place]) => !readType(body[place] as string).isOptional).map(([name]) => name);
  return {
    type,
    properties: Object.fromEntries(members.map(([name, place]) => [name, schemaOf(body, place)])),
    ...(required.length > 0 && { required }),
  };
}
