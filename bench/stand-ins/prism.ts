import { fileURLToPath } from 'node:url';
import { createLogger } from '@stoplight/prism-core';
import { getHttpOperationsFromSpec } from '@stoplight/prism-http';
import { createServer } from '@stoplight/prism-http-server';
import type { Started } from './stand-in.ts';

const DOCUMENT = fileURLToPath(new URL('../../contract/inbox-conversations.openapi.json', import.meta.url));

/** As `prism mock` sets it up, without its log. */
export async function start(): Promise<Started> {
  const operations = await getHttpOperationsFromSpec(DOCUMENT);
  const server = createServer(operations, {
    components: { logger: createLogger('prism', { enabled: false }) },
    cors: true,
    config: {
      isProxy: false,
      checkSecurity: true,
      validateRequest: true,
      validateResponse: true,
      mock: { dynamic: false },
      errors: false,
    },
  });
  const url = await server.listen(0, '127.0.0.1');
  return {
    prepare: async () => ({ url: `${url}/v1/inbox/my-chatbot/conversations` }),
    close: server.close,
  };
}
