// Compares what went over the wire with what an OpenAPI document says of it.
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { OpenAPIV3 } from 'openapi-types';
import { below, namesIn, valueAt } from '../json-pointer.ts';

/** A request or an answer as it was sent; header names in lower case, the body as text. */
export interface Message {
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  text: string;
}

/** Where a message is otherwise than its document says, as in `body/conversationId`, and in what. */
export interface Difference {
  /** `status`, `media type`, `header NAME`, or `body` with a JSON pointer behind it. */
  place: string;
  detail: string;
}

/** An operation of a document, and where it stands in there. */
export interface Placed {
  method: string;
  /** As in `/v1/inbox/{chatbotId}/conversations`. */
  path: string;
  operation: OpenAPIV3.OperationObject;
  pointer: string;
}

export interface Conformance {
  operations: readonly Placed[];
  /** The operation that a request is for, if the document has it. */
  operationOf(method: string, target: string): Placed | undefined;
  /** What is wrong with a request: its media type, its body. */
  ofRequest(placed: Placed, request: Message): Difference[];
  /**
   * What is wrong with an answer: its status, media type, headers and body; a property that its schema does not name
   * counts as wrong.
   *
   * @param forced whether somebody asked for this status, so that what is declared as `default` may come
   */
  ofAnswer(placed: Placed, answer: Message & { status: number }, forced?: boolean): Difference[];
  /** What is wrong with a body by the schema at a JSON pointer; as strict as with an answer. */
  ofBody(pointer: string, value: unknown): Difference[];
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** Reads a document; its schemas are compiled when they are first needed. */
export function createConformance(document: OpenAPIV3.Document): Conformance {
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats.default(ajv);
  const schemas = plain(document);
  ajv.addSchema(schemas as object, 'open').addSchema(closed(schemas) as object, 'closed');

  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method): Placed[] => {
      const operation = item?.[method];
      const pointer = below(below('/paths', path), method);
      return operation ? [{ method: method.toUpperCase(), path, operation, pointer }] : [];
    }),
  );

  function bodyAt(pointer: string, kind: 'open' | 'closed', { headers, text }: Message, content: Contents) {
    const type = `${headers['content-type'] ?? ''}`;
    const mediaType = (type.split(';', 1)[0] as string).trim().toLowerCase();
    const declared = Object.keys(content);
    if (!declared.includes(mediaType)) {
      return [{ place: 'media type', detail: `is ${mediaType || 'missing'}, declared is ${declared.join(', ')}` }];
    }
    if (content[mediaType]?.schema === undefined) return [];
    const value = isJson(mediaType) ? parse(text) : { value: text };
    if (!value) return [{ place: 'body', detail: 'is not valid JSON' }];
    const at = below(below(below(pointer, 'content'), mediaType), 'schema');
    return mistakes(`${kind}#${asFragment(at)}`, value.value, 'body');
  }

  function mistakes(schema: string, value: unknown, place: string): Difference[] {
    const validate = ajv.getSchema(schema);
    if (!validate) throw new Error(`There is no schema at ${schema}.`);
    return validate(value) ? [] : (validate.errors as ErrorObject[]).map((error) => describe(error, place));
  }

  function resolve<T extends object>(
    part: T | OpenAPIV3.ReferenceObject,
    pointer: string,
  ): { part: T; pointer: string } {
    if (!('$ref' in part)) return { part, pointer };
    const target = decodeURIComponent(part.$ref.slice(1));
    const found = valueAt(document, namesIn(target));
    return { part: found as T, pointer: target };
  }

  return {
    operations,

    operationOf: (method, target) => {
      const path = target.replace(/[?#].*$/s, '').replace(/(?<=.)\/$/, '');
      return operations
        .filter((placed) => placed.method === method && fits(placed.path, path))
        .sort((one, other) => one.path.split('{').length - other.path.split('{').length)[0];
    },

    ofRequest: ({ operation, pointer }, request) => {
      if (!operation.requestBody) return [];
      const { part, pointer: at } = resolve(operation.requestBody, below(pointer, 'requestBody'));
      if (request.text === '') return part.required ? [{ place: 'body', detail: 'is missing' }] : [];
      return bodyAt(at, 'open', request, part.content);
    },

    ofAnswer: ({ operation, pointer }, answer, forced = false) => {
      const status = declaredAs(answer.status, operation.responses, forced);
      if (status === undefined) {
        const declared = Object.keys(operation.responses).join(', ');
        return [{ place: 'status', detail: `is ${answer.status}, declared are ${declared}` }];
      }
      const { part, pointer: at } = resolve(
        operation.responses[status] as OpenAPIV3.ResponseObject,
        below(below(pointer, 'responses'), status),
      );
      const headers = Object.entries(part.headers ?? {}).flatMap(([name, described]) => {
        const value = answer.headers[name.toLowerCase()];
        const { part: header, pointer: place } = resolve(described, below(below(at, 'headers'), name));
        if (value === undefined) return header.required ? [{ place: `header ${name}`, detail: 'is missing' }] : [];
        if (!header.schema) return [];
        const text = Array.isArray(value) ? value.join(', ') : value;
        return mistakes(`closed#${asFragment(below(place, 'schema'))}`, read(text as string, header), `header ${name}`);
      });
      // A document that declares no body for a status says nothing about the one that comes.
      return [...headers, ...(part.content ? bodyAt(at, 'closed', answer, part.content) : [])];
    },

    ofBody: (pointer, value) => mistakes(`closed#${asFragment(pointer)}`, value, 'body'),
  };
}

type Contents = Record<string, OpenAPIV3.MediaTypeObject>;

function declaredAs(status: number, responses: OpenAPIV3.ResponsesObject, forced: boolean): string | undefined {
  const names = [`${status}`, `${Math.floor(status / 100)}XX`, ...(forced ? ['default'] : [])];
  return names.find((name) => name in responses);
}

/** Whether a path is one of a template such as `/v1/inbox/{chatbotId}/conversations`. */
function fits(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/');
  const isSame = (segment: string, index: number) =>
    /^\{.*\}$/.test(segment) ? given[index] !== '' : segment === given[index];
  return wanted.length === given.length && wanted.every(isSame);
}

const isJson = (mediaType: string): boolean => /[/+]json$/.test(mediaType);

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** The value of a header, which is a number where its schema wants one. */
function read(text: string, { schema }: OpenAPIV3.HeaderObject): unknown {
  const type = (schema as OpenAPIV3.SchemaObject).type;
  return (type === 'integer' || type === 'number') && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

function describe({ instancePath, keyword, params, message }: ErrorObject, place: string): Difference {
  if (keyword === 'required')
    return { place: below(place + instancePath, params['missingProperty']), detail: 'is missing' };
  if (keyword === 'additionalProperties') {
    return { place: below(place + instancePath, params['additionalProperty']), detail: 'is not declared' };
  }
  return { place: place + instancePath, detail: message as string };
}

/**
 * A copy without what OpenAPI 3.0 says is to be ignored, and a validator of JSON Schema would heed or refuse: what stands
 * beside a `$ref`, and `nullable` where there is no `type`.
 */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value && typeof value.$ref === 'string') return { $ref: value.$ref };
  const isIgnored = (key: string, inner: unknown) =>
    key === 'nullable' && typeof inner === 'boolean' && !('type' in value);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (isIgnored(key, inner) ? [] : [[key, plain(inner)]])),
  );
}

/** A copy in which an object may have no properties but those that are declared, where its schema does not say otherwise. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, /^examples?$/.test(key) ? inner : closed(inner)]);
  const isObject = 'type' in value && value.type === 'object' && 'properties' in value;
  return { ...(isObject && { additionalProperties: false }), ...Object.fromEntries(entries) };
}

/** A JSON pointer as the fragment of an address. */
function asFragment(pointer: string): string {
  return encodeURI(pointer).replaceAll('[', '%5B').replaceAll(']', '%5D');
}
