// What the tools are pointed at: a stub in a process of its own, or a server in front of one that changes its answers.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { newFolder, serve } from './processes.ts';

/** Where the stub describes itself, and the names of the files that the tools are given. */
export const DOCUMENTS = {
  '/openapi.json': 'openapi.json',
  '/openapi.vendor.json': 'openapi.vendor.json',
  '/__admin/openapi.json': 'control-plane.json',
} as const;
export type DocumentPath = keyof typeof DOCUMENTS;

export interface Target {
  url: string;
  /** Credentials for a chatbot of their own, or for the one that is named. */
  seat(chatbotId?: string): Promise<Seat>;
  /** The text of a document. */
  document(at: DocumentPath): Promise<string>;
  /** A new folder with these documents, and nothing else. */
  folderWith(...documents: DocumentPath[]): Promise<string>;
}

export interface Seat {
  chatbotId: string;
  channelId: string;
  token: string;
  /** A credential that is good, but on another chatbot. */
  elsewhere: string;
}

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** Starts a stub in memory, on a free port. @param options more of them, as `--name=value` */
export async function startStub(...options: string[]): Promise<Target> {
  const command = [process.execPath, CLI, '--port=0', '--database=:memory:', ...options];
  const { match } = await serve(command, newFolder(), /ready on (http:\/\/[^"\s]+)/);
  return targetAt(match[1] as string);
}

export function targetAt(url: string): Target {
  const document = async (at: DocumentPath) => (await ask(`${url}${at}`)).text();
  return {
    url,
    document,
    seat: async (chatbotId) => {
      const { token: elsewhere, ...own } = await make<MadeChatbot>(url, 'chatbots', {});
      if (chatbotId === undefined) {
        const { chatbotId, channelIds, token } = await make<MadeChatbot>(url, 'chatbots', {});
        return { chatbotId, channelId: channelIds[0] as string, token, elsewhere };
      }
      const grants = [{ permission: 'chatbots.inbox.conversations.create', resource: `chatbots/${chatbotId}` }];
      const { token } = await make<{ token: string }>(url, 'tokens', { grants });
      return { chatbotId, channelId: own.channelIds[0] as string, token, elsewhere };
    },
    folderWith: async (...documents) => {
      const folder = newFolder();
      for (const at of documents) writeFileSync(path.join(folder, DOCUMENTS[at]), await document(at));
      return folder;
    },
  };
}

interface MadeChatbot {
  chatbotId: string;
  channelIds: string[];
  token: string;
}

async function make<T>(url: string, what: 'chatbots' | 'tokens', wanted: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const response = await ask(`${url}/__admin/${what}`, { method: 'POST', headers, body: JSON.stringify(wanted) });
  return (await response.json()) as T;
}

/** Asks what must be answered with a success. */
export async function ask(url: string, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response;
}
