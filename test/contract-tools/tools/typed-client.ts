// The client of examples/typed-client, made anew of the document, compiled in strict mode, and let call.
import { copyFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../processes.ts';
import { DOCUMENTS, type Target } from '../target.ts';
import { commandOf, type Tool } from '../tool.ts';

const at = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const EXAMPLE = '../../examples/typed-client';
const SOURCES = [
  `${EXAMPLE}/package.json`,
  `${EXAMPLE}/tsconfig.json`,
  `${EXAMPLE}/src/client.ts`,
  'typed-client/calls.ts',
];

export const typedClient: Tool = {
  name: 'openapi-typescript and openapi-fetch',
  package: 'openapi-typescript',
  looksAt: ['answers', '/openapi.json'],
  check: async (target) => {
    const { folder, faults } = await clientFor(target);
    const { chatbotId, channelId, token, elsewhere } = await target.seat();
    const calls = { URL: target.url, CHATBOT: chatbotId, CHANNEL: channelId, TOKEN: token, ELSEWHERE: elsewhere };
    return {
      checked: 'a client made of /openapi.json, and 3 calls, answered 201, 400 and 403',
      result: 'compiles in strict mode; the answers are as typed',
      faults: faults.length > 0 ? faults : await complaints([process.execPath, 'calls.ts'], folder, calls),
    };
  },
};

interface Client {
  folder: string;
  /** Why it could not be made. */
  faults: string[];
}

/** By the text of the document: what is made of the same one is the same. */
const clients = new Map<string, Promise<Client>>();

async function clientFor(target: Target): Promise<Client> {
  const text = await target.document('/openapi.json');
  const made = clients.get(text) ?? makeClient(target);
  clients.set(text, made);
  return made;
}

async function makeClient(target: Target): Promise<Client> {
  const folder = await target.folderWith('/openapi.json');
  for (const source of SOURCES) copyFileSync(at(source), path.join(folder, path.basename(source)));
  symlinkSync(at('node_modules'), path.join(folder, 'node_modules'));
  const generate = [...commandOf('openapi-typescript', 'openapi-typescript'), DOCUMENTS['/openapi.json']];
  const faults = await complaints([...generate, '--output', 'chatcaptain.ts'], folder);
  if (faults.length > 0) return { folder, faults };
  return { folder, faults: await complaints([...commandOf('typescript', 'tsc'), '--project', '.'], folder) };
}

/** What a command says, if it does not succeed. */
async function complaints(command: string[], folder: string, env: Record<string, string> = {}): Promise<string[]> {
  const { code, output } = await run(command, folder, env);
  return code === 0 ? [] : [output.trim()];
}
