// How long the control plane takes: node bench/control-plane.ts [RUNS]. Each figure is the time of a whole request, and
// stands beside what SQLite alone takes for inserting the same rows, measured in the same run: compare the ratios.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { startStub } from '../src/start.ts';
import { add, measure, report, say, times } from './measurements.ts';

const RUNS = Number(process.argv[2] ?? 15);
const MANY = 10_000;
const CHATBOTS = 200;
const EACH = 1000;
const JOURNAL = 10_000;

/** Puts conversations in as the server would store them, all in one transaction. */
function insert(db: Database, chatbotId: string, count: number): void {
  const statement = db.prepare(`INSERT INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?)`);
  db.transaction(() => {
    for (let index = 0; index < count; index++) {
      const [id, name] = [`0VZFs2bB${String(index).padStart(12, '0')}`, `John Doe ${index}`];
      const [email, phone] = ['john.doe@example.com', '+4917612345678'];
      statement.run(chatbotId, id, 'sTjncRDMuTdv65ex4I05', name, email, phone, '2026-11-23T12:00:00.000Z');
    }
  })();
}

/** A full journal, to which each chatbot has brought the same. */
function fillJournal(db: Database, chatbotIds: string[]): void {
  const headers = JSON.stringify({ 'content-type': 'application/json', 'user-agent': 'bench', host: '127.0.0.1' });
  const statement = db.prepare(
    `INSERT INTO requests (id, time, method, path, chatbot_id, status, duration_ms, request_headers, request_body,
       response_headers, decisions, bytes)
     VALUES (?, '2026-11-23T12:00:00.000Z', 'POST', '/v1/inbox/x/conversations', ?, 201, 0.8, ?, '{}', ?, '[]', 500)`,
  );
  db.transaction(() => {
    for (let index = 0; index < JOURNAL; index++) {
      statement.run(`request-${index}`, chatbotIds[index % chatbotIds.length], headers, headers);
    }
  })();
}

/** The same rows into an empty table of the same make, in a file of its own. */
function baseline(file: string, like: Database): void {
  const db = new Sqlite(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = normal');
  const sql = like.prepare<[], string>(`SELECT sql FROM sqlite_schema WHERE name = 'conversations'`).pluck();
  db.exec(sql.get() as string);
  const start = performance.now();
  insert(db, 'big', MANY);
  add(BASELINE, performance.now() - start);
  db.close();
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
}

const WAIT = 'from a request to the answer of its wait, 500 others waiting';
const PAST = `from a request to the answer of its wait, 500 others reading a journal of ${JOURNAL}`;
const BASELINE = `plain SQLite: insert ${MANY} rows`;

const folder = mkdtempSync(path.join(tmpdir(), 'control-plane-'));
const database = path.join(folder, 'stub.sqlite');
const stub = await startStub({ database, token: 'bench-token' });
const db = new Sqlite(database);
try {
  await run();
} finally {
  db.close();
  await stub.close();
  rmSync(folder, { recursive: true });
}
report(() => BASELINE);

async function call(method: string, target: string): Promise<void> {
  const response = await fetch(`${stub.url}/__admin${target}`, { method });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${target}: ${response.status} ${text}`);
}

async function post(target: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: 'Bearer bench-token', 'content-type': 'application/json' };
  const text = JSON.stringify(body);
  return fetch(`${stub.url}${target}`, { method: 'POST', headers, body: text, ...(signal && { signal }) });
}

/** From sending a request to the answer of the one that waits for it, while others wait for other chatbots. */
async function measureWait(others: number): Promise<void> {
  const gone = new AbortController();
  const wait = (chatbotId: string, signal?: AbortSignal) =>
    post('/__admin/requests/wait', { match: { chatbotId }, timeoutMs: 60_000 }, signal);
  const waiting = Array.from({ length: others }, (_, index) => wait(`nobody-${index}`, gone.signal).catch(() => {}));
  const chatbotId = `waited-for-${times.get(WAIT)?.length ?? 0}`;
  const mine = wait(chatbotId);
  // The next answer on any connection comes after the server has read what was sent before.
  await call('GET', '/clock');
  await measure(WAIT, async () => {
    await Promise.all([post(`/v1/inbox/${chatbotId}/conversations`, { name: 'John Doe', channelId: 'web' }), mine]);
  });
  gone.abort();
  await Promise.all(waiting);
}

/** The same while all of them, and the one, look for it in a full journal: none names a chatbot. */
async function measurePast(others: number): Promise<void> {
  const gone = new AbortController();
  const wait = (name: string, signal?: AbortSignal) =>
    post('/__admin/requests/wait', { match: { body: { name } }, timeoutMs: 60_000 }, signal);
  const waiting = Array.from({ length: others }, (_, index) => wait(`nobody-${index}`, gone.signal).catch(() => {}));
  const name = `past-${times.get(PAST)?.length ?? 0}`;
  const mine = wait(name);
  await call('GET', '/clock');
  await measure(PAST, async () => {
    await Promise.all([post('/v1/inbox/past/conversations', { name, channelId: 'web' }), mine]);
  });
  gone.abort();
  await Promise.all(waiting);
  await call('GET', '/clock');
}

async function run(): Promise<void> {
  const small = Array.from({ length: CHATBOTS }, (_, index) => `chatbot-${index}`);
  say('filling');
  insert(db, 'big', MANY);
  for (const chatbotId of small) insert(db, chatbotId, EACH);
  fillJournal(db, small);
  await call('PUT', '/snapshots/base?chatbotId=big');
  for (let index = 0; index < RUNS; index++) {
    say(`run ${index + 1} of ${RUNS}`);
    baseline(path.join(folder, 'baseline.sqlite'), db);
    await measure(`snapshot of ${MANY} conversations`, () => call('PUT', '/snapshots/base?chatbotId=big'));
    await measure(`restore of ${MANY} conversations`, () => call('POST', '/snapshots/base/restore?chatbotId=big'));
    const chatbotId = small[index % CHATBOTS] as string;
    await measure(`reset of one chatbot among ${CHATBOTS} (${EACH} conversations each)`, () =>
      call('POST', `/reset?chatbotId=${chatbotId}`),
    );
    insert(db, chatbotId, EACH);
    await measure('a chatbot made', () => call('POST', '/chatbots'));
    await measure('a small answer, for comparison', () => call('GET', '/snapshots?chatbotId=big'));
  }
  // By themselves: what 500 connections leave behind would be measured with the others.
  for (let index = 0; index < RUNS; index++) {
    say(`wait ${index + 1} of ${RUNS}`);
    await measureWait(500);
    await measurePast(500);
  }
  say('');
}
