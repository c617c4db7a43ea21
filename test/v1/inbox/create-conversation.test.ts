import t, { type Test } from 'tap';
import { authContract } from '../../support/auth-contract.ts';
import { PERMISSION, pathOf, sendRaw, startTestStub, type TestStub, VALID } from '../../support/stub.ts';

const ALL_FIELDS = { ...VALID, email: 'john.doe@example.com', phone: '+4917612345678' };
const ID = /^[A-Za-z0-9]{20}$/;

t.test('who may', (t) =>
  authContract(t, {
    permission: PERMISSION,
    success: 201,
    request: (stub, chatbotId, headers) => post(stub, chatbotId, VALID, headers),
    invalidRequest: (stub, chatbotId, headers) => post(stub, chatbotId, { name: 1 }, headers),
    traces: (stub) => stub.rows(),
  }),
);

function post(stub: TestStub, chatbotId: string, body: unknown, headers: Record<string, unknown>) {
  return stub.send({
    path: pathOf(chatbotId),
    headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
    body: JSON.stringify(body),
  });
}

t.test('201 with an id of 20 letters and digits, and stored exactly', async (t) => {
  const stub = await startTestStub(t);
  const bodies: [name: string, body: Record<string, string>][] = [
    ['all four fields', ALL_FIELDS],
    ['only name and channelId', VALID],
    ['empty strings', { name: '', channelId: '', phone: '' }],
    ['emoji', { name: '👩‍👩‍👧 🏳️‍🌈', channelId: '📱' }],
    ['right-to-left', { name: 'שלום مرحبا ‮abc', channelId: 'web' }],
    ['a NUL character', { name: 'a\u0000b', channelId: '\u0000', phone: '\u0000\u0001' }],
    ['combining characters, not normalised', { name: 'e\u0301 é', channelId: 'A\u030A' }],
    ['quotes, backslashes, SQL', { name: `"';\\ DROP TABLE conversations; --`, channelId: '%_' }],
    ['10,000 characters', { name: 'ä'.repeat(10_000), channelId: 'c'.repeat(10_000) }],
    ['white space and line ends', { name: ' \t\r\n ', channelId: '\u2028' }],
    ['the noncharacters and a BOM', { name: '\ufeff\uffff\ufffe', channelId: '\ufdd0' }],
  ];
  const ids = new Set<string>();
  for (const [name, body] of bodies) {
    const before = new Date().toISOString();
    const answer = await stub.create(body);
    const after = new Date().toISOString();
    t.equal(answer.status, 201, name);
    t.same(Object.keys(answer.json), ['conversationId'], `${name}: nothing but the id`);
    t.match(answer.json.conversationId, ID, `${name}: id`);
    t.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    ids.add(answer.json.conversationId);
    const row = stub.rows().find(({ id }) => id === answer.json.conversationId);
    t.match(
      row,
      {
        chatbot_id: 'my-chatbot',
        channel_id: body['channelId'],
        name: body['name'],
        email: body['email'] ?? null,
        phone: body['phone'] ?? null,
      },
      `${name}: row`,
    );
    t.ok(row && before <= row.created_at && row.created_at <= after, `${name}: time`);
  }
  t.equal(ids.size, bodies.length, 'ids are unique');
  t.equal(stub.rows().length, bodies.length);
});

t.test('extra properties are accepted and ignored', async (t) => {
  const stub = await startTestStub(t);
  const extra = { ...VALID, contactId: 7, tags: ['a'], constructor: { prototype: 1 }, toString: null, id: 'mine' };
  const answer = await stub.create(extra);
  t.equal(answer.status, 201);
  t.match(answer.json.conversationId, ID);
  t.match(stub.rows(), [{ name: VALID.name, id: answer.json.conversationId }]);
});

