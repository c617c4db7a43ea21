// What a request target says, in any spelling: whose the request is, and whether the journal holds it.
import { Readable } from 'node:stream';
import t from 'tap';
import { keep } from '../../../src/control/requests/record.ts';
import { entriesOf, onlyEntry } from '../../support/journal.ts';
import { pathOf, sendRaw, startTestStub, VALID } from '../../support/stub.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const TOKEN = { authorization: 'Bearer test-token' };
const BODY = JSON.stringify(VALID);

t.test('the control plane leaves no entry in any spelling, and answers as in the usual one', async (t) => {
  const stub = await startTestStub(t);
  const token = 'a-token-that-somebody-chose';
  const minted = await stub.send({
    path: '/%5f%5fadmin/tokens',
    headers: JSON_TYPE,
    body: JSON.stringify({ grants: [{ permission: '*', resource: 'chatbots/*' }], token }),
  });
  t.match(minted, { status: 201, json: { token } });
  t.equal(minted.headers['link'], undefined);
  const har = await stub.send({ method: 'GET', path: '/%5F%5Fadmin/requests?format=har' });
  t.match(har, { status: 200, json: { log: { entries: [] } } });
  const { status, body } = await fetch(`${stub.url}/__%61dmin/requests/stream`);
  t.equal(status, 200);
  await body?.cancel();
  t.same(await entriesOf(stub), []);
});

t.test('of an answer that is a stream no body is kept', async (t) => {
  t.equal(keep(Readable.from(['a']), []), undefined);
  t.equal(keep('', []), undefined);
});

t.test('an entry belongs to the chatbot that was called, however its path is spelled', async (t) => {
  const stub = await startTestStub(t);
  const headers = { ...TOKEN, ...JSON_TYPE };
  t.equal((await stub.send({ path: '/%761/inbox/iso/conversations', headers, body: BODY })).status, 201);
  t.match(await onlyEntry(t, stub, 'v1'), { chatbotId: 'iso', path: '/%761/inbox/iso/conversations' });
  await stub.send({ path: '/v1/inbox/%69so/nothing', headers });
  t.match(await onlyEntry(t, stub, 'no route'), { chatbotId: 'iso', status: 404 });
  await stub.send({ path: '/v1/inbox/%69so/%ZZ', headers });
  t.match(await onlyEntry(t, stub, 'a bad URL'), { chatbotId: 'iso', status: 400 });
});

t.test('a chatbot that is called like the token in use is still counted, found and reset', async (t) => {
  const stub = await startTestStub(t, { token: 'my-chatbot-key' });
  const sent = { chatbotId: 'my-chatbot-key', headers: { authorization: 'Bearer my-chatbot-key' } };
  t.equal((await stub.create(VALID, sent)).status, 201);
  t.equal((await stub.create({}, sent)).status, 400);
  const body = JSON.stringify({ match: { chatbotId: 'my-chatbot-key' } });
  const count = await stub.send({ path: '/__admin/requests/count', headers: JSON_TYPE, body });
  t.same(count.json, { count: 2 });
  const list = await stub.send({ method: 'GET', path: '/__admin/requests?chatbotId=my-chatbot-key' });
  t.match(list.json.requests, [{ chatbotId: 'my-chatbot-key', path: '/v1/inbox/[redacted]/conversations' }, {}]);
  t.equal((await stub.send({ path: '/__admin/reset?chatbotId=my-chatbot-key' })).status, 200);
  t.same(await entriesOf(stub), []);
});

t.test('the user of an absolute target is in no answer and no entry', async (t) => {
  const stub = await startTestStub(t);
  for (const target of ['/v1/nothing', '/nothing', pathOf('x')]) {
    const head = `PUT http://user:hunter22@localhost${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
    const text = await sendRaw(stub.url, head);
    t.match(text, `Cannot PUT ${target}`);
    t.notMatch(text, 'hunter22');
    const entry = await onlyEntry(t, stub, target);
    t.equal(entry.path, target);
    t.notMatch(JSON.stringify(entry), 'hunter22');
  }
});
