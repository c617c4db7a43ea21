// The OpenAPI document of what this server does: the vendor's operations word for word, and our additions, marked.
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifySchema, type RouteOptions } from 'fastify';
import type { OpenAPIV3 } from 'openapi-types';
import type { RecordedErrors } from '../contract/render.ts';
import {
  ADDED,
  type AddedStatuses,
  addedStatuses,
  DESCRIPTION,
  passedThroughStatuses,
  StubErrorBody,
  securitySchemes,
} from './additions.ts';
import { withRecorded } from './recorded.ts';
import { vendorDocument } from './vendor.ts';

/** What an operation's document says that its schemas cannot: the vendor's words for its statuses, and its examples. */
export interface Documentation {
  statuses: Record<number, string>;
  examples: Examples;
}

interface Examples {
  params: Record<string, unknown>;
  body: unknown;
  /** By their status. */
  answers: Record<number, unknown>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    documentation?: Documentation;
  }
}

/** Registers the operations to describe. */
export type RegisterOperations = (app: FastifyInstance) => Promise<void>;

/** What of the answers is otherwise than a stub's usual ones. */
export interface Answerer {
  /** What is answered to what is wrong, where that was recorded. */
  recorded?: RecordedErrors | undefined;
  /** Whether an upstream answers. */
  passesThrough?: boolean;
}

/**
 * Builds a second server that is never listened on, registers the same operations in it, and returns it ready:
 * `swagger()` gives the document. So describing costs a server nothing until somebody asks.
 *
 * @param passesThrough whether what is described is answered by an upstream
 */
export async function describeOperations(
  register: RegisterOperations,
  { recorded, passesThrough }: Answerer = {},
): Promise<FastifyInstance> {
  const more = passesThrough ? passedThroughStatuses : addedStatuses;
  const examples = new Map<string | undefined, Examples | undefined>();
  const { openapi, info, tags, servers } = vendorDocument() as Required<OpenAPIV3.Document>;
  const app = Fastify({ logger: false });
  await app.register(swagger, {
    openapi: {
      openapi,
      info: { ...info, description: DESCRIPTION },
      tags,
      servers,
      security: [{ bearer: [] }, { chatcaptainKey: [] }],
      components: { securitySchemes },
    },
    refResolver: { buildLocalReference: (schema) => String(schema['$id']) },
    transform: ({ schema, url, route }) => {
      const documentation = route.config?.documentation;
      examples.set(schema?.operationId, documentation?.examples);
      return { schema: document(schema, documentation, more), url };
    },
    transformObject: (result) => {
      const { openapiObject } = result as { openapiObject: OpenAPIV3.Document };
      const whole = complete(openapiObject, examples, more);
      return recorded ? withRecorded(whole, recorded) : whole;
    },
  });
  app.addSchema(StubErrorBody);
  app.addHook('onRoute', ({ schema }: RouteOptions) => {
    const named = [schema?.body, ...Object.values(schema?.response ?? {})] as ({ $id?: string } | undefined)[];
    for (const part of named) if (part?.$id !== undefined) app.addSchema(part);
  });
  await register(app);
  await app.ready();
  return app;
}

/** The schema of a route with what only the document needs: named components, examples, and every status. */
function document(
  schema: FastifySchema,
  documentation: Documentation | undefined,
  more: typeof addedStatuses,
): FastifySchema {
  if (!documentation) return { ...schema, hide: true };
  const { statuses, examples } = documentation;
  const { params, body, response } = schema as {
    params: { properties: Record<string, object> };
    body: { $id: string };
    response: Record<string, { $id: string }>;
  };
  const properties = Object.entries(params.properties).map(([name, property]) => {
    return [name, { ...property, examples: [examples.params[name]] }];
  });
  // A status of the vendor's without a schema has no body in its document, and so none in ours.
  const documented = Object.entries(statuses).map(([status, description]) => {
    const $id = response[status]?.$id;
    return [status, { description, ...($id === undefined ? { type: 'null' } : json($id)) }];
  });
  const added = Object.entries(more).map(([status, { description }]) => [
    status,
    { description, ...json('StubErrorBody') },
  ]);
  return {
    ...schema,
    params: { ...params, properties: Object.fromEntries(properties) },
    body: json(body.$id),
    response: Object.fromEntries([...documented, ...added]),
  };
}

function json($id: string) {
  return { content: { 'application/json': { schema: { $ref: `${$id}#` } } } };
}

/** Puts in what @fastify/swagger has no place for: the examples of bodies, and the mark and the headers of what we add. */
function complete(
  openapi: OpenAPIV3.Document,
  examples: Map<string | undefined, Examples | undefined>,
  more: AddedStatuses,
): OpenAPIV3.Document {
  for (const path of Object.values(openapi.paths) as OpenAPIV3.PathItemObject[]) {
    for (const operation of Object.values(path) as OpenAPIV3.OperationObject[]) {
      const { body, answers } = examples.get(operation.operationId) as Examples;
      const responses = operation.responses as Record<string, OpenAPIV3.ResponseObject>;
      exemplify(operation.requestBody as OpenAPIV3.RequestBodyObject, body);
      for (const [status, answer] of Object.entries(answers)) exemplify(responses[status], answer);
      for (const [status, added] of Object.entries(more)) {
        const headers = Object.entries(added.headers).map(([name, header]) => [
          name,
          { ...header, schema: { type: 'string' } },
        ]);
        Object.assign(responses[status] as object, { headers: Object.fromEntries(headers), [ADDED]: true });
      }
    }
  }
  return openapi;
}

function exemplify(message: OpenAPIV3.RequestBodyObject | OpenAPIV3.ResponseObject | undefined, example: unknown) {
  Object.assign(message?.content?.['application/json'] as object, { example });
}