t.test('400 names every violation, and nothing is stored', async (t) => {
  const stub = await startTestStub(t);
  const wrong: [value: unknown, found: string][] = [
    [5, 'a number'],
    [true, 'a boolean'],
    [null, 'null'],
    [['x'], 'an array'],
    [{}, 'an object'],
  ];
  const rows: [name: string, body: unknown, message: string[]][] = [
    ['no name', { channelId: 'web' }, ['name must be a string, and is missing']],
    ['no channelId', { name: 'x' }, ['channelId must be a string, and is missing']],
    ['neither', {}, ['name must be a string, and is missing', 'channelId must be a string, and is missing']],
    ['an array', [], ['the body must be a JSON object, not an array']],
    ['a text', '"x"', ['the body must be a JSON object, not a string']],
    ['a number', '5', ['the body must be a JSON object, not a number']],
    ['null', 'null', ['the body must be a JSON object, not null']],
    ...['name', 'channelId', 'email', 'phone'].flatMap((field) =>
      wrong.map(([value, found]): [string, unknown, string[]] => [
        `${field} is ${found}`,
        { ...ALL_FIELDS, [field]: value },
        [`${field} must be a string, not ${found}`],
      ]),
    ),
    ...['', 'x', 'john.doe', 'john.doe@', '@example.com', 'a b@example.com', 'John <j@example.com>'].map(
      (email): [string, unknown, string[]] => [
        `email ${JSON.stringify(email)}`,
        { ...VALID, email },
        ['email must be an email address such as john.doe@example.com'],
      ],
    ),
    [
      'four at once',
      { name: 1, email: 'x', phone: null },
      [
        'channelId must be a string, and is missing',
        'name must be a string, not a number',
        'email must be an email address such as john.doe@example.com',
        'phone must be a string, not null',
      ],
    ],
    [
      'a lone surrogate in each field',
      '{"name":"\\ud800","channelId":"x\\udc00y","phone":"\\udfff\\ud800"}',
      ['name', 'phone', 'channelId'].map(
        (field) => `${field} holds half of a surrogate pair: send both halves, or the character itself`,
      ),
    ],
  ];
  for (const [name, body, message] of rows) {
    const answer = await stub.create(body);
    t.equal(answer.status, 400, name);
    t.same(answer.json, { message, error: 'Bad Request', statusCode: 400 }, `${name}: body`);
  }
  t.equal((await stub.create({ ...VALID, extra: '\ud800' })).status, 201, 'what is not stored may hold anything');
  t.equal(stub.rows().length, 1);
});

t.test('400 says what to send instead of what cannot be read, and nothing is stored', async (t) => {
  const stub = await startTestStub(t);
  const json = JSON.stringify(VALID);
  const type = (value: string | undefined) => ({ headers: { 'content-type': value } });
  const rows: [name: string, body: string | Buffer, sent: Parameters<TestStub['create']>[1], says: RegExp][] = [
    ['malformed JSON', '{"name":', {}, /not valid JSON/],
    ['JSON with something behind it', `${json}x`, {}, /not valid JSON/],
    ['an empty body', '', {}, /no body\. Send a JSON object/],
    ['an empty body of no type', '', type(undefined), /no body\. Send a JSON object/],
    ['no content type', json, type(undefined), /no Content-Type\. Send Content-Type: application\/json/],
    ['text', json, type('text/plain'), /text\/plain is not accepted\. Send Content-Type: application\/json/],
    ['a form', 'name=x&channelId=y', type('application/x-www-form-urlencoded'), /not accepted/],
    ['another JSON type', json, type('application/vnd.api+json'), /not accepted/],
    ['a type that is none', json, type('foo'), /cannot be read\. Send Content-Type: application\/json/],
    ['a type with a no-break space', json, type('application/json\xa0'), /cannot be read\. Send Content-Type/],
    ['Latin-1', json, type('application/json; charset=iso-8859-1'), /charset iso-8859-1 is not accepted.*UTF-8/],
    ['UTF-16', Buffer.from(json, 'utf16le'), type('application/json; charset=utf-16le'), /charset utf-16le/],
    ['invalid UTF-8', Buffer.from(`{"name":"\xff","channelId":"x"}`, 'latin1'), {}, /not valid UTF-8/],
    ['a surrogate as bytes', Buffer.from('{"name":"\xed\xa0\x80","channelId":"x"}', 'latin1'), {}, /not valid UTF-8/],
    ['__proto__', '{"name":"x","channelId":"y","__proto__":{"a":1}}', {}, /named __proto__/],
    ['__proto__ deep inside', '{"name":"x","channelId":"y","z":[{"__proto__":null}]}', {}, /named __proto__/],
    ['__proto__ escaped', '{"name":"x","channelId":"y","\\u005f_proto__":1}', {}, /named __proto__/],
    ['gzip', json, { headers: { 'content-encoding': 'gzip' } }, /Content-Encoding gzip is not accepted/],
    ['two encodings', json, { headers: { 'content-encoding': 'br, gzip' } }, /not accepted/],
  ];
  for (const [name, body, sent, says] of rows) {
    const answer = await stub.create(body, sent);
    t.equal(answer.status, 400, name);
    t.match(answer.json, { message: says, error: 'Bad Request', statusCode: 400 }, `${name}: body`);
  }
  t.same(stub.rows(), []);
});

