// A server under mixed traffic for a while: `npm run soak -- MINUTES`, and seconds in `npm test`.
import { statSync } from 'node:fs';
import { Agent, get } from 'node:http';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { admin, type Made } from '../support/admin.ts';
import { serve } from '../support/command.ts';
import { canLook, holdingOf } from './support/process.ts';
import { ask, type Client, FAULTS, type Seen, send } from './support/traffic.ts';

const [, , minutes] = process.argv;
const SECONDS = minutes === undefined ? 12 : Number(minutes) * 60;
const ENTRIES = 500;
const BYTES = 1_000_000;
const CLIENTS = 8;

// tap sets one for files that it runs; Node alone runs the long form.
if (minutes !== undefined) t.setTimeout((SECONDS + 120) * 1000);

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The thread that makes the checkpoints comes with the load, and has the database's three files, and its event loop's. */
const OF_THE_THREAD = 10;

t.test('a server under mixed traffic loses nothing, keeps to its bounds and closes cleanly', async (t) => {
  const cwd = t.testdir();
  const file = `${cwd}/stub.sqlite`;
  const limits = ['--journal-entries', `${ENTRIES}`, '--journal-bytes', `${BYTES}`];
  const command = await serve(t, ['--database', file, '--log-level', 'warn', ...limits], { cwd });
  const { url } = command;
  const pid = command.child.pid as number;
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await admin({ url }, method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.json;
  };

  // Two that are only sent to, and one that is reset, saved and put back all the time.
  const [kept, other, churned] = (await Promise.all([1, 2, 3].map(() => call('POST', '/chatbots')))) as Made[];
  if (!kept || !other || !churned) return;
  for (const { chatbotId } of [kept, other, churned]) {
    for (const [name, effect] of Object.entries(FAULTS)) {
      await call('POST', '/faults', { match: { chatbotId, name: { $regex: `^${name} ` } }, effect });
    }
  }
  const end = Date.now() + SECONDS * 1000;
  let stopped = false;
  const isOver = (): boolean => stopped || Date.now() > end;
  const client = (one: Made, foreign: Made): Client => ({
    url,
    chatbotId: one.chatbotId,
    tokens: { good: one.token, foreign: foreign.token, unknown: 'nobody' },
    isOver,
  });
  const newSeen = (): Seen => ({ created: [], sent: 0, wrong: [] });
  const seen = Array.from({ length: CLIENTS }, newSeen);
  const ofChurned = newSeen();

  /** What is done on the side. */
  async function administer(): Promise<void> {
    const { chatbotId } = churned as Made;
    for (let round = 0; !isOver(); round++) {
      await call('PUT', `/snapshots/s${round % 3}?chatbotId=${chatbotId}`);
      await call('GET', '/requests?limit=50&order=desc');
      await call('GET', `/conversations?chatbotId=${chatbotId}&text=n1`);
      await call('POST', `/snapshots/s${round % 3}/restore?chatbotId=${chatbotId}`);
      await call('POST', '/requests/count', { match: { status: 201, body: { name: { $regex: '^n' } } } });
      await ask(url, new Agent(), 'POST', '/__admin/requests/wait', '', JSON.stringify({ match: {}, timeoutMs: 10 }));
      await call('GET', '/requests?format=har');
      if (round % 5 === 4) await call('DELETE', `/conversations?chatbotId=${chatbotId}`);
      await sleep(50);
    }
  }

  /** Reads events for a second, and leaves in the middle. */
  async function follow(): Promise<void> {
    while (!isOver()) {
      const request = get(`${url}/__admin/requests/stream`, (response) => response.resume().on('error', () => {}));
      request.on('error', () => {});
      await sleep(1000);
      request.destroy();
    }
  }

  const found: string[] = [];
  const halves: number[] = [];

  /** Looks at the bounds, from within and from without. */
  async function watch(): Promise<void> {
    const db = new Sqlite(file, { readonly: true });
    const measure = db.prepare<[], { entries: number; bytes: number }>(
      'SELECT count(*) AS entries, coalesce(sum(bytes), 0) AS bytes FROM requests',
    );
    for (let second = 0; !isOver(); second++) {
      const { entries, bytes } = measure.get() as { entries: number; bytes: number };
      if (entries > ENTRIES || bytes > BYTES) found.push(`the journal has ${entries} entries with ${bytes} bytes`);
      const ready = await ask(url, new Agent(), 'GET', '/readyz', '');
      if (ready.status !== 200) found.push(`readyz: ${ready.status} ${ready.text}`);
      if (canLook && second > SECONDS / 2) halves.push(holdingOf(pid).megabytes);
      if (minutes !== undefined && second % 10 === 0) t.comment(progress(second));
      await sleep(1000);
    }
    db.close();
  }

  function progress(second: number): string {
    const sent = seen.reduce((sum, one) => sum + one.sent, ofChurned.sent);
    const { megabytes, files } = canLook ? holdingOf(pid) : { megabytes: Number.NaN, files: 0 };
    const size = (statSync(file).size / 1024 / 1024).toFixed(1);
    return `${second} s: ${sent} requests, ${megabytes.toFixed()} MB of memory, ${size} MB of database, ${files} files`;
  }

  await sleep(200);
  const base = canLook ? holdingOf(pid) : undefined;
  try {
    await Promise.all([
      ...seen.map((one, index) => send(index % 2 ? client(kept, other) : client(other, kept), one)),
      send(client(churned, kept), ofChurned),
      administer(),
      follow(),
      watch(),
    ]);
  } finally {
    stopped = true;
  }
  t.comment(progress(SECONDS));

  t.same([...seen, ofChurned].flatMap(({ wrong }) => wrong).slice(0, 5), [], 'every answer is the one that is due');
  t.same(found.slice(0, 5), [], 'the journal is within its bounds, and the server ready, at every look');
  const created = seen.flatMap((one) => one.created).sort();
  t.ok(created.length > 100, `${created.length} conversations were acknowledged`);
  t.equal(new Set(created).size, created.length, 'no id was given twice');
  const { dropped } = await call('GET', '/requests?limit=1');
  t.ok(dropped > 0, `the journal was full: it has dropped ${dropped}`);
  if (base) {
    // A socket that was closed may be seen for a moment.
    const files = base.files + OF_THE_THREAD;
    let now = holdingOf(pid);
    for (let tries = 0; tries < 100 && (now.files > files || now.sockets > base.sockets); tries++) {
      await sleep(100);
      now = holdingOf(pid);
    }
    t.ok(now.files <= files, `${now.files} files are open, ${base.files} were`);
    t.ok(now.sockets <= base.sockets, `${now.sockets} sockets are open, ${base.sockets} were`);
    const middle = halves[0] ?? now.megabytes;
    t.ok(
      now.megabytes < middle * 1.5 + 50,
      `${now.megabytes.toFixed()} MB of memory, ${middle.toFixed()} in the middle`,
    );
  }
  t.equal((await ask(url, new Agent(), 'GET', '/readyz', '')).status, 200, 'it is ready still');

  command.child.kill('SIGTERM');
  const { code, stdout } = await command.ended;
  t.equal(code, 0, 'it closes cleanly');
  t.notMatch(stdout, /"level":[56]0/, 'and has logged no failure');
  const db = new Sqlite(file, { readonly: true });
  const stored = db
    .prepare<[string, string], string>('SELECT id FROM conversations WHERE chatbot_id IN (?, ?) ORDER BY id')
    .pluck()
    .all(kept.chatbotId, other.chatbotId);
  t.equal(stored.length, created.length, 'as many are stored as were acknowledged');
  t.same(stored.filter((id, index) => id !== created[index]).slice(0, 5), [], 'each of them exactly once');
  t.equal(db.pragma('integrity_check', { simple: true }), 'ok', 'the database is whole');
  db.close();
  // What is kept in the file: the conversations and the journal at its bound, each with room for its pages.
  const megabytes = statSync(file).size / 1024 / 1024;
  const most = 8 + (created.length + ofChurned.created.length) * 0.001;
  t.ok(megabytes < most, `the file has ${megabytes.toFixed(1)} MB, less than ${most.toFixed(1)}`);
});
