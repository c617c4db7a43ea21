import Sqlite from 'better-sqlite3';
import t from 'tap';
import type { StubOptions } from '../../../src/index.ts';
import { startTestStub, type TestStub, VALID } from '../../support/stub.ts';

interface Shown {
  requests: { id: string; request: { body: { name: string } } }[];
  dropped: number;
}

/** What the journal shows of a chatbot, or of all. */
async function show(stub: Pick<TestStub, 'send'>, chatbotId?: string): Promise<Shown> {
  const scope = chatbotId === undefined ? '' : `&chatbotId=${chatbotId}`;
  return (await stub.send({ method: 'GET', path: `/__admin/requests?limit=1000${scope}` })).json;
}

const namesIn = ({ requests }: Shown): string[] => requests.map(({ request }) => request.body.name);

async function createNamed(stub: TestStub, chatbotId: string, names: string[]): Promise<void> {
  for (const name of names) await stub.create({ ...VALID, name }, { chatbotId });
}

const limited = (limits: object): StubOptions => limits as StubOptions;

t.test('when the journal is full, the oldest of a chatbot that has more than a tenth go first', async (t) => {
  const stub = await startTestStub(t, limited({ journalEntries: 6 }));
  await createNamed(stub, 'quiet', ['q1', 'q2']);
  await createNamed(stub, 'noisy', ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7']);
  t.match(await show(stub, 'quiet'), { dropped: 0 });
  t.same(namesIn(await show(stub, 'quiet')), ['q1', 'q2']);
  t.same(namesIn(await show(stub, 'noisy')), ['n4', 'n5', 'n6', 'n7']);
  t.equal((await show(stub, 'noisy')).dropped, 3);
  t.equal((await show(stub)).dropped, 3);
});

t.test(
  'the journal is bounded by bytes, too: the oldest of a chatbot that has more than a tenth of them go first',
  async (t) => {
    const stub = await startTestStub(t, limited({ journalBytes: 60_000 }));
    await createNamed(stub, 'quiet', ['q1', 'q2', 'q3']);
    await createNamed(
      stub,
      'large',
      ['1', '2', '3'].map((name) => name.repeat(20_000)),
    );
    t.same(namesIn(await show(stub, 'quiet')), ['q1', 'q2', 'q3']);
    t.same(
      namesIn(await show(stub, 'large')).map(([first]) => first),
      ['2', '3'],
    );
    t.match(await show(stub, 'large'), { dropped: 1 });
    await createNamed(stub, 'huge', ['x'.repeat(70_000)]);
    t.match(await show(stub, 'huge'), { requests: [], dropped: 1 }, 'one that is larger than the journal');
    t.same(namesIn(await show(stub, 'quiet')), ['q1', 'q2', 'q3']);
  },
);

t.test('entries and the count of those dropped survive a restart, and the limits hold on', async (t) => {
  const first = await startTestStub(t, limited({ journalEntries: 3 }));
  await createNamed(first, 'a', ['1', '2', '3', '4']);
  const before = await show(first, 'a');
  await first.stub.close();
  const second = await startTestStub(t, limited({ journalEntries: 3, database: first.file }));
  t.same(await show(second, 'a'), before);
  t.equal(before.dropped, 1);
  await createNamed(second, 'a', ['5']);
  t.same(namesIn(await show(second, 'a')), ['3', '4', '5']);
  t.equal((await show(second)).dropped, 2);
});

t.test("deleting a chatbot's requests makes room and forgets what was dropped, of that chatbot only", async (t) => {
  const stub = await startTestStub(t, limited({ journalEntries: 4 }));
  await createNamed(stub, 'a', ['a1', 'a2', 'a3', 'a4', 'a5']);
  await createNamed(stub, 'b', ['b1']);
  t.equal((await show(stub)).dropped, 2);
  const deleted = await stub.send({ method: 'DELETE', path: '/__admin/requests?chatbotId=a' });
  t.equal(deleted.status, 204);
  t.same(await show(stub, 'a'), { requests: [], dropped: 0 });
  await stub.send({ method: 'DELETE', path: '/__admin/requests?chatbotId=unknown' });
  await createNamed(stub, 'b', ['b2', 'b3', 'b4']);
  t.same(namesIn(await show(stub, 'b')), ['b1', 'b2', 'b3', 'b4'], 'there is room');
  await createNamed(stub, 'b', ['b5']);
  t.equal((await show(stub, 'b')).dropped, 1);
  await stub.send({ method: 'DELETE', path: '/__admin/requests?all=true' });
  t.same(await show(stub), { requests: [], dropped: 0 });
  await createNamed(stub, 'c', ['c1', 'c2', 'c3', 'c4', 'c5']);
  t.same(namesIn(await show(stub)), ['c2', 'c3', 'c4', 'c5']);
});

/** Makes storage refuse: a statement alone (ABORT), or the whole group of writes that it is in (ROLLBACK). */
function refuse(stub: TestStub, how: 'ABORT' | 'ROLLBACK', table: string): () => void {
  const run = (sql: string): void => {
    const db = new Sqlite(stub.file);
    db.exec(sql);
    db.close();
  };
  run(`CREATE TRIGGER refusal BEFORE INSERT ON ${table} BEGIN SELECT RAISE(${how}, 'no'); END`);
  return () => run('DROP TRIGGER refusal');
}

t.test('an entry that storage refuses counts as dropped, takes no room and costs no answer', async (t) => {
  const stub = await startTestStub(t, limited({ journalEntries: 4 }));
  await createNamed(stub, 'a', ['1']);
  // Each look waits until the entry is written, or refused: what is written with it would be refused together with it.
  t.match(await show(stub, 'a'), { requests: [{}], dropped: 0 });
  let accept = refuse(stub, 'ABORT', 'requests');
  t.equal((await stub.create(VALID, { chatbotId: 'a' })).status, 201);
  t.match(await show(stub, 'a'), { requests: [{}], dropped: 1 });
  accept();
  accept = refuse(stub, 'ROLLBACK', 'requests');
  t.equal((await stub.create(VALID, { chatbotId: 'a' })).status, 201);
  t.match(await show(stub, 'a'), { requests: [{}], dropped: 2 });
  t.match(await show(stub), { dropped: 2 });
  accept();
  accept = refuse(stub, 'ROLLBACK', 'dropped_requests');
  t.equal((await stub.create(VALID, { chatbotId: 'b' })).status, 201);
  t.match(await show(stub, 'b'), { requests: [], dropped: 1 });
  t.match(await show(stub, 'a'), { dropped: 2 }, 'a group failed in which the number was to be stored');
  accept();
  await createNamed(stub, 'a', ['2', '3', '4']);
  t.same(namesIn(await show(stub, 'a')), ['1', '2', '3', '4'], 'there is room');
  t.match(await show(stub), { dropped: 3 });
  await createNamed(stub, 'a', ['5']);
  t.same(namesIn(await show(stub, 'a')), ['2', '3', '4', '5']);
  t.match(await show(stub), { dropped: 4 });
});

t.test('deleting requests forgets what storage refused, too', async (t) => {
  const stub = await startTestStub(t);
  const accept = refuse(stub, 'ABORT', 'requests');
  for (const chatbotId of ['a', 'b', 'c']) await createNamed(stub, chatbotId, ['1']);
  t.match(await show(stub), { dropped: 3 });
  await stub.send({ method: 'DELETE', path: '/__admin/requests?chatbotId=a' });
  t.match(await show(stub), { dropped: 2 });
  t.match(await show(stub, 'a'), { dropped: 0 });
  await stub.send({ method: 'DELETE', path: '/__admin/requests?all=true' });
  t.match(await show(stub), { dropped: 0 });
  accept();
});

t.test('the count of what storage refused survives a restart, once storage took anything again', async (t) => {
  const stub = await startTestStub(t);
  const accept = refuse(stub, 'ABORT', 'requests');
  await createNamed(stub, 'a', ['1', '2']);
  await show(stub);
  accept();
  await createNamed(stub, 'b', ['3']);
  await stub.stub.close();
  const again = await startTestStub(t, { database: stub.file });
  t.match(await show(again, 'a'), { requests: [], dropped: 2 });
});
