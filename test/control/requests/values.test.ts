import t from 'tap';
import { ProblemError } from '../../../src/control/problem.ts';
import { compile, explain, type Mismatch } from '../../../src/control/requests/values.ts';
import { refusalOf } from '../../support/refusal.ts';

/** What `actual` has wrong. */
function mismatches(expected: unknown, actual: unknown): Mismatch[] {
  const found: Mismatch[] = [];
  compile(expected, '', 'f')(actual, found);
  return found;
}

/** Deeply nested JSON, as `JSON.parse` can read it. */
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

t.test('an expected value matches what holds it, and says field by field where something does not', async (t) => {
  const rows: [name: string, expected: unknown, actual: unknown, fields: string[]][] = [
    ['equal text', 'a', 'a', []],
    ['other text', 'a', 'b', ['f']],
    ['a number is not its text', 1, '1', ['f']],
    ['null is a value', null, null, []],
    ['null is not absence', null, undefined, ['f']],
    ['an object is a subset', { a: 1 }, { a: 1, b: 2 }, []],
    ['at any depth', { a: { b: { c: 1 } } }, { a: { b: { c: 2, d: 1 } } }, ['f/a/b/c']],
    ['a property that is missing', { a: { b: 1 } }, { a: {} }, ['f/a/b']],
    ['an object is no text', { a: 1 }, 'a', ['f']],
    ['an object is no array', { 0: 1 }, [1], ['f']],
    ['an object is not null', {}, null, ['f']],
    ['an inherited property is none', { constructor: { $exists: true } }, {}, ['f/constructor']],
    ['an array matches element by element, each a subset', [{ a: 1 }, 2], [{ a: 1, b: 1 }, 2], []],
    ['an array of another length', [1], [1, 2], ['f']],
    ['an array is no object', [1], { 0: 1 }, ['f']],
    ['each element that differs', [1, 2, 3], [1, 0, 0], ['f/1', 'f/2']],
    ['names are escaped as in a JSON Pointer', { 'a/b~c': 1 }, {}, ['f/a~1b~0c']],
    ['$regex', { $regex: '^J.hn$' }, 'John', []],
    ['$regex by code points', { $regex: '^.$' }, '😀', []],
    ['$regex on a number', { $regex: '^4' }, 403, []],
    ['$regex on a boolean', { $regex: 'true' }, true, []],
    ['$regex that does not match', { $regex: '^x' }, 'John', ['f']],
    ['$regex on nothing', { $regex: '' }, undefined, ['f']],
    ['$regex on null', { $regex: '' }, null, ['f']],
    ['$exists', { $exists: true }, null, []],
    ['$exists on nothing', { $exists: true }, undefined, ['f']],
    ['$exists: false', { $exists: false }, undefined, []],
    ['$exists: false on something', { $exists: false }, 0, ['f']],
    ['$equals has no room for more', { $equals: { a: 1 } }, { a: 1, b: 2 }, ['f']],
    ['$equals in any order of properties', { $equals: { a: [1], b: null } }, { b: null, a: [1] }, []],
    ['$equals takes operators for plain properties', { $equals: { $regex: 'a' } }, { $regex: 'a' }, []],
    ['each operator that is not fulfilled', { $exists: false, $regex: 'x' }, 'a', ['f', 'f']],
    ['operators inside', { a: [{ $regex: 'x' }] }, { a: ['y'] }, ['f/a/0']],
  ];
  for (const [name, expected, actual, fields] of rows) {
    const found = mismatches(expected, actual);
    t.same(
      found.map(({ field }) => field),
      fields,
      name,
    );
  }
});

t.test('a mismatch holds the one operator that failed, and reads as a sentence', async (t) => {
  const rows: [expected: unknown, actual: unknown, sentence: string][] = [
    [201, 403, 'f is 403, not 201'],
    ['a', undefined, 'f is absent, not "a"'],
    [{ $regex: '^a' }, 'b', 'f is "b" and does not match ^a'],
    [{ $exists: true }, undefined, 'f is absent'],
    [{ $exists: false }, 1, 'f is 1, not absent'],
    [{ $equals: { a: 1 } }, {}, 'f is {}, not {"a":1}'],
    ['a', 'b'.repeat(200), `f is "${'b'.repeat(98)}…, not "a"`],
  ];
  for (const [expected, actual, sentence] of rows) {
    t.same(mismatches(expected, actual).map(explain), [sentence]);
  }
  t.same(mismatches({ $exists: true, $regex: '^a' }, 'b'), [{ field: 'f', expected: { $regex: '^a' }, actual: 'b' }]);
});

t.test('what cannot be compiled is a 400 that names its place and what would be right', async (t) => {
  const rows: [expected: unknown, pointer: string, says: RegExp][] = [
    [{ a: { $regexp: 'x' } }, '/match/body/a/$regexp', /is no operator \(did you mean \$regex\?\)/],
    [{ $nothing: 1 }, '/match/body/$nothing', /there are \{"\$regex"/],
    [{ $constructor: 1 }, '/match/body/$constructor', /is no operator/],
    [{ $regex: 'x', 'a/b': 1 }, '/match/body/a~1b', /is no operator/],
    [{ $regex: '(' }, '/match/body/$regex', /is no regular expression: .*Unterminated group/],
    [{ $regex: 1 }, '/match/body/$regex', /must be a regular expression as a text/],
    [{ $regex: 'x'.repeat(1001) }, '/match/body/$regex', /at most 1000 characters/],
    [[{ $exists: 'yes' }], '/match/body/0/$exists', /must be true or false/],
    [nested(200), `/match/body${'/0'.repeat(101)}`, /nested deeper than 100 levels/],
    [{ $equals: nested(50_000) }, '/match/body/$equals', /nested deeper than 100 levels/],
  ];
  for (const [expected, pointer, says] of rows) {
    const error = refusalOf(() => compile(expected, '/match/body', 'f')) as ProblemError;
    t.ok(error instanceof ProblemError, pointer);
    t.equal(error.statusCode, 400);
    t.match(error.message, says);
    t.match(error.extra, { errors: [{ pointer, detail: says }] });
  }
  t.doesNotThrow(() => compile({ $regex: 'x'.repeat(1000) }, '', 'f'));
});
