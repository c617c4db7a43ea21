import t from 'tap';
import { compareShapes } from '../../src/contract/compare.ts';
import type { Shape } from '../../src/contract/shape.ts';

const shape = (more: Partial<Shape> = {}): Shape => ({
  status: 400,
  mediaType: 'application/json',
  headers: [],
  body: { '': 'object', '/message': 'string: sentence' },
  ...more,
});

const linesOf = (expected: Shape, got: Shape): string[] =>
  compareShapes(expected, got).map((one) => `${one.place}: ${one.expected} → ${one.got}`);

t.test('what is the same, or of another kind of text, or has more headers, is no difference', (t) => {
  t.same(linesOf(shape(), shape()), []);
  t.same(linesOf(shape(), shape({ body: { '': 'object', '/message': 'string: word' }, headers: ['allow'] })), []);
  t.end();
});

t.test('status, media type and headers', (t) => {
  const created = shape({ status: 201, headers: ['allow'], mediaType: null, body: { '': 'empty' } });
  t.same(linesOf(shape(), created), ['status: 400 → 201'], 'of another kind of answer nothing else is said');
  const challenged = shape({ headers: ['www-authenticate'] });
  t.same(linesOf(challenged, shape()), ['header www-authenticate: a value → nothing']);
  t.same(linesOf(challenged, shape({ status: 403 })), ['status: 400 → 403'], 'a header belongs to its status');
  t.same(linesOf(shape(), shape({ mediaType: 'text/html', body: { '': 'text' } })), [
    'media type: application/json → text/html',
  ]);
  t.same(linesOf(shape(), shape({ mediaType: null, body: { '': 'empty' } })), [
    'media type: application/json → nothing',
    'body: object → empty',
  ]);
  t.same(linesOf(shape({ mediaType: null, body: { '': 'empty' } }), shape()), [
    'media type: nothing → application/json',
    'body: empty → object',
  ]);
  t.end();
});

t.test('bodies: each place once, by the highest one that differs', (t) => {
  const rows: [expected: Shape['body'], got: Shape['body'], lines: string[]][] = [
    [{ '/a': 'string: word' }, { '/b': 'number' }, ['body/a: string → nothing', 'body/b: nothing → number']],
    [{ '/a': 'object', '/a/b': 'null' }, {}, ['body/a: object → nothing']],
    [{ '/a': 'object', '/a/b': 'null' }, { '/a': 'array', '/a/*': 'object' }, ['body/a: object → array']],
    [{ '/a': 'array', '/a/*': 'number' }, { '/a': 'array' }, []],
    [{ '/a': 'array' }, { '/a': 'array', '/a/*': 'object', '/a/*/b': 'number' }, []],
    [
      { '/a': 'array', '/a/*': 'object', '/a/*/b': 'number' },
      { '/a': 'array', '/a/*': 'object', '/a/*/b': 'number?' },
      ['body/a/*/b: number → number, or nothing'],
    ],
    [{ '/a': 'string?' }, {}, []],
    [{ '/a': 'string?' }, { '/a': 'string: word' }, []],
    [{ '/a': 'string|null' }, { '/a': 'null' }, []],
    [{ '/a': 'null' }, { '/a': 'null|string: word' }, ['body/a: null → null or string']],
    [{ '/a': 'string: word|string: sentence' }, { '/a': 'number' }, ['body/a: string → number']],
  ];
  for (const [expected, got, lines] of rows) {
    const whole = (body: Shape['body']) => shape({ body: { '': 'object', ...body } });
    t.same(linesOf(whole(expected), whole(got)), lines, JSON.stringify([expected, got]));
  }
  t.end();
});
