import t, { type Test } from 'tap';
import type { RequestView } from '../../../src/control/requests/view.ts';
import type { StubOptions } from '../../../src/index.ts';
import { type Answer, pathOf, sendRaw, startTestStub, type TestStub, VALID } from '../../support/stub.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const TOKEN = { authorization: 'Bearer test-token' };

const get = (stub: TestStub, query = ''): Promise<Answer> =>
  stub.send({ method: 'GET', path: `/__admin/requests${query}` });

/** A stub with some of everything in its journal; the ids by name. */
async function startWithRequests(t: Test): Promise<{ stub: TestStub; ids: Record<string, string> }> {
  const stub = await startTestStub(t);
  const ids: Record<string, string> = {};
  const keep = (name: string, { headers }: Answer): void => {
    ids[name] = String(headers['x-stub-request-id']);
  };
  keep('created', await stub.create({ ...VALID, name: 'Straße 50%_' }, { chatbotId: 'a' }));
  keep('invalid', await stub.create({ name: 1 }, { chatbotId: 'a', headers: { 'x-mine': 'Findable' } }));
  keep('other', await stub.create({ ...VALID, name: 'Jane' }, { chatbotId: 'b' }));
  keep('ascii', await stub.create('{"name":"J\\u00f6rg \\"Q\\"","channelId":"web"}', { chatbotId: 'b' }));
  keep('missing', await stub.send({ method: 'GET', path: '/v1/nothing?where=HERE' }));
  return { stub, ids };
}

t.test('requests are found by each filter, and by all of them together', async (t) => {
  const { stub, ids } = await startWithRequests(t);
  const rows: [query: string, names: string[]][] = [
    ['', ['created', 'invalid', 'other', 'ascii', 'missing']],
    ['?order=desc', ['missing', 'ascii', 'other', 'invalid', 'created']],
    ['?chatbotId=a', ['created', 'invalid']],
    ['?chatbotId=a&order=desc', ['invalid', 'created']],
    ['?chatbotId=nobody', []],
    ['?method=get', ['missing']],
    ['?status=201', ['created', 'other', 'ascii']],
    ['?status=4xx', ['invalid', 'missing']],
    ['?status=4XX&chatbotId=a&method=POST', ['invalid']],
    ['?status=none', []],
    [`?path=${pathOf('b')}`, ['other', 'ascii']],
    ['?text=findABLE', ['invalid']],
    ['?text=STRASSE', []],
    [`?text=${encodeURIComponent('sTRAßE 50%_')}`, ['created']],
    [`?text=${encodeURIComponent('jörg "Q')}`, []],
    [`?text=${encodeURIComponent('JÖRG')}`, ['ascii']],
    ['?text=where%3Dhere', ['missing']],
    ['?text=must%20be%20a%20string', ['invalid']],
    ['?text=%22rule%22', ['invalid']],
    ['?text=STUB_TOKEN&chatbotId=b', ['other', 'ascii']],
    [`?text=${"'; DROP TABLE requests; --"}`.replaceAll(' ', '%20'), []],
    [`?chatbotId=${"a'%20OR%201=1%20--"}`, []],
  ];
  for (const [query, names] of rows) {
    const { status, json } = await get(stub, query);
    t.equal(status, 200, query);
    t.same(
      json.requests.map(({ id }: RequestView) => id),
      names.map((name) => ids[name]),
      query,
    );
    t.equal(json.dropped, 0);
    t.notOk('nextCursor' in json, query);
  }
});

t.test('a query that cannot be answered is a 400 that says what would be right', async (t) => {
  const stub = await startTestStub(t);
  const rows: [query: string, says: RegExp][] = [
    ['?status=abc', /\/status must be a status such as 403, a class such as 4xx, or none/],
    ['?chatbot=a', /unknown property chatbot \(did you mean chatbotId\?\)/],
    ['?order=up', /asc \(oldest first\) or desc/],
    ['?format=xml', /json or har/],
    ['?limit=0', /limit/],
    ['?cursor=abc', /cursor is none of this list/],
    ['?cursor=abc&format=har', /cursor is none of this list/],
  ];
  for (const [query, says] of rows) {
    const { status, headers, json } = await get(stub, query);
    t.equal(status, 400, query);
    t.equal(headers['content-type'], 'application/problem+json; charset=utf-8');
    t.match(json.detail, says, query);
  }
});

