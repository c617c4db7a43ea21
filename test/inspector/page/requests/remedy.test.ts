import t from 'tap';
import { remedyFor } from '../../../../src/inspector/page/requests/remedy.ts';
import { send, startTestStub, VALID } from '../../../support/stub.ts';
import { exampleRequest } from './example-request.ts';

const failing = (step: string, outcome: string, detail = 'why') => ({
  ...exampleRequest(),
  decisions: [{ step, outcome, detail }],
});

t.test('a refused permission leads to a token that would have it, from what the server really says', async (t) => {
  const stub = await startTestStub(t);
  const made = await send(stub.url, { path: '/__admin/chatbots' });
  const chatbotId = 'a b; x on chatbots/c is needed 👩‍💻';
  const refused = await send(stub.url, {
    path: `/v1/inbox/${encodeURIComponent(chatbotId)}/conversations`,
    headers: { authorization: `Bearer ${made.json.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(VALID),
  });
  t.equal(refused.status, 403);
  const id = refused.headers['x-stub-request-id'];
  const { json } = await send(stub.url, { method: 'GET', path: `/__admin/requests/${id}` });
  const remedy = remedyFor(json);
  t.match(remedy, { step: 'permission', text: /^Use a token that holds chatbots\.inbox\.conversations\.create on / });
  const query = new URL(remedy?.action?.href as string, 'http://x').searchParams;
  t.same(
    [...query],
    [
      ['make', 'token'],
      ['permission', 'chatbots.inbox.conversations.create'],
      ['chatbot', chatbotId],
    ],
  );
});

t.test('each step at which a request can end has its remedy', async (t) => {
  for (const step of ['routed', 'parsed', 'credential', 'permission', 'validated', 'channel']) {
    t.match(remedyFor(failing(step, 'refused')), { step, text: /^[A-Z].*\.$/ });
  }
  for (const step of ['stored', 'upstream', 'contract', 'sent'])
    t.match(remedyFor(failing(step, 'failed')), { step, text: /^[A-Z].*\.$/ });
  t.match(remedyFor(failing('fault', 'applied')), { action: { href: '/faults?chatbotId=shop' } });
  t.match(remedyFor({ ...failing('fault', 'applied'), chatbotId: null }), { action: { href: '/faults' } });
  t.match(remedyFor({ ...failing('credential', 'refused'), chatbotId: null }), {
    action: { href: /chatbot=%2A|chatbot=\*/ },
  });
  t.match(remedyFor(failing('to come', 'refused')), { text: 'The answer below says what to do.' });
});

t.test('nothing is to be mended where all is well, or only slow as it was asked for', async (t) => {
  t.equal(remedyFor(failing('stored', 'passed')), undefined);
  t.match(remedyFor(failing('preference', 'applied')), { step: 'preference' });
  t.equal(remedyFor({ ...failing('preference', 'applied', 'delay=20'), status: 201 }), undefined);
});
