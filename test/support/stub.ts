// A stub on a file of its own, with what a test needs to look into it.
import { randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Test } from 'tap';
import type { Grant } from '../../src/auth/permissions.ts';
import { createTokenStore, type NewToken, type Token } from '../../src/auth/tokens.ts';
import { createIdGenerator } from '../../src/ids.ts';
import { type Stub, type StubOptions, startStub } from '../../src/index.ts';
import type { ConversationRow } from '../../src/v1/inbox/conversation.ts';

export const PERMISSION = 'chatbots.inbox.conversations.create';
export const VALID = { name: 'John Doe', channelId: 'sTjncRDMuTdv65ex4I05' };

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on what came, whatever its type
  json: any;
}

export interface Sent {
  method?: string;
  path?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
}

/** Sends one request on a connection of its own and gives back the whole answer. */
export function send(url: string, { method = 'POST', path: target = '/', headers = {}, body }: Sent): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: hostname, port, method, path: target, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = response.headers['content-type']?.includes('json') && text !== '';
        const json = isJson ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode as number, headers: response.headers, text, json });
      });
    });
    outgoing.on('error', reject);
    // As bytes: Node would encode the headers like a text that is sent with them.
    outgoing.end(body === undefined ? undefined : Buffer.from(body));
  });
}

/** Sends bytes as they are and gives back what came until the server closed the connection. */
export function sendRaw(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

export interface TestStub {
  url: string;
  file: string;
  stub: Stub;
  /** What is stored, oldest first, as another program sees it. */
  rows(): ConversationRow[];
  /** Makes a token as the command line does: through a connection of its own, beside the running server. */
  mint(grants: readonly Grant[], more?: Partial<NewToken>): { token: Token; credential: string };
  revoke(id: string): void;
  declareChannels(chatbotId: string, ...channelIds: string[]): void;
  /** Posts a conversation as the holder of every permission; `body` is JSON unless it is text or bytes. */
  create(body: unknown, sent?: { chatbotId?: string; headers?: OutgoingHttpHeaders }): Promise<Answer>;
  send(sent: Sent): Promise<Answer>;
}

export const pathOf = (chatbotId: string): string => `/v1/inbox/${chatbotId}/conversations`;

/** Starts a stub on a file in the test's own folder; both go with the test. */
export async function startTestStub(t: Test, options: StubOptions = {}): Promise<TestStub> {
  const file = options.database ?? path.join(t.testdir(), 'stub.sqlite');
  const all = 'test-token';
  const stub = await startStub({ token: all, ...options, database: file });
  t.teardown(() => stub.close());

  // A connection for each use: what it sees is what was committed, and nothing of it outlives the test.
  function withFile<T>(work: (db: Sqlite.Database) => T): T {
    const db = new Sqlite(file);
    try {
      return work(db);
    } finally {
      db.close();
    }
  }

  function withTokens<T>(work: (tokens: ReturnType<typeof createTokenStore>) => T): T {
    return withFile((db) => {
      return work(createTokenStore(db, { clock: Date.now, newId: createIdGenerator(Date.now, randomBytes) }));
    });
  }

  return {
    url: stub.url,
    file,
    stub,
    rows: () => withFile((db) => db.prepare<[], ConversationRow>('SELECT * FROM conversations ORDER BY id').all()),
    mint: (grants, more = {}) => withTokens((tokens) => tokens.create({ grants, ...more })),
    revoke: (id) => withTokens((tokens) => void tokens.revoke(id)),
    declareChannels(chatbotId, ...channelIds) {
      withFile((db) => {
        for (const id of channelIds) db.prepare('INSERT INTO channels VALUES (?, ?)').run(chatbotId, id);
      });
    },
    create(body, { chatbotId = 'my-chatbot', headers = {} } = {}) {
      const merged = { authorization: `Bearer ${all}`, 'content-type': 'application/json', ...headers };
      return send(stub.url, {
        path: pathOf(chatbotId),
        // A header given as undefined is left out.
        headers: Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)),
        body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      });
    },
    send: (sent) => send(stub.url, sent),
  };
}
