// Many tests at once against one server, each with a chatbot of its own: none sees or disturbs another.
import t from 'tap';
import { admin } from '../support/admin.ts';
import { pathOf, startTestStub, type TestStub, VALID } from '../support/stub.ts';

const CHATBOTS = 50;
const ROUNDS = 3;

interface Chatbot {
  chatbotId: string;
  token: string;
}

async function create(stub: TestStub, { chatbotId, token }: Chatbot, name: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return (await stub.send({ path: pathOf(chatbotId), headers, body: JSON.stringify({ ...VALID, name }) })).status;
}

/** What one test does to its own chatbot, and exactly what must be left of it. */
async function suite(stub: TestStub, number: number): Promise<string[]> {
  const problems: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown): void => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      problems.push(`chatbot ${number}: ${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
  };
  const chatbot: Chatbot = (await admin(stub, 'POST', '/chatbots')).json;
  const { chatbotId } = chatbot;
  const mine = `chatbotId=${chatbotId}`;
  const conversations = async (): Promise<string[]> => {
    const { json } = await admin(stub, 'GET', `/conversations?${mine}`);
    return json.conversations.map(({ name }: { name: string }) => name).sort();
  };

  for (let round = 0; round < ROUNDS; round++) {
    // The number of each differs, so that a mix-up shows.
    const kept = 1 + (number % 4);
    const names = Array.from({ length: kept }, (_, index) => `${number}-${round}-${index}`);
    for (const name of names) expect('create', await create(stub, chatbot, name), 201);
    expect('snapshot', (await admin(stub, 'PUT', `/snapshots/base?${mine}`)).json.conversations, kept);

    const fault = { match: { chatbotId }, effect: { status: 500 + number }, times: 1 };
    expect('fault', (await admin(stub, 'POST', '/faults', fault)).status, 201);
    const answers = await Promise.all([1, 2, 3].map((index) => create(stub, chatbot, `extra ${index}`)));
    expect('one call is broken', answers.sort(), [201, 201, 500 + number]);
    expect('no fault is left', (await admin(stub, 'GET', `/faults?unfired=true&${mine}`)).json.faults, []);
    expect('all', (await conversations()).length, kept + 2);

    expect('restore', (await admin(stub, 'POST', `/snapshots/base/restore?${mine}`)).status, 200);
    expect('restored', await conversations(), names);
    expect('no fault came back', (await admin(stub, 'GET', `/faults?${mine}`)).json.faults, []);
    const counted = await admin(stub, 'POST', '/requests/count', { match: { chatbotId } });
    expect('journal', counted.json, { count: kept + 3 });
    const broken = await admin(stub, 'POST', '/requests/count', { match: { chatbotId, status: 500 + number } });
    expect('broken ones in the journal', broken.json, { count: 1 });

    const [first] = (await admin(stub, 'GET', `/requests?${mine}&limit=1`)).json.requests;
    const replayed = await admin(stub, 'POST', `/requests/${first.id}/replay`);
    expect('replay', [replayed.status, replayed.json.status], [201, 201]);
    expect('replayed', (await conversations()).length, kept + 1);

    expect('reset', (await admin(stub, 'POST', `/reset?${mine}`)).status, 200);
    expect('after the reset', await conversations(), []);
    expect('journal after', (await admin(stub, 'POST', '/requests/count', { match: { chatbotId } })).json, {
      count: 0,
    });
  }
  expect('the token still works', await create(stub, chatbot, `last of ${number}`), 201);
  expect('in the end', await conversations(), [`last of ${number}`]);
  expect('in the journal', (await admin(stub, 'POST', '/requests/count', { match: { chatbotId } })).json, { count: 1 });
  return problems;
}

t.test('50 chatbots at once, each resetting, snapshotting and faulting its own: every count is exact', async (t) => {
  const stub = await startTestStub(t);
  const suites = await Promise.all(Array.from({ length: CHATBOTS }, (_, number) => suite(stub, number)));
  t.same(suites.flat(), []);
  t.equal(stub.rows().length, CHATBOTS);
  t.same((await admin(stub, 'POST', '/requests/count', { match: {} })).json, { count: CHATBOTS });
});
