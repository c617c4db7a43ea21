import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { Shape } from '../../src/contract/shape.ts';
import { admin } from '../support/admin.ts';
import { answeredAsRecorded } from '../support/answers/not-the-stub.ts';
import { serve } from '../support/command.ts';
import { pathOf, type Sent, send, startTestStub, VALID } from '../support/stub.ts';

function writeShapes(folder: string, answers: Record<string, Shape>): string {
  const file = path.join(folder, 'shapes.json');
  const document = { format: 'chatcaptain-stub/shapes', version: 1, observed: '2026-11-26', answers };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

/** A stub that answers errors in these shapes. */
async function startShaped(t: Test, answers: Record<string, Shape>) {
  const folder = t.testdir();
  return startTestStub(t, { shapes: writeShapes(folder, answers), database: path.join(folder, 'stub.sqlite') });
}

const shape = (status: number, more: Partial<Shape> = {}): Shape => ({
  status,
  mediaType: 'application/json',
  headers: [],
  body: { '': 'object', '/error': 'object', '/error/code': 'number: status', '/error/message': 'string: sentence' },
  ...more,
});

const bodyOf = (code: number, message: string | RegExp) => ({ error: { code, message } });

t.test('each mistake in its own shape, with the words of the stub, and nothing is stored', async (t) => {
  const names: Record<string, number> = {
    '400: no name': 422,
    '400: neither name nor channelId': 423,
    '400: name is a number': 424,
    '400: email is no address': 425,
    '400: the body is an array': 426,
    '400: no body': 427,
    '400: malformed JSON': 428,
    '400: text instead of JSON': 415,
    '403: a chatbot that the credential is not for': 404,
    '401: no credential': 403,
    '401: a credential that is unknown': 402,
    '404: a path that is none': 410,
    '405: another method': 404,
  };
  const stub = await startShaped(
    t,
    Object.fromEntries(Object.entries(names).map(([name, code]) => [name, shape(code)])),
  );
  const { credential } = stub.mint([]);
  const rows: [name: string, answer: ReturnType<typeof stub.create>, message: RegExp][] = [
    ['400: no name', stub.create({ channelId: 'x' }), /^name must be a string, and is missing$/],
    ['400: neither name nor channelId', stub.create({}), /^name must be .*; channelId must be /],
    ['400: name is a number', stub.create({ ...VALID, name: 1 }), /^name must be a string, not a number$/],
    ['400: email is no address', stub.create({ ...VALID, email: 'x' }), /^email must be/],
    ['400: email is no address', stub.create('{"name":"\\ud800","channelId":"x"}'), /^name holds half/],
    ['400: the body is an array', stub.create([]), /^the body must be a JSON object/],
    ['400: no body', stub.create('', { headers: { 'content-type': undefined } }), /^The request has no body/],
    ['400: malformed JSON', stub.create('{'), /^The body is not valid JSON/],
    [
      '400: text instead of JSON',
      stub.create('x', { headers: { 'content-type': 'text/plain' } }),
      /^Content-Type text/,
    ],
    ['400: text instead of JSON', stub.create('x', { headers: { 'content-type': 'x' } }), /^The Content-Type cannot/],
    [
      '403: a chatbot that the credential is not for',
      stub.create(VALID, { headers: { authorization: `Bearer ${credential}` } }),
      /^Insufficient permissions/,
    ],
    ['401: no credential', stub.create(VALID, { headers: { authorization: undefined } }), /^No credential/],
    [
      '401: a credential that is unknown',
      stub.create(VALID, { headers: { authorization: 'Bearer x' } }),
      /is unknown$/,
    ],
    ['404: a path that is none', stub.send({ path: '/v1/nothing' }), /^Cannot POST \/v1\/nothing$/],
    ['405: another method', stub.send({ method: 'GET', path: pathOf('a') }), /^Cannot GET/],
  ];
  for (const [name, answer, message] of rows) {
    const { status, headers, json } = await answer;
    const code = names[name] as number;
    t.equal(status, code, name);
    t.match(json, bodyOf(code, message), name);
    t.equal(headers['content-type'], 'application/json; charset=utf-8');
    t.notOk(headers['www-authenticate'] ?? headers.allow, 'no header that was not seen');
    t.ok(headers['x-stub-request-id']);
  }
  t.same(stub.rows(), []);
});

t.test('the journal says which shape was used, beside why it was refused', async (t) => {
  const stub = await startShaped(t, { '401: no credential': shape(403), '404: a path that is none': shape(404) });
  const refused = await stub.create(VALID, { headers: { authorization: undefined } });
  const { json } = await admin(stub, 'GET', `/requests/${refused.headers['x-stub-request-id']}`);
  t.match(json.decisions, [
    { step: 'parsed', outcome: 'passed' },
    { step: 'credential', outcome: 'refused', detail: /^No credential/ },
    {
      step: 'credential',
      outcome: 'applied',
      detail: 'answered 403 in the shape that STUB_SHAPES has of "401: no credential"',
    },
  ]);
  t.same(json.status, 403);
  t.match(json.response.body, bodyOf(403, /^No credential/));
});

t.test('what is not below /v1 is answered as ever: the control plane, and every other path', async (t) => {
  const stub = await startShaped(t, { '404: a path that is none': shape(404), '400: no name': shape(400) });
  const rows: Sent[] = [{ path: '/elsewhere' }, { path: '/__admin/nothing' }, { method: 'DELETE', path: '/' }];
  const plain = await startTestStub(t, { database: path.join(path.dirname(stub.file), 'plain.sqlite') });
  for (const sent of rows) {
    const [shaped, usual] = [await stub.send(sent), await plain.send(sent)];
    t.same([shaped.status, shaped.json], [usual.status, usual.json]);
  }
});

t.test('what nothing was recorded of is answered as ever; an answer that is asked for by its status', async (t) => {
  const stub = await startShaped(t, {
    '400: email is no address': shape(201),
    '403: a chatbot that the credential is not for': shape(403),
  });
  t.match((await stub.create({})).json, { statusCode: 400 });
  t.match((await stub.create({ ...VALID, email: 'x' })).json, { statusCode: 400 }, 'that it was accepted is no error');
  const forced = await stub.create(VALID, { headers: { prefer: 'code=403' } });
  t.match(forced.json, bodyOf(403, /^Forced by/));
  t.equal(forced.headers['preference-applied'], 'code=403');
  t.match((await stub.create(VALID, { headers: { prefer: 'code=429' } })).json, { statusCode: 429 });
  const unreadable = await stub.send({ path: '/v1/inbox/%ZZ/conversations' });
  t.equal(unreadable.json.statusCode, 400);
  t.equal((await stub.create(VALID)).status, 201);
});

t.test('a path that cannot be read is in the journal as it was answered', async (t) => {
  const stub = await startShaped(t, { '400: no name': shape(400, { mediaType: 'text/plain', body: { '': 'text' } }) });
  const answer = await stub.send({ path: answeredAsRecorded('/v1/inbox/%ZZ/conversations') });
  t.match(answer.text, /^The path is not valid percent-encoded/);
  const { json } = await admin(stub, 'GET', `/requests/${answer.headers['x-stub-request-id']}`);
  t.equal(json.response.body, answer.text);
});

t.test("headers that were seen are there, with the stub's own values where it has some", async (t) => {
  const headers = ['allow', 'location', 'retry-after', 'www-authenticate'];
  const stub = await startShaped(t, {
    '401: a credential that is unknown': shape(401, { headers }),
    '405: another method': shape(405, { headers: ['allow'] }),
  });
  const unknown = await stub.create(VALID, { headers: { authorization: 'Bearer x' } });
  t.match(unknown.headers, { allow: 'POST, OPTIONS', location: '/', 'retry-after': '1' });
  t.match(unknown.headers['www-authenticate'], /error="invalid_token"/);
  t.equal((await stub.send({ method: 'GET', path: pathOf('a') })).headers.allow, 'POST, OPTIONS');
});

t.test('media types: as they were seen, and none where there was none', async (t) => {
  const text = { '': 'text' };
  const rows: [mediaType: string | null, body: Shape['body'], header: string | null, sent: RegExp][] = [
    ['text/plain', text, 'text/plain; charset=utf-8', /^name must/],
    ['application/xml', text, 'application/xml', /^name must/],
    ['application/problem+json', { '': 'string: sentence' }, 'application/problem+json; charset=utf-8', /^"name must/],
    ['application/json', { '': 'malformed' }, 'application/json; charset=utf-8', /^name must/],
    ['application/json', { '': 'empty' }, 'application/json; charset=utf-8', /^$/],
    [null, { '': 'empty' }, null, /^$/],
    [null, text, null, /^name must/],
  ];
  for (const [mediaType, body, header, sent] of rows) {
    await t.test(`${mediaType} ${body['']}`, async (t) => {
      const stub = await startShaped(t, { '400: no name': shape(400, { mediaType, body }) });
      // The test's own client would read what is announced as JSON.
      const response = await fetch(`${stub.url}${pathOf('a')}`, {
        method: 'POST',
        headers: { authorization: 'Bearer test-token', 'content-type': 'application/json' },
        body: '{"channelId":"x"}',
      });
      t.equal(response.status, 400);
      t.equal(response.headers.get('content-type'), header);
      t.match(await response.text(), sent);
    });
  }
});

t.test('the properties that are wrong, the path without a credential, the time of the chatbot', async (t) => {
  const body = {
    '': 'object',
    '/at': 'string: date-time',
    '/path': 'string: path',
    '/errors': 'array',
    '/errors/*': 'object',
    '/errors/*/field': 'string: property',
    '/errors/*/message': 'string: sentence',
  };
  const shapes = { '400: neither name nor channelId': shape(400, { body }), '400: no body': shape(400, { body }) };
  const stub = await startShaped(t, shapes);
  await admin(stub, 'PUT', '/clock?chatbotId=my-chatbot', { set: '2030-01-01T00:00:00Z', freeze: true });
  const path = `${pathOf('my-chatbot')}?token=secret-value`;
  const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
  const { json } = await stub.send({ path, headers, body: '{"email":7}' });
  t.match(json, {
    at: '2030-01-01T00:00:00.000Z',
    path: `${pathOf('my-chatbot')}?token=[redacted]`,
    errors: [
      { field: 'name', message: /^name must/ },
      { field: 'channelId', message: /^channelId must/ },
      { field: 'email', message: /^email must/ },
    ],
  });
  const none = await stub.create('', { headers: { 'content-type': undefined } });
  t.match(none.json.errors, [{ field: 'stub-placeholder', message: /^The request has no body/ }]);
});

t.test('what the recorded server accepted is refused all the same, and the start says so', async (t) => {
  const cwd = t.testdir();
  writeShapes(cwd, { '400: email is no address': shape(201), '400: no name': shape(400) });
  const { url, says } = await serve(t, ['--shapes', 'shapes.json', '--token', 'test-token'], { cwd });
  await says(/STUB_SHAPES has no error for \\?"400: email is no address\\?": the recorded server accepted it/);
  const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
  const { status, json } = await send(url, {
    path: pathOf('a'),
    headers,
    body: JSON.stringify({ ...VALID, email: 'x' }),
  });
  t.equal(status, 400);
  t.match(json, bodyOf(400, /^email/));
});
