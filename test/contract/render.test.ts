import t from 'tap';
import type { Mistake } from '../../src/contract/cases.ts';
import { type Filling, recordedErrorsIn } from '../../src/contract/render.ts';
import type { Shape } from '../../src/contract/shape.ts';

const filling: Filling = {
  status: 422,
  messages: ['first', 'second'],
  properties: ['name', undefined],
  method: 'POST',
  path: '/v1/inbox/a/conversations',
  time: new Date('2026-11-26T10:00:00Z'),
};

function rendered(body: Shape['body'], mediaType: string | null = 'application/json'): string | undefined {
  const shape = { status: 422, mediaType, headers: [], body };
  return recordedErrorsIn(new Map([['400: no name', shape]]))
    .find('missing property', 400)
    ?.render(filling);
}

t.test('each kind of text gets what the stub has of that kind, and nothing of a real value', (t) => {
  const kinds: Record<string, unknown> = {
    sentence: 'first; second',
    'status text': 'Unprocessable Entity',
    status: '422',
    'date-time': '2026-11-26T10:00:00.000Z',
    path: '/v1/inbox/a/conversations',
    method: 'POST',
    property: 'name',
    uuid: '00000000-0000-0000-0000-000000000000',
    uri: 'about:blank',
    word: 'stub-placeholder',
    empty: '',
  };
  for (const [kind, text] of Object.entries(kinds))
    t.equal(rendered({ '': `string: ${kind}` }), JSON.stringify(text), kind);
  t.equal(rendered({ '': 'string' }), '"stub-placeholder"', 'a text of which nothing is said');
  t.end();
});

t.test('objects, lists with an element for each message, numbers and the rest', (t) => {
  const body = {
    '': 'object',
    '/list': 'array',
    '/list/*': 'object',
    '/list/*/field': 'string: property',
    '/list/*/texts': 'array',
    '/list/*/texts/*': 'string: sentence',
    '/none': 'array',
    '/code': 'number: status',
    '/count': 'number',
    '/ok': 'boolean',
    '/cause': 'null',
    '/mixed': 'null|string: word?',
    '/a~1b': 'object',
  };
  t.same(JSON.parse(rendered(body) as string), {
    list: [
      { field: 'name', texts: ['first'] },
      { field: 'stub-placeholder', texts: ['second'] },
    ],
    none: [],
    code: 422,
    count: 0,
    ok: false,
    cause: null,
    mixed: 'stub-placeholder',
    'a/b': {},
  });
  t.end();
});

t.test('a body of very many places holds nobody up', (t) => {
  const numbers = Array.from({ length: 8000 }, (_, index) => index);
  const places = numbers.flatMap((number) => [
    [`/k${number}`, 'object'],
    [`/k${number}/x`, 'null'],
  ]);
  const since = performance.now();
  const text = rendered({ '': 'object', ...Object.fromEntries(places) });
  t.ok(performance.now() - since < 2000);
  t.same(JSON.parse(String(text)), Object.fromEntries(numbers.map((number) => [`k${number}`, { x: null }])));
  t.end();
});

t.test('bodies that are no JSON', (t) => {
  t.equal(rendered({ '': 'empty' }), undefined);
  t.equal(rendered({ '': 'text' }, 'text/plain'), 'first; second');
  t.equal(rendered({ '': 'malformed' }), 'first; second');
  const shape = { status: 404, mediaType: 'text/html', headers: [], body: { '': 'text' } };
  const found = recordedErrorsIn(new Map([['404: a path that is none', shape]])).find('unknown path', 404);
  const page = found?.render({ ...filling, messages: ['<script>&'] });
  t.equal(page, '<!doctype html><title>422</title><p>&#60;script&#62;&#38;</p>', 'what somebody sent is text there');
  t.equal(rendered({ '': 'string: status text' }), '"Unprocessable Entity"');
  t.end();
});

t.test('what is taken: the same mistake, one of the same status, or what was seen with the status', (t) => {
  const of = (status: number) => ({ status, mediaType: null, headers: [], body: { '': 'empty' } });
  const { find, accepted, all } = recordedErrorsIn(
    new Map([
      ['201: all documented properties', of(201)],
      ['400: no name', of(422)],
      ['400: no channelId', of(409)],
      ['400: malformed JSON', of(400)],
      ['400: email is no address', of(201)],
      ['403: a chatbot that the credential is not for', of(404)],
    ]),
  );
  const nameOf = (mistake: Mistake | undefined, status: number) => find(mistake, status)?.name;
  t.equal(nameOf('missing property', 400), '400: no name', 'the first of its kind');
  t.equal(nameOf('malformed body', 400), '400: malformed JSON');
  t.equal(nameOf('wrong type', 400), '400: no name', 'the first of its status');
  t.equal(nameOf('wrong format', 400), '400: no name', 'what was accepted is refused like others');
  t.equal(nameOf('unknown path', 404), undefined, 'nothing was seen of it');
  t.equal(nameOf(undefined, 404), '403: a chatbot that the credential is not for');
  t.equal(nameOf(undefined, 400), '400: malformed JSON');
  t.equal(nameOf(undefined, 503), undefined);
  t.same(accepted, ['400: email is no address']);
  t.equal(all.length, 4);
  t.end();
});

t.test('a status that HTTP has no words for', (t) => {
  const shape = { status: 499, mediaType: 'application/json', headers: [], body: { '': 'string: status text' } };
  const found = recordedErrorsIn(new Map([['400: no name', shape]])).find('missing property', 400);
  t.equal(found?.render({ ...filling, status: 499 }), '"stub-placeholder"');
  t.end();
});
