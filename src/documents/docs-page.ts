// The documentation page: Swagger UI from its package, with nothing from outside.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance } from 'fastify';
import type { OpenAPIV3 } from 'openapi-types';

/** Builds the server of `/docs`; like the one that describes the operations it never listens, and answers `inject`. */
export async function buildDocsPage(document: OpenAPIV3.Document): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, routerOptions: { ignoreTrailingSlash: true } });
  await app.register(swagger, { mode: 'static', specification: { document: withThisServer(document) } });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { tryItOutEnabled: true, persistAuthorization: false, validatorUrl: null },
    // Without the plugin's own bar: there is one document, and its address is no choice.
    theme: {
      title: 'chatcaptain-stub',
      css: [{ filename: 'stub.css', content: '.swagger-ui .topbar { display: none }' }],
    },
    staticCSP:
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  });
  await app.ready();
  return app;
}

/** "Try it out" must reach this stub. The vendor's server stands in /openapi.json, where it is documentation. */
function withThisServer(document: OpenAPIV3.Document): OpenAPIV3.Document {
  return { ...document, servers: [{ url: '/', description: 'This stub' }] };
}