t.test('201 for JSON in every spelling of its media type', async (t) => {
  const stub = await startTestStub(t);
  const types = [
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=utf8',
    'application/json; v=1; charset=utf-8',
    'application/json; v="a;charset=latin1"',
  ];
  for (const type of types) {
    t.equal((await stub.create(VALID, { headers: { 'content-type': type } })).status, 201, type);
  }
  const identity = { headers: { 'content-encoding': 'identity' } };
  t.equal((await stub.create(VALID, { headers: { 'content-encoding': '' } })).status, 201, 'nor is an empty one');
  t.equal((await stub.create(VALID, identity)).status, 201, 'identity is no encoding');
  t.equal((await stub.create(`\ufeff${JSON.stringify(VALID)}`)).status, 201, 'a byte order mark is skipped');
  t.equal((await stub.create('{"name":"first","name":"last","channelId":"x"}')).status, 201, 'the last of two names');
  t.equal(stub.rows().at(-1)?.name, 'last');
});

t.test('413 for a body over the limit, with a length and without, and nothing is stored', async (t) => {
  const stub = await startTestStub(t, { bodyLimit: 1000 });
  const body = JSON.stringify({ ...VALID, name: 'x'.repeat(1000) });
  const message = 'The body is larger than 1000 bytes.';
  const whole = await stub.create(body);
  t.equal(whole.status, 413);
  t.same(whole.json, { message, error: 'Payload Too Large', statusCode: 413 });
  const chunked = await stub.create(body, { headers: { 'transfer-encoding': 'chunked' } });
  t.equal(chunked.status, 413);
  t.same(stub.rows(), []);
  const exact = JSON.stringify({ ...VALID, name: 'x'.repeat(1000 - JSON.stringify({ ...VALID, name: '' }).length) });
  t.equal(Buffer.byteLength(exact), 1000);
  t.equal((await stub.create(exact)).status, 201, 'a body of exactly the limit');
});

t.test('the limit is 100 KiB when nobody sets it', async (t) => {
  const stub = await startTestStub(t);
  t.equal((await stub.create({ ...VALID, name: 'x'.repeat(102_400) })).status, 413);
  t.equal((await stub.create({ ...VALID, name: 'x'.repeat(100_000) })).status, 201);
});

t.test('order: the parser refuses before the guard, the guard before validation', async (t) => {
  const stub = await startTestStub(t);
  const path = pathOf('mine');
  const json = { 'content-type': 'application/json' };
  t.equal((await stub.send({ path, headers: json, body: '{' })).status, 400, 'malformed JSON and no credential');
  const text = { 'content-type': 'text/plain' };
  t.equal((await stub.send({ path, headers: text, body: '{}' })).status, 400, 'another media type and no credential');
  t.equal((await stub.send({ path })).status, 401, 'no body at all and no credential');
  t.equal((await stub.send({ path, headers: json })).status, 401, 'no body with a type and no credential');
  t.equal((await stub.send({ path, headers: json, body: '{}' })).status, 401, 'an invalid body and no credential');
  t.same(stub.rows(), []);
});