t.test('pages begin where the last one ended, whatever comes and goes meanwhile', async (t) => {
  const stub = await startTestStub(t);
  // More than are read at once.
  const names = Array.from({ length: 230 }, (_, index) => `n${index}`);
  for (const name of names) await stub.create({ ...VALID, name }, { chatbotId: 'a' });
  for (const order of ['asc', 'desc']) {
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 4; page++) {
      const { json } = await get(stub, `?chatbotId=a&text=n&limit=60&order=${order}${cursor && `&cursor=${cursor}`}`);
      seen.push(...json.requests.map(({ request }: { request: { body: typeof VALID } }) => request.body.name));
      cursor = json.nextCursor ?? '';
      t.equal(cursor === '', page === 3, `page ${page}`);
      await stub.create({ ...VALID, name: 'n-other' }, { chatbotId: 'other' });
    }
    t.same(seen, order === 'asc' ? names : names.toReversed());
  }
});

t.test('a page ends early where the bodies are large', async (t) => {
  const stub = await startTestStub(t, { bodyLimit: 6_000_000 });
  const text = 'x'.repeat(220_000);
  for (let count = 0; count < 10; count++) await stub.create({ ...VALID, name: text }, { chatbotId: 'a' });
  const first = await get(stub);
  t.equal(first.json.requests.length, 9);
  const second = await get(stub, `?cursor=${first.json.nextCursor}`);
  t.equal(second.json.requests.length, 1);
  t.notOk('nextCursor' in second.json);
  await stub.create('x'.repeat(5_000_000), { chatbotId: 'b' });
  const [cut] = (await get(stub, '?chatbotId=b')).json.requests;
  t.equal(cut.request.body.length, 1024 * 1024, 'a body is cut after a mebibyte');
});

t.test('a reader sees every answer that has been sent', async (t) => {
  const stub = await startTestStub(t);
  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const { headers } = await stub.create(VALID, { chatbotId: `c${index}` });
      const id = headers['x-stub-request-id'];
      const [one, list] = await Promise.all([get(stub, `/${id}`), get(stub, `?chatbotId=c${index}`)]);
      t.match([one, list.json.requests], [{ status: 200, json: { id } }, [{ id }]]);
    }),
  );
});

t.test(
  'bodies are shown as JSON, as text or as base64, and as they came when they cannot be shown as JSON',
  async (t) => {
    const stub = await startTestStub(t);
    const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const rows: [name: string, body: string | Buffer, type: string, shown: object][] = [
      ['JSON', '{"a": [1, null]}', 'application/json; charset=utf-8', { body: { a: [1, null] } }],
      ['a JSON type', '{"a": 1}', 'application/vnd.api+json', { body: { a: 1 } }],
      ['not JSON by its type', '{"a": 1}', 'text/plain', { body: '{"a": 1}' }],
      ['not JSON', '{"a": ', 'application/json', { body: '{"a": ' }],
      ['nested too deep to be written', deep, 'application/json', { body: deep }],
      ['not UTF-8', Buffer.of(123, 255), 'application/json', { body: 'e/8=', bodyEncoding: 'base64' }],
    ];
    for (const [name, body, type, shown] of rows) {
      const { headers } = await stub.send({
        path: pathOf('x'),
        headers: { ...TOKEN, 'content-type': type },
        body,
      });
      const { status, json } = await get(stub, `/${headers['x-stub-request-id']}`);
      t.equal(status, 200, name);
      const { headers: _, ...message } = json.request;
      t.same(message, shown, name);
    }
    const { json } = await get(
      stub,
      `/${(await stub.send({ method: 'GET', path: '/v1' })).headers['x-stub-request-id']}`,
    );
    t.notOk('body' in json.request, 'no body');
    t.match(json, { chatbotId: null });
  },
);

t.test('404 for a request that the journal does not hold says that it may have been dropped', async (t) => {
  const stub = await startTestStub(t, { journalEntries: 1 } as StubOptions);
  const { headers } = await stub.create(VALID);
  await stub.create(VALID);
  const { status, json } = await get(stub, `/${headers['x-stub-request-id']}`);
  t.match({ status, json }, { status: 404, json: { status: 404, dropped: 1, detail: /has dropped 1 for its limits/ } });
});

t.test('deleting needs a scope, and takes the entries of that scope only', async (t) => {
  const { stub, ids } = await startWithRequests(t);
  const remove = (query: string): Promise<Answer> => stub.send({ method: 'DELETE', path: `/__admin/requests${query}` });
  t.match(await remove(''), { status: 400, json: { detail: /Say whose to delete requests/ } });
  t.equal((await get(stub)).json.requests.length, 5);
  t.match(await remove('?chatbotId=a'), { status: 204, text: '' });
  t.match((await get(stub)).json.requests, [{ id: ids['other'] }, { id: ids['ascii'] }, { id: ids['missing'] }]);
  t.equal((await remove('?all=true')).status, 204);
  t.same((await get(stub)).json.requests, []);
  t.equal((await get(stub, `/${ids['other']}`)).status, 404);
});

