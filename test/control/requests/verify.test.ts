import t from 'tap';
import type { StubOptions } from '../../../src/index.ts';
import { type Answer, pathOf, send, startTestStub, type TestStub, VALID } from '../../support/stub.ts';

const ask = (stub: Pick<TestStub, 'url'>, what: 'count' | 'wait', body: unknown): Promise<Answer> =>
  send(stub.url, {
    path: `/__admin/requests/${what}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

t.test('what a match names must be so, and what it does not name may be anything', async (t) => {
  const stub = await startTestStub(t);
  await stub.create(
    { ...VALID, name: 'John', tags: [{ a: 1, b: 2 }, 'x'] },
    { chatbotId: 'a', headers: { 'X-Mine': 'yes' } },
  );
  await stub.create({ ...VALID, name: 1 }, { chatbotId: 'a' });
  await stub.create('text', { chatbotId: 'a', headers: { 'content-type': 'text/plain' } });
  await stub.create({ ...VALID, name: 'Jane', 'a/b': { '~': [0] } }, { chatbotId: 'b' });
  await stub.send({ method: 'GET', path: '/v1?q=1' });
  const rows: [match: object, count: number][] = [
    [{}, 5],
    [{ chatbotId: 'a' }, 3],
    [{ chatbotId: { $regex: '^[ab]$' } }, 4],
    [{ chatbotId: null }, 1],
    [{ chatbotId: { $exists: true } }, 4],
    [{ method: 'post' }, 4],
    [{ method: { $regex: 'GET|PUT' } }, 1],
    [{ path: pathOf('b') }, 1],
    [{ path: { $regex: '^/v1/inbox/' } }, 4],
    [{ path: '/v1' }, 1],
    [{ status: 201 }, 2],
    [{ status: { $regex: '^4' } }, 3],
    [{ status: null }, 0],
    [{ headers: { 'X-MINE': 'yes' } }, 1],
    [{ headers: { 'x-mine': { $exists: false } } }, 4],
    [{ headers: { constructor: { $exists: true } } }, 0],
    [{ headers: { authorization: { $exists: true } } }, 4],
    [{ headers: { authorization: 'Bearer [redacted]' } }, 4],
    [{ headers: { authorization: { $regex: '^Bearer ' } } }, 4],
    [{ body: { name: 'John' } }, 1],
    [{ body: { name: { $regex: '^J' } } }, 2],
    [{ body: { tags: [{ a: 1 }, 'x'] } }, 1],
    [{ body: { tags: [{ a: 1 }] } }, 0],
    [{ body: 'text' }, 1],
    [{ body: { $exists: false } }, 1],
    [{ body: { $equals: { ...VALID, name: 1 } } }, 1],
    [{ pointers: { '/tags/0/b': 2 } }, 1],
    [{ pointers: { '/tags/00/b': 2 } }, 0],
    [{ pointers: { '/tags/length': 2 } }, 0],
    [{ pointers: { '/tags/-': { $exists: true } } }, 0],
    [{ pointers: { '/name/length/x': { $exists: true } } }, 0],
    [{ pointers: { '/a~1b/~0/0': 0 } }, 1],
    [{ pointers: { '': { name: 'Jane' } } }, 1],
    [{ pointers: { '/name': { $exists: true }, '/a~1b': { $exists: false } } }, 2],
    [{ chatbotId: 'a', status: 400, method: 'POST', path: pathOf('a'), body: { name: 1 } }, 1],
    [{ chatbotId: 'b', body: { name: 'John' } }, 0],
  ];
  for (const [match, count] of rows) {
    const name = JSON.stringify(match);
    t.match(await ask(stub, 'count', { match }), { status: 200, json: { count } }, name);
    t.same((await ask(stub, 'count', match)).json, { count }, `bare: ${name}`);
  }
});

t.test('a match that cannot be is a 400 that names its place and what would be right', async (t) => {
  const stub = await startTestStub(t);
  const rows: [what: 'count' | 'wait', body: unknown, pointer: string, says: RegExp][] = [
    ['count', { match: { metod: 'GET' } }, '/match', /unknown property metod \(did you mean method\?\)/],
    ['count', { metod: 'GET' }, '', /did you mean method\?/],
    ['count', { match: {}, status: 201 }, '/status', /stands beside match: put it inside/],
    ['count', { match: { status: '201' } }, '/match/status', /must be a whole number, null, \{"\$regex"/],
    ['count', { match: { status: {} } }, '/match/status', /has no operator: use \{"\$regex"/],
    ['count', { status: { $gte: 400 } }, '/status/$gte', /is no operator/],
    ['count', { match: { chatbotId: { $regexp: 'a' } } }, '/match/chatbotId/$regexp', /did you mean \$regex\?/],
    ['count', { match: { method: { $exists: 1 } } }, '/match/method/$exists', /must be true or false/],
    ['count', { match: { path: '/v1?a=1' } }, '/match/path', /without the query/],
    [
      'count',
      { match: { headers: { 'a/b': { $regex: '(' } } } },
      '/match/headers/a~1b/$regex',
      /no regular expression/,
    ],
    ['count', { match: { headers: { a: 1 } } }, '/match/headers/a', /must be a text, /],
    ['count', { match: { headers: { Authorization: 'Bearer secret' } } }, '/match/headers/Authorization', /"\$exists"/],
    [
      'count',
      { match: { headers: { 'x-chatcaptain-key': { $equals: 'k' } } } },
      '/match/headers/x-chatcaptain-key',
      /redacted/,
    ],
    ['count', { match: { body: [{ $exits: true }] } }, '/match/body/0/$exits', /did you mean \$exists\?/],
    ['count', { match: { pointers: { name: 1 } } }, '/match/pointers/name', /begins with \/, as in \/name/],
    ['count', { match: { pointers: { '#/name': 1 } } }, '/match/pointers/#~1name', /as in \/name/],
    ['count', { match: { pointers: { '/a~b': 1 } } }, '/match/pointers/~1a~0b', /write ~ as ~0/],
    ['wait', {}, '', /lacks match/],
    ['wait', { match: { body: { $regex: 1 } } }, '/match/body/$regex', /as a text/],
    ['wait', { match: {}, count: 0 }, '/count', />= 1/],
    ['wait', { match: {}, count: 1001 }, '/count', /<= 1000/],
    ['wait', { match: {}, timeoutMs: 60_001 }, '/timeoutMs', /<= 60000/],
    ['wait', { match: {}, timeout: 1 }, '', /did you mean timeoutMs\?/],
  ];
  for (const [what, body, pointer, says] of rows) {
    const { status, headers, json, text } = await ask(stub, what, body);
    const name = JSON.stringify(body);
    t.equal(status, 400, name);
    t.equal(headers['content-type'], 'application/problem+json; charset=utf-8', name);
    t.match(json.errors, [{ pointer, detail: says }], name);
    t.match(json.detail, says, name);
    t.notMatch(text, 'secret');
  }
});

t.test('a count may be too low where the journal has dropped entries, and says by how many', async (t) => {
  const stub = await startTestStub(t, { journalEntries: 2 } as StubOptions);
  for (const name of ['1', '2', '3']) await stub.create({ ...VALID, name }, { chatbotId: 'a' });
  t.same((await ask(stub, 'count', { chatbotId: 'a' })).json, { count: 2, dropped: 1 });
  t.same((await ask(stub, 'count', {})).json, { count: 2, dropped: 1 });
  t.same((await ask(stub, 'count', { chatbotId: 'b' })).json, { count: 0 });
  const { json } = await ask(stub, 'wait', { match: { chatbotId: 'a' }, count: 3, timeoutMs: 0 });
  t.match(json, {
    found: 2,
    detail:
      /2 of 3 .* No other request of chatbot a has arrived\. The journal has dropped 1 before: raise STUB_JOURNAL_ENTRIES or STUB_JOURNAL_BYTES/,
  });
});
