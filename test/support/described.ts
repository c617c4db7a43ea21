// Compares real answers with what an OpenAPI document says of them.

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { below } from '../../src/json-pointer.ts';
import type { Answer } from './stub.ts';

export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters?: { name: string; in: string; required: boolean; description: string; schema: object }[];
  requestBody?: { required: boolean; content: Record<string, Content> };
  responses: Record<string, Described>;
}

interface Described {
  $ref?: string;
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, Content>;
}

interface Content {
  schema: object;
  examples?: Record<string, { value: unknown }>;
}

/** One operation, with where it stands in the document. */
export interface Placed {
  /** As in `GET /__admin/chatbots/{id}`. */
  name: string;
  operation: Operation;
  pointer: string;
}

/** A copy in which an object may have no properties but those that are documented, where its schema does not say otherwise. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, key === 'examples' ? inner : closed(inner)]);
  const isObject = 'type' in value && value.type === 'object' && 'properties' in value;
  return { ...(isObject && { additionalProperties: false }), ...Object.fromEntries(entries) };
}

// biome-ignore lint/suspicious/noExplicitAny: a document as it came
export function readDocument(document: any) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(closed(document) as object, 'document');

  const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Placed => {
      const pointer = below(below('/paths', path), method);
      return { name: `${method.toUpperCase()} ${path}`, operation, pointer };
    }),
  );

  /** What a value has wrong by the schema at a pointer. */
  function mistakes(pointer: string, value: unknown): string[] {
    const validate = ajv.getSchema(`document#${encodeURI(pointer).replaceAll('{', '%7B').replaceAll('}', '%7D')}`);
    if (!validate) throw new Error(`There is no schema at ${pointer}.`);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  /** The operation that a request is for: a path without parameters goes before one with. */
  function find(method: string, target: string): Placed | undefined {
    const path = `/__admin${target.replace(/\?.*/s, '')}`;
    const matching = operations.filter(({ name }) => {
      const [verb, template = ''] = name.split(' ');
      return verb === method && new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
    });
    return matching.sort((one, other) => one.name.split('{').length - other.name.split('{').length)[0];
  }

  /** What of an answer is otherwise than the document says: its status, its media type, its headers, its body. */
  function differences({ operation, pointer }: Placed, answer: Answer): string[] {
    const status = String(answer.status);
    const isDeclared = status in operation.responses;
    if (!isDeclared && answer.status < 400) return [`${status} is not documented`];
    const declared = operation.responses[isDeclared ? status : 'default'] as Described;
    const at = declared.$ref?.slice(1) ?? `${pointer}/responses/${isDeclared ? status : 'default'}`;
    const response: Described =
      declared.$ref === undefined ? declared : document.components.responses[`Problem${status}`];
    const missing = Object.keys(response.headers ?? {}).filter(
      (name) => answer.headers[name.toLowerCase()] === undefined,
    );
    const [mediaType] = String(answer.headers['content-type'] ?? '').split(';');
    if (response.content === undefined) return answer.text === '' ? missing : [`has a body: ${answer.text}`];
    if (!(`${mediaType}` in response.content)) return [`${mediaType} is not ${Object.keys(response.content)}`];
    const schema = `${below(`${at}/content`, mediaType as string)}/schema`;
    return [...missing, ...mistakes(schema, answer.json ?? answer.text)];
  }

  return { operations, find, differences, mistakes };
}