t.test('an archive holds valid URLs, whatever the Host was, and no credential that a query spells', async (t) => {
  const stub = await startTestStub(t);
  const heads = ['1.1', '1.0', '1.1\r\nhost:', '1.1\r\nhost: user@example.com', '1.1\r\nhost: example.com:81/x'];
  const rest = 'authorization: Bearer test-token\r\nconnection: close';
  for (const head of heads) {
    await sendRaw(stub.url, `GET /v1/x?a=%74est%2Dtoken&tok%65n=b HTTP/${head}\r\n${rest}\r\n\r\n`);
  }
  const { text, json } = await get(stub, '?format=har');
  t.same(
    json.log.entries.map(({ request }: { request: { url: string } }) => new URL(request.url).origin),
    ['http://localhost', 'http://localhost', 'http://localhost', 'http://example.com', 'http://example.com:81'],
  );
  t.same(json.log.entries[0].request.queryString, [
    { name: 'a', value: '[redacted]' },
    { name: 'token', value: '[redacted]' },
  ]);
  t.notMatch(text, 'test-token');
});

t.test('the archive holds all that match, as HAR 1.2', async (t) => {
  const stub = await startTestStub(t);
  t.same((await get(stub, '?format=har')).json.log.entries, []);
  for (let count = 0; count < 120; count++) await stub.create(VALID, { chatbotId: 'many' });
  t.equal((await get(stub, '?format=har&chatbotId=many&limit=5')).json.log.entries.length, 120);
  await stub.send({
    path: `${pathOf('a')}?x=1&y=%C3%A4`,
    headers: { ...TOKEN, ...JSON_TYPE, 'set-cookie': ['p', 'q'] },
    body: '{"name":1}',
  });
  await stub.send({ path: pathOf('a'), headers: { ...JSON_TYPE, host: 'not a host' }, body: Buffer.of(255) });
  await stub.send({ method: 'GET', path: '/v1' });
  await sendRaw(stub.url, `GET ${pathOf('a')} HTTP/1.1\r\nbroken\r\n\r\n`);
  await stub.send({ path: pathOf('a'), headers: { ...TOKEN, 'content-length': 1 }, body: 'x' });
  const { headers, json } = await get(stub, '?format=har&status=4xx');
  t.equal(headers['content-type'], 'application/json; charset=utf-8');
  t.match(headers['content-disposition'], /^attachment; filename=".+\.har"$/);
  t.match(json.log, {
    version: '1.2',
    comment: /HTTP\/1\.0/,
    creator: { name: 'chatcaptain-stub', version: /^\d+\.\d+\.\d+/ },
  });
  const [invalid, bytes, missing, broken, untyped] = json.log.entries;
  t.match(invalid, {
    startedDateTime: /^\d{4}-.*Z$/,
    time: Number,
    request: {
      method: 'POST',
      url: `${stub.url}${pathOf('a')}?x=1&y=%C3%A4`,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      queryString: [
        { name: 'x', value: '1' },
        { name: 'y', value: 'ä' },
      ],
      postData: { mimeType: 'application/json', text: '{"name":1}' },
      headersSize: -1,
      bodySize: 10,
    },
    response: {
      status: 400,
      statusText: 'Bad Request',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      content: { size: Number, mimeType: 'application/json; charset=utf-8', text: /must be a string/ },
      redirectURL: '',
      headersSize: -1,
      bodySize: Number,
    },
    cache: {},
    timings: { send: 0, wait: Number, receive: 0 },
    _id: /^[A-Za-z0-9]{20}$/,
    _chatbotId: 'a',
    _decisions: [{ step: 'parsed' }, { step: 'credential' }, {}, { outcome: 'refused' }],
  });
  t.ok(invalid.request.headers.some(({ name }: { name: string }) => name === 'content-type'));
  t.match(bytes.request, { url: `http://localhost${pathOf('a')}`, postData: { text: '/w==', _encoding: 'base64' } });
  t.match(missing, { _chatbotId: null, request: { bodySize: 0 } });
  t.notOk('postData' in missing.request);
  t.match(broken, { request: { url: `http://localhost${pathOf('a')}` }, response: { status: 400 } });
  t.match(untyped.request.postData, { mimeType: '', text: 'x' });
  await stub.create(VALID, { headers: { prefer: 'code=599' } });
  t.match((await get(stub, '?format=har&status=5xx')).json.log.entries, [
    { response: { status: 599, statusText: '' } },
  ]);
});
