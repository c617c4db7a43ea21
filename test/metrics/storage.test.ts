import { statSync } from 'node:fs';
import t from 'tap';
import { admin, inFile } from '../support/admin.ts';
import { startTestStub, VALID } from '../support/stub.ts';
import { scrape } from './exposition.ts';
import { openServer } from './server.ts';

const ENTRIES = 'chatcaptain_stub_journal_entries';
const BYTES = 'chatcaptain_stub_journal_bytes';
const DROPPED = 'chatcaptain_stub_journal_dropped_total';
const DATABASE = 'chatcaptain_stub_database_bytes';
const WAL = 'chatcaptain_stub_wal_bytes';

t.test('the journal: how much is in it, and how much it has dropped, which no reset takes back', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on', journalEntries: 10 });
  const journal = async () => {
    const { value } = await scrape(stub);
    return [value(ENTRIES), value(DROPPED)];
  };
  const create = async (count: number) => {
    for (let index = 0; index < count; index++) await stub.create(VALID);
    await admin(stub, 'GET', '/requests');
  };
  t.same(await journal(), [0, 0]);
  await create(7);
  t.same(await journal(), [7, 0]);
  const bytes = inFile(stub, (db) => db.prepare<[], number>('SELECT sum(bytes) FROM requests').pluck().get());
  t.equal((await scrape(stub)).value(BYTES), bytes);
  await create(6);
  t.same(await journal(), [10, 3]);
  await admin(stub, 'DELETE', '/requests?all=true');
  t.same(await journal(), [0, 3], 'read anew, since what was known of it is gone');
  await create(11);
  t.same(await journal(), [10, 4]);
  await admin(stub, 'POST', '/reset?chatbotId=my-chatbot');
  t.same(await journal(), [0, 4]);
});

t.test('the journal: a limit in bytes drops as well', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on', journalBytes: 2000 });
  for (let index = 0; index < 5; index++) await stub.create(VALID);
  await admin(stub, 'GET', '/requests');
  const { value } = await scrape(stub);
  t.ok(value(BYTES) <= 2000 && value(BYTES) > 0);
  t.equal(value(DROPPED), 5 - value(ENTRIES));
});

t.test('the journal: what storage refused is dropped, and what was to go for it is not', async (t) => {
  const { app, context, scrape } = await openServer(t, { journalEntries: 1 });
  const count = async () => {
    await app.inject('/nothing');
    await context.journal.settled();
    const { value } = await scrape();
    return [value(ENTRIES), value(DROPPED)];
  };
  t.same(await count(), [1, 0]);
  context.db.pragma('query_only = on');
  t.same(await count(), [1, 1]);
  context.db.pragma('query_only = off');
  t.same(await count(), [1, 2]);
});

t.test('the files: their sizes on the disk', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on' });
  await stub.create(VALID);
  await admin(stub, 'GET', '/requests');
  const { value } = await scrape(stub);
  t.equal(value(DATABASE), statSync(stub.file).size);
  t.equal(value(WAL), statSync(`${stub.file}-wal`).size);
  t.ok(value(WAL) > 0);

  const folder = t.testdir({ link: t.fixture('symlink', 'real.sqlite') });
  const linked = await startTestStub(t, { metrics: 'on', database: `${folder}/link` });
  await linked.create(VALID);
  await admin(linked, 'GET', '/requests');
  t.equal((await scrape(linked)).value(WAL), statSync(`${folder}/real.sqlite-wal`).size, 'beside the file itself');
});

t.test('the files: 0 in memory, and where there is no log', async (t) => {
  const { context, scrape } = await openServer(t);
  let { samples } = await scrape();
  t.equal(samples.get(DATABASE), 0);
  t.equal(samples.get(WAL), 0);
  const onDisk = await openServer(t, { database: `${t.testdir()}/stub.sqlite` });
  onDisk.context.db.pragma('journal_mode = DELETE');
  ({ samples } = await onDisk.scrape());
  t.equal(samples.get(WAL), 0);
  t.ok((samples.get(DATABASE) ?? 0) > 4096);
  context.db.close();
});

t.test('what cannot be read is left out, and the others are answered', async (t) => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const { context, scrape } = await openServer(t, { logLevel: 'debug' }, destination);
  const whole = await scrape();
  // After it nobody knows how much there is.
  context.journal.forget();
  context.db.close();
  const broken = await scrape();
  t.same([...broken.families.keys()], [...whole.families.keys()]);
  const missing = [...whole.samples.keys()].filter((key) => !broken.samples.has(key) && !key.includes('eventloop'));
  t.same(missing, [ENTRIES, BYTES]);
  const [line] = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'could not be read for /metrics');
  t.match(line, { level: 20, metric: ENTRIES, err: { message: /not open/ } });
});
