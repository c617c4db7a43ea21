// The OpenAPI document of the control plane, made from the schemas of its routes.
import type { TObject, TSchema } from '@sinclair/typebox';
import Fastify, { type FastifyInstance, type FastifySchema } from 'fastify';
import type { OpenAPIV3_1 } from 'openapi-types';
import { packageVersion } from '../package-root.ts';
import { plainSchema } from './plain-schema.ts';
import { Problem } from './problem.ts';

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

/** What any operation may refuse, and what a route declares with the schema `Problem`. */
const PROBLEMS: Record<string, { description: string; header?: [name: string, description: string] }> = {
  400: { description: 'Something that was sent is not as it must be. `errors` names each place by JSON Pointer.' },
  401: {
    description: 'The admin token is asked for, and was not sent, or is not the right one.',
    header: ['WWW-Authenticate', 'A Bearer challenge (RFC 6750).'],
  },
  403: {
    description:
      'A page of another origin asks; or no admin token is asked for, and the Host is no name of a loopback address.',
  },
  404: { description: 'There is none of this id or name.' },
  405: {
    description: 'The path has no such method.',
    header: ['Allow', 'The methods that the path has.'],
  },
  409: {
    description:
      'What is there already stands in the way: the id or the token is taken, the room is used up, or what the journal ' +
      'holds of a request is not all of it.',
  },
  413: { description: 'The body is too large.' },
  415: { description: 'The body is announced as something else than JSON in UTF-8.' },
  503: {
    description:
      'Not now: storage refused the write and nothing was changed, what was asked for got no answer in time, or the server closes.',
    header: ['Retry-After', 'Seconds to wait before the next try, where there is one.'],
  },
};

/** The groups of operations: each of them names one. */
const TAGS: Record<string, string> = {
  Chatbots: 'The units of isolation: each test makes its own.',
  Tokens: 'Credentials of the data plane, and what they may do.',
  Conversations: 'What was created.',
  Requests: 'The journal: each request, its answer and why; counting them and waiting for them.',
  Faults: 'Answers that are broken on purpose.',
  Reset: 'Back to the beginning.',
  Snapshots: 'States that are kept by name.',
  Clock: 'The time that the stub goes by.',
  Fixtures: 'What a fixture file may hold.',
  'Provider states': 'For the verifiers of Pact.',
  Settings: 'What this stub was started with.',
};

/** Describes the control plane that `register` adds to a server of its own, which is never listened on. */
export async function describeControl(
  register: (app: FastifyInstance) => Promise<void>,
): Promise<OpenAPIV3_1.Document> {
  const paths: Record<string, OpenAPIV3_1.PathItemObject> = {};
  const app = Fastify({ logger: false });
  app.addHook('onRoute', ({ method, url, schema = {} }) => {
    if (method === 'HEAD' || schema.hide) return;
    const path = url.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [String(method).toLowerCase()]: operationFrom(schema, method !== 'GET') };
  });
  await register(app);
  await app.ready();
  return {
    openapi: '3.1.0',
    info: {
      title: 'chatcaptain-stub: control plane',
      version: packageVersion(),
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Makes, inspects, verifies, breaks and resets what the stub serves under /v1. On a loopback address it is ' +
        'open to everything but pages of other origins; elsewhere, or where STUB_ADMIN_TOKEN is set, it asks for that token.',
    },
    servers: [{ url: '/', description: 'This stub' }],
    security: [{}, { adminToken: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        adminToken: { type: 'http', scheme: 'bearer', description: 'STUB_ADMIN_TOKEN, where it is asked for.' },
      },
      schemas: { Problem: plainSchema(Problem) as OpenAPIV3_1.SchemaObject },
      responses: Object.fromEntries(
        Object.entries(PROBLEMS).map(([status, { description, header }]) => [
          `Problem${status}`,
          { ...problemResponse(description), ...(header && { headers: headerFrom(header) }) },
        ]),
      ),
    },
  };
}

/** @param mayHaveBody whether the method is one with which a body can come */
function operationFrom(schema: FastifySchema, mayHaveBody: boolean): OpenAPIV3_1.OperationObject {
  const { operationId, summary, description, tags, params, querystring, headers, body, response } = schema as Route;
  const parameters = [
    ...parametersFrom('path', params),
    ...parametersFrom('query', querystring),
    ...parametersFrom('header', headers),
  ];
  const usual = ['400', '401', '403', '405', ...(mayHaveBody ? ['413'] : []), '415'];
  return {
    operationId,
    summary,
    description,
    tags,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: !body['mayBeAbsent'], content: contentOf(JSON_TYPE, body) } }),
    responses: {
      ...Object.fromEntries(usual.map((status) => [status, refTo(status)])),
      ...Object.fromEntries(Object.entries(response).map(([status, one]) => [status, responseFrom(status, one)])),
      default: problemResponse('Any other problem: `detail` says what to do.'),
    },
  };
}

/** A route's schema, as each of the control plane's routes has it. */
interface Route {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  params?: TObject;
  querystring?: TObject;
  headers?: TObject;
  body?: TSchema;
  response: Record<string, TSchema | Documented>;
}

/** The answer of a status whose media type is not the usual one. */
interface Documented {
  description: string;
  content: Record<string, { schema: TSchema }>;
}

function parametersFrom(place: 'path' | 'query' | 'header', parameters?: TObject): OpenAPIV3_1.ParameterObject[] {
  return Object.entries(parameters?.properties ?? {}).map(([name, property]) => {
    const { description, ...schema } = plainSchema(property);
    // What has a default is filled in: a handler always has it, and nobody must send it.
    const required = parameters?.required?.includes(name) === true && property['default'] === undefined;
    return { name, in: place, required, description, schema } as OpenAPIV3_1.ParameterObject;
  });
}

type Response = OpenAPIV3_1.ResponseObject | OpenAPIV3_1.ReferenceObject;

function responseFrom(status: string, declared: TSchema | Documented): Response {
  if (declared === Problem) return refTo(status);
  const { description } = declared as { description: string };
  if (isDocumented(declared)) {
    const contents = Object.entries(declared.content).map(([mediaType, { schema }]) => contentOf(mediaType, schema));
    return { description, content: Object.assign({}, ...contents) };
  }
  if (declared['type'] === 'null') return { description };
  return { description, content: contentOf(Number(status) < 400 ? JSON_TYPE : PROBLEM_TYPE, declared) };
}

function isDocumented(declared: TSchema | Documented): declared is Documented {
  return 'content' in declared;
}

/** A body of a media type, with the examples that its schema names. */
function contentOf(mediaType: string, schema: TSchema): Record<string, OpenAPIV3_1.MediaTypeObject> {
  const { examples = [], ...rest } = plainSchema(schema) as { examples?: unknown[] };
  const named = examples.map((value, index) => [`example${index + 1}`, { value }]);
  return { [mediaType]: { schema: rest, ...(named.length > 0 && { examples: Object.fromEntries(named) }) } };
}

function refTo(status: string): OpenAPIV3_1.ReferenceObject {
  return { $ref: `#/components/responses/Problem${status}` };
}

function problemResponse(description: string): OpenAPIV3_1.ResponseObject {
  return { description, content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } } };
}

function headerFrom([name, description]: [string, string]): Record<string, OpenAPIV3_1.HeaderObject> {
  return { [name]: { description, schema: { type: 'string' } } };
}