t.test('405 with Allow for another method, 204 with Allow for OPTIONS', async (t) => {
  const stub = await startTestStub(t);
  for (const path of [pathOf('mine'), `${pathOf('mine')}/`, `${pathOf('mine')}?a=b`]) {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'TRACE', 'PROPFIND']) {
      const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
      // Malformed on purpose: a method that is not there is refused before any body is read.
      const body = method.startsWith('P') ? { body: '{' } : {};
      const answer = await stub.send({ method, path, headers, ...body });
      t.equal(answer.status, 405, `${method} ${path}`);
      t.equal(answer.headers.allow, 'POST, OPTIONS', `${method} ${path}: Allow`);
      if (method !== 'HEAD') t.match(answer.json, { error: 'Method Not Allowed', statusCode: 405 });
    }
    const options = await stub.send({ method: 'OPTIONS', path });
    t.equal(options.status, 204);
    t.equal(options.headers.allow, 'POST, OPTIONS');
    t.equal(options.text, '');
  }
  t.same(stub.rows(), []);
});

t.test('a path is the same for every method, however it is written', async (t) => {
  const stub = await startTestStub(t);
  for (const path of [
    '/v1/in%62ox/mine/conversations',
    `${stub.url}${pathOf('mine')}`,
    '/v1/inbox/a%2Fb/conversations',
  ]) {
    const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
    t.equal((await stub.send({ path, headers, body: JSON.stringify(VALID) })).status, 201, path);
    t.equal((await stub.send({ method: 'GET', path })).status, 405, path);
    t.equal((await stub.send({ method: 'OPTIONS', path })).status, 204, path);
  }
  for (const method of ['GET', 'POST', 'OPTIONS']) {
    t.equal((await stub.send({ method, path: '/v1/inbox/%00/conversations' })).status, 400, method);
    t.equal((await stub.send({ method, path: '/v1/inbox//conversations' })).status, 404, method);
  }
});

t.test('what no operation takes is 404 before its body is read', async (t) => {
  const stub = await startTestStub(t);
  for (const path of ['/nope', '/v1/nope', '/V1/inbox/mine/conversations']) {
    const answer = await stub.send({ path, headers: { 'content-type': 'foo' }, body: '{}' });
    t.match(answer, { status: 404, json: { error: 'Not Found' } }, `${path} with a type that is none`);
  }
  const atIndex = await stub.send({ path: '/', headers: { 'content-type': 'foo' }, body: '{}' });
  t.match(atIndex, { status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } });
  for (const path of ['/nope', '/v1/nope']) {
    for (const body of ['{', 'x'.repeat(200_000)]) {
      const answer = await stub.send({ path, headers: { 'content-type': 'application/json' }, body });
      t.equal(answer.status, 404, path);
      t.equal(answer.json.error, 'Not Found');
    }
  }
});

t.test('404 in the words of NestJS for a path that is no operation', async (t) => {
  const stub = await startTestStub(t);
  const paths = [
    '/v1',
    '/v1/',
    '/v1/nope',
    '/v1/inbox/mine',
    '/v1/inbox//conversations',
    '/v1/inbox/mine/conversations/x',
    '/v1/inbox/mine/conversations//',
    '/v1/inbox/a/b/conversations',
    '/v1/inbox/mine/Conversations',
  ];
  for (const path of paths) {
    const answer = await stub.send({
      path,
      headers: { authorization: 'Bearer test-token', 'content-type': 'application/json' },
      body: JSON.stringify(VALID),
    });
    t.equal(answer.status, 404, path);
    t.same(answer.json, { message: `Cannot POST ${path}`, error: 'Not Found', statusCode: 404 }, `${path}: body`);
    t.equal((await stub.send({ method: 'OPTIONS', path })).status, 404, `OPTIONS ${path}`);
  }
  const outside = await stub.send({ method: 'GET', path: '/nope' });
  t.equal(outside.status, 404);
  t.match(outside.json, { message: /\/v1.*\/docs/, error: 'Not Found', statusCode: 404 });
  t.same(stub.rows(), []);
});

