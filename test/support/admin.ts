// What a test does on the control plane.
import type { OutgoingHttpHeaders } from 'node:http';
import Sqlite from 'better-sqlite3';
import { type Answer, send, type TestStub, VALID } from './stub.ts';

export interface Made {
  chatbotId: string;
  token: string;
  tokenId: string;
  channelIds: string[];
}

/** Sends one request to the control plane; `path` without its prefix. A body is sent as JSON. */
export function admin(
  { url }: { url: string },
  method: string,
  path: string,
  body?: unknown,
  headers: OutgoingHttpHeaders = {},
): Promise<Answer> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  return send(url, {
    method,
    path: `/__admin${path}`,
    headers: { ...json, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

export async function makeChatbot(stub: TestStub, body?: unknown): Promise<Made> {
  const answer = await admin(stub, 'POST', '/chatbots', body);
  if (answer.status !== 201) throw new Error(`no chatbot was made: ${answer.text}`);
  return answer.json;
}

/** Posts a conversation with the chatbot's own token, in a channel that it takes. */
export function createIn(stub: TestStub, made: Made, body: object = {}, headers: object = {}): Promise<Answer> {
  return stub.create(
    { ...VALID, channelId: made.channelIds[0], ...body },
    { chatbotId: encodeURIComponent(made.chatbotId), headers: { authorization: `Bearer ${made.token}`, ...headers } },
  );
}

/** Makes this many conversations and returns their ids, in order. */
export async function fill(stub: TestStub, made: Made, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    ids.push((await createIn(stub, made, { name: `Contact ${index}` })).json.conversationId);
  }
  return ids;
}

/** The ids of a chatbot's conversations, as the control plane tells them, in order. */
export async function conversationIds(stub: Pick<TestStub, 'url'>, chatbotId: string): Promise<string[]> {
  const { json } = await admin(stub, 'GET', `/conversations?limit=1000&chatbotId=${encodeURIComponent(chatbotId)}`);
  return json.conversations.map(({ id }: { id: string }) => id);
}

/** Looks into the file as another program does. */
export function inFile<T>({ file }: Pick<TestStub, 'file'>, work: (db: Sqlite.Database) => T): T {
  const db = new Sqlite(file);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** How many rows of each table belong to a chatbot. */
export function rowsOf(stub: TestStub, chatbotId: string): Record<string, number> {
  return inFile(stub, (db) => {
    const tables = ['conversations', 'channels', 'tokens', 'requests', 'dropped_requests', 'faults', 'snapshots'];
    const counts = [...tables, 'snapshot_conversations', 'turns', 'seeded'].map((table) => {
      const count = db.prepare<[string], number>(`SELECT count(*) FROM ${table} WHERE chatbot_id = ?`).pluck();
      return [table, count.get(chatbotId)];
    });
    const chatbots = db.prepare<[string], number>('SELECT count(*) FROM chatbots WHERE id = ?').pluck().get(chatbotId);
    return Object.fromEntries([...counts, ['chatbots', chatbots]]);
  });
}

/** Puts a row into each table that other parts of the control plane write: a fault that never fires, and so on. */
export function leaveTraces(stub: TestStub, chatbotId: string): void {
  inFile(stub, (db) => {
    const definition = JSON.stringify({ match: { chatbotId, channelId: 'never' }, effect: { status: 500 } });
    db.prepare('INSERT INTO faults (id, chatbot_id, definition, fired, created_at) VALUES (?, ?, ?, 3, ?)').run(
      `fault of ${chatbotId}`,
      chatbotId,
      definition,
      '2026-01-01T00:00:00.000Z',
    );
    db.prepare('INSERT INTO dropped_requests VALUES (?, 5) ON CONFLICT DO NOTHING').run(chatbotId);
    db.prepare('INSERT INTO turns VALUES (?, 7) ON CONFLICT DO NOTHING').run(chatbotId);
  });
}
