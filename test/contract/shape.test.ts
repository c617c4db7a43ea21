import t from 'tap';
import { shapeOf } from '../../src/contract/shape.ts';

const exchange = { status: 400, method: 'POST', path: '/v1/inbox/a/conversations', hidden: ['the-credential'] };
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

const bodyOf = (value: unknown) => shapeOf({ headers: JSON_TYPE, text: JSON.stringify(value) }, exchange).body;

t.test('status, media type without parameters, the headers that matter, and no value of them', (t) => {
  const headers = { ...JSON_TYPE, 'www-authenticate': 'Bearer realm="secret"', allow: 'POST', date: 'now' };
  t.same(shapeOf({ headers, text: '{}' }, exchange), {
    status: 400,
    mediaType: 'application/json',
    headers: ['allow', 'www-authenticate'],
    body: { '': 'object' },
  });
  t.end();
});

t.test('a body that is no JSON is named as a whole', (t) => {
  const rows: [type: string | undefined, text: string, mediaType: string | null, body: string][] = [
    ['text/HTML ; charset=x', '<p>', 'text/html', 'text'],
    ['application/json', '{', 'application/json', 'malformed'],
    ['application/problem+json', '7', 'application/problem+json', 'number'],
    ['application/json', '', 'application/json', 'empty'],
    [undefined, '{}', null, 'text'],
    ['no type', '', null, 'empty'],
    ['application/x.the-credential', '', null, 'empty'],
    ['application/The-Credential+json', '{}', null, 'text'],
  ];
  for (const [type, text, mediaType, body] of rows) {
    const shape = shapeOf({ headers: { 'content-type': type }, text }, exchange);
    t.same([shape.mediaType, shape.body], [mediaType, { '': body }], `${type}`);
  }
  t.end();
});

t.test('types by pointer, in the order of the names, elements as one', (t) => {
  const value = {
    b: [{ x: 1, y: true }, { x: null }, 'word', []],
    a: { c: 400 },
    empty: [],
    nested: [[1], [2]],
  };
  t.same(Object.entries(bodyOf(value)), [
    ['', 'object'],
    ['/a', 'object'],
    ['/a/c', 'number: status'],
    ['/b', 'array'],
    ['/b/*', 'array|object|string: word'],
    ['/b/*/x', 'null|number'],
    ['/b/*/y', 'boolean?'],
    ['/empty', 'array'],
    ['/nested', 'array'],
    ['/nested/*', 'array'],
    ['/nested/*/*', 'number'],
  ]);
  t.end();
});

t.test('a property name that may be a value is not kept', (t) => {
  const kept = ['message', '$ref', '@type', 'x-y.z:w', 'statusCode', 'md5', 'v1'];
  const dropped = [
    'the-credential',
    'x-the-credential-y',
    'X-THE-CREDENTIAL-Y',
    'john.doe@example.com',
    'sTjncRDMuTdv65ex4I05',
    'two words',
    '12',
    '',
    'x'.repeat(65),
    'a\u001b[2J',
  ];
  for (const name of kept) t.same(Object.keys(bodyOf({ [name]: 1 })), ['', `/${name}`]);
  for (const name of dropped) t.same(Object.keys(bodyOf({ [name]: 1 })), ['', '/*'], name);
  t.same(bodyOf({ 'a b': 1, 'c d': 'x' }), { '': 'object', '/*': 'number|string: word' }, 'several are one');
  t.end();
});

t.test('what is nested without end is looked into 20 deep', (t) => {
  const { body } = shapeOf({ headers: JSON_TYPE, text: `${'['.repeat(3000)}${']'.repeat(3000)}` }, exchange);
  t.equal(Object.keys(body).length, 21);
  t.end();
});

t.test('of a text it is kept what it is there for, never what it says', (t) => {
  const rows: [name: string, text: string, kind: string][] = [
    ['message', 'Forbidden', 'sentence'],
    ['errorMessage', 'x', 'sentence'],
    ['error_description', 'bad_token', 'sentence'],
    ['error', 'Bad Request', 'status text'],
    ['code', 'BADREQUEST', 'word'],
    ['status', '400', 'status'],
    ['method', 'POST', 'method'],
    ['url', '/v1/inbox/a/conversations?x=1', 'path'],
    ['field', 'channelId', 'property'],
    ['at', '2026-11-26T10:00:00.123Z', 'date-time'],
    ['at', '2026-11-26T10:00+01:00', 'date-time'],
    ['id', '2F1C8C4E-8a53-4f0e-9d3c-0a5b7d8e9f10', 'uuid'],
    ['type', 'about:blank', 'uri'],
    ['help', 'https://example.com/x', 'uri'],
    ['text', 'two words', 'sentence'],
    ['code', 'BAD_INPUT', 'word'],
    ['trace', '', 'empty'],
  ];
  for (const [name, text, kind] of rows)
    t.equal(bodyOf({ [name]: text })[`/${name}`], `string: ${kind}`, `${name} ${text}`);
  t.end();
});