t.test('400 for a path that cannot be read', async (t) => {
  const stub = await startTestStub(t);
  for (const chatbotId of ['%ZZ', '%', '%FF', '%ED%A0%80', '%00', 'a%0Ab', '%7F', '%C2%85']) {
    const answer = await stub.create(VALID, { chatbotId });
    t.equal(answer.status, 400, chatbotId);
    t.match(answer.json, { message: /percent-encoded|control character/, error: 'Bad Request', statusCode: 400 });
    t.match(answer.headers['x-stub-request-id'], ID, `${chatbotId}: request id`);
  }
  t.same(stub.rows(), []);
});

t.test('a chatbotId is opaque text, stored exactly', async (t) => {
  const stub = await startTestStub(t);
  const ids = [
    'x'.repeat(300),
    'x'.repeat(12_000),
    'a/b',
    'a/../b',
    '👩‍👩‍👧',
    'a b+c',
    'ü%2F',
    '*',
    ':x',
    '..',
    'a;b=c',
    "'",
  ];
  for (const id of ids) {
    const { credential } = stub.mint([{ permission: PERMISSION, resource: `chatbots/${id}` }]);
    const encoded = encodeURIComponent(id).replaceAll('.', '%2E');
    const answer = await stub.create(VALID, { chatbotId: encoded, headers: { authorization: `Bearer ${credential}` } });
    t.equal(answer.status, 201, id.slice(0, 20));
    t.equal(stub.rows().find((row) => row.id === answer.json.conversationId)?.chatbot_id, id, id.slice(0, 20));
  }
});

t.test('a trailing slash and a query change nothing', async (t) => {
  const stub = await startTestStub(t);
  const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
  for (const end of ['/', '?', '?a=b&a=c', '/?x']) {
    const answer = await stub.send({ path: pathOf('mine') + end, headers, body: JSON.stringify(VALID) });
    t.equal(answer.status, 201, end);
  }
  t.same(
    stub.rows().map((row) => row.chatbot_id),
    ['mine', 'mine', 'mine', 'mine'],
  );
});

t.test('a chatbot that declares channels takes only those: 201 with error, and nothing stored', async (t) => {
  const stub = await startTestStub(t);
  stub.declareChannels('mine', 'web', 'email');
  stub.declareChannels('other', 'phone');
  const refused = await stub.create({ ...VALID, channelId: 'phone' }, { chatbotId: 'mine' });
  t.equal(refused.status, 201);
  t.same(refused.json, { error: 'The channel phone does not exist in this chatbot.' });
  t.same(stub.rows(), []);
  t.match((await stub.create({ ...VALID, channelId: 'web' }, { chatbotId: 'mine' })).json, { conversationId: ID });
  t.match((await stub.create({ ...VALID, channelId: 'any' }, { chatbotId: 'third' })).json, { conversationId: ID });
  t.same(
    stub.rows().map((row) => row.channel_id),
    ['web', 'any'],
  );
});

t.test('every answer carries a request id of its own', async (t) => {
  const stub = await startTestStub(t);
  const answers = [
    await stub.create(VALID),
    await stub.create({}),
    await stub.send({ path: pathOf('x') }),
    await stub.send({ method: 'GET', path: '/v1/nope' }),
    await stub.send({ method: 'OPTIONS', path: pathOf('x') }),
    await stub.send({ method: 'GET', path: '/%ZZ' }),
    await stub.send({ method: 'GET', path: '/nope' }),
    await stub.send({ method: 'GET', path: '/readyz' }),
  ];
  const ids = answers.map((answer) => answer.headers['x-stub-request-id']);
  for (const id of ids) t.match(id, ID);
  t.equal(new Set(ids).size, ids.length);
});

t.test('a refusal keeps the connection, and the next request on it is answered', async (t: Test) => {
  const stub = await startTestStub(t);
  const head = (length: number) =>
    `POST ${pathOf('mine')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer test-token\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n`;
  const valid = JSON.stringify(VALID);
  const text = await sendRaw(
    stub.url,
    `${head(1)}\r\n{${head(2)}\r\n{}${head(valid.length)}connection: close\r\n\r\n${valid}`,
  );
  t.same(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['400', '400', '201'],
  );
  t.equal(stub.rows().length, 1);
});
