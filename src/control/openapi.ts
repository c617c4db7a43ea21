// The OpenAPI document of the control plane, made from the schemas of its routes.
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifySchema } from 'fastify';
import type { OpenAPIV3_1 } from 'openapi-types';
import { packageVersion } from '../package-root.ts';
import { Problem } from './problem.ts';

/** Builds a server that is never listened on, with the control plane in it, and returns it ready: `swagger()` gives the document. */
export async function describeControl(register: (app: FastifyInstance) => Promise<void>): Promise<FastifyInstance> {
  const app = Fastify({ logger: false });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'chatcaptain-stub: control plane',
        version: packageVersion(),
        description:
          'Makes, inspects, verifies, breaks and resets what the stub serves under /v1. On a loopback address it is ' +
          'open to everything but pages of other origins; elsewhere, or where STUB_ADMIN_TOKEN is set, it asks for that token.',
      },
      servers: [{ url: '/', description: 'This stub' }],
      security: [{}, { adminToken: [] }],
      components: {
        securitySchemes: {
          adminToken: { type: 'http', scheme: 'bearer', description: 'STUB_ADMIN_TOKEN, where it is asked for.' },
        },
        schemas: { Problem: withoutOurKeywords(Problem) as object },
      },
    },
    // Each route's own schemas stand where they are used.
    transform: ({ schema, url }) => {
      return { schema: withoutOurKeywords(schema) as FastifySchema, url };
    },
    transformObject: (result) => complete((result as { openapiObject: OpenAPIV3_1.Document }).openapiObject),
  });
  await register(app);
  await app.ready();
  return app;
}

/** What only our validator reads has no place in a document. */
function withoutOurKeywords(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutOurKeywords);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(
    ([key]) => key !== 'expected' && key !== 'mayBeAbsent' && key !== '$id',
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutOurKeywords(value)]));
}

/** Adds to each operation an example of what it takes and gives, and the problem that it may answer. */
function complete(openapi: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  for (const path of Object.values(openapi.paths ?? {}) as OpenAPIV3_1.PathItemObject[]) {
    for (const operation of Object.values(path) as OpenAPIV3_1.OperationObject[]) {
      const responses = operation.responses as Record<string, OpenAPIV3_1.ResponseObject>;
      const contents = [
        operation.requestBody as OpenAPIV3_1.RequestBodyObject | undefined,
        ...Object.values(responses),
      ];
      for (const content of contents) {
        const json = content?.content?.['application/json'];
        const [example] = (json?.schema as { examples?: unknown[] } | undefined)?.examples ?? [];
        if (json && example !== undefined) json.example = example;
      }
      responses['default'] = {
        description: 'A problem: `detail` says what to do.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      };
    }
  }
  return openapi;
}
