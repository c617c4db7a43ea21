// Who is measured: each is a command that serves on a port, as its users start it, with its default log.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Contestant {
  name: string;
  /** The command, for Node unless it says otherwise, that serves on this port and keeps its files in this empty folder. */
  command: (port: number, folder: string) => string[];
  /** Gets slower with everything that it has been sent: each round begins anew, in its favour. */
  fresh?: true;
}

export const TOKEN = 'bench-token';
export const OURS = 'chatcaptain-stub';
export const OURS_FULL = 'chatcaptain-stub, full';
export const BARE = 'bare Fastify';
export const VALIDATING = 'Fastify with the schema';
export const DOCUMENT = here('../contract/inbox-conversations.openapi.json');

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** A stub as it is built, on a file, with the journal and the log at their defaults. */
export function ours(name = OURS, ...settings: string[]): Contestant {
  return {
    name,
    command: (port, folder) => {
      const database = path.join(folder, 'stub.sqlite');
      const own = ['--port', String(port), '--token', TOKEN, '--database', database];
      return [here('../dist/cli.js'), 'serve', ...own, ...settings];
    },
  };
}

export const PEERS: Contestant[] = [
  {
    name: 'Prism',
    command: (port) => [bin('@stoplight/prism-cli/dist/index.js'), 'mock', '-p', String(port), DOCUMENT],
  },
  {
    name: 'Mockoon',
    command: (port) => {
      const data = here('./servers/mockoon.json');
      return [bin('@mockoon/cli/bin/run.js'), 'start', '-d', data, '-p', String(port), '-l', '127.0.0.1'];
    },
  },
  {
    name: 'json-server',
    fresh: true,
    command: (port, folder) => {
      const [data, routes] = [path.join(folder, 'db.json'), path.join(folder, 'routes.json')];
      writeFileSync(data, '{"conversations": []}');
      writeFileSync(routes, '{"/v1/inbox/:chatbotId/conversations": "/conversations"}');
      const where = ['--host', '127.0.0.1', '--port', String(port), '--snapshots', folder];
      return [bin('json-server/lib/cli/bin.js'), data, '--routes', routes, ...where];
    },
  },
  { name: 'mockttp', command: (port) => [here('./servers/mockttp.mjs'), String(port)] },
  {
    name: 'WireMock',
    command: (port, folder) => {
      const response = {
        status: 201,
        headers: { 'content-type': 'application/json' },
        jsonBody: { conversationId: 'my-conversation' },
      };
      const request = { method: 'POST', urlPathTemplate: '/v1/inbox/{chatbotId}/conversations' };
      mkdirSync(path.join(folder, 'mappings'));
      writeFileSync(path.join(folder, 'mappings/create.json'), JSON.stringify({ request, response }));
      const where = ['--port', String(port), '--bind-address', '127.0.0.1', '--root-dir', folder];
      return [bin('wiremock/index.js'), ...where];
    },
  },
];

export const LIMITS: Contestant[] = [
  { name: BARE, command: (port) => [here('./servers/bare-fastify.mjs'), String(port)] },
  { name: VALIDATING, command: (port) => [here('./servers/validating-fastify.mjs'), String(port)] },
];

function bin(file: string): string {
  return here(`./node_modules/${file}`);
}
