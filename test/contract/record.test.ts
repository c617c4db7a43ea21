import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { SettingsError } from '../../src/config.ts';
import { CONTRACT_CASES } from '../../src/contract/cases.ts';
import { readShapes, writeShapes } from '../../src/contract/record.ts';
import type { Shape } from '../../src/contract/shape.ts';
import { placeOf } from '../../src/storage/copy.ts';
import { refusalOf } from '../support/refusal.ts';

const SHAPE: Shape = {
  status: 400,
  mediaType: 'application/json',
  headers: ['allow'],
  body: { '': 'object', '/a': 'array', '/a/*': 'string: sentence|null', '/b~1c': 'number: status', '/d': 'string' },
};
const never = new AbortController().signal;

t.test('what is written is read again, in the order of the cases, and a link stays one', async (t) => {
  const cwd = t.testdir({ 'real.json': '' });
  symlinkSync('real.json', path.join(cwd, 'link.json'));
  const names = CONTRACT_CASES.map(({ name }) => name).reverse();
  const shapes = new Map(names.map((name) => [name, SHAPE]));
  await writeShapes(placeOf(path.join(cwd, 'link.json')), shapes, new Date('2026-11-26T23:59:59Z'), never);
  const text = readFileSync(path.join(cwd, 'real.json'), 'utf8');
  t.match(text, /^\{\n {2}"format": "chatcaptain-stub\/shapes",\n {2}"version": 1,\n {2}"observed": "2026-11-26",\n/);
  t.ok(text.endsWith('}\n'));
  const read = readShapes(path.join(cwd, 'link.json'));
  t.same([...read.keys()], names.reverse());
  for (const shape of read.values()) t.same(shape, SHAPE);
  t.same(readdirSync(cwd).sort(), ['link.json', 'real.json'], 'nothing is left beside it');
});

t.test('broken off, the file that was there is as it was', async (t) => {
  const cwd = t.testdir({ 'shapes.json': 'as it was' });
  const place = path.join(cwd, 'shapes.json');
  await t.rejects(writeShapes(place, new Map(), new Date(), AbortSignal.abort()), { name: 'AbortError' });
  t.equal(readFileSync(place, 'utf8'), 'as it was');
  t.same(readdirSync(cwd), ['shapes.json']);
});

t.test('every mistake in a file is named at once, with its place', (t) => {
  const file = path.join(t.testdir(), 'shapes.json');
  const problemsWith = (text: string): string[] => {
    writeFileSync(file, text);
    const refusal = refusalOf(() => readShapes(file));
    if (!(refusal instanceof SettingsError)) throw refusal;
    return refusal.problems.map((problem) => problem.replace(file, 'FILE'));
  };
  const head = { format: 'chatcaptain-stub/shapes', version: 1, observed: '2026-11-26' };
  const withAnswer = (more: object) => JSON.stringify({ ...head, answers: { '400: no name': { ...SHAPE, ...more } } });
  const at = 'FILE: /answers/400: no name';
  const rows: [text: string, problems: string[]][] = [
    ['{', ['FILE is not JSON: name a file that verify --record has made']],
    ['[]', ['FILE: /format: must be "chatcaptain-stub/shapes": this is no file that verify --record has made']],
    [
      JSON.stringify({ ...head, version: 2 }),
      ['FILE: /version: must be 1; this release knows no other: record it again'],
    ],
    [
      JSON.stringify({ ...head, observed: 'today', answers: [] }),
      ['FILE: /observed: must be a date such as 2026-11-26', 'FILE: /answers: must be an object with an answer in it'],
    ],
    [JSON.stringify({ ...head, answers: {} }), ['FILE: /answers: must be an object with an answer in it']],
    [
      JSON.stringify({ ...head, answers: { '400: no nam': SHAPE, 'something else': SHAPE } }),
      [
        'FILE: /answers/400: no nam: there is no such case; did you mean "400: no name"?',
        'FILE: /answers/something else: there is no such case',
      ],
    ],
    [
      withAnswer({ status: 42, mediaType: 'json', headers: ['date'], body: undefined }),
      [
        `${at}/status: must be a whole number from 200 to 599`,
        `${at}/mediaType: must be a media type such as application/json, or null`,
        `${at}/headers: must be a list of some of allow, location, retry-after, www-authenticate`,
        `${at}/body: must be an object with the type of the whole body, named ""`,
      ],
    ],
    [
      withAnswer({
        headers: 'allow',
        body: { '': 'object', a: 'null', '/b': 'text', '/c': 7, '/d/e': 'null', '/f': 'string: secret' },
      }),
      [
        `${at}/headers: must be a list of some of allow, location, retry-after, www-authenticate`,
        `${at}/body/a: must be named by a JSON pointer`,
        ...['b', 'c'].map(
          (name) => `${at}/body/~1${name}: must be a type such as "object", "string: sentence" or "number: status"`,
        ),
        `${at}/body/~1d~1e: what is above it must be there, and be an object, or an array for *`,
        `${at}/body/~1f: must be a type such as "object", "string: sentence" or "number: status"`,
      ],
    ],
    [
      withAnswer({ body: { '': 'array', '/*': 'null', '/a': 'null' } }),
      [`${at}/body/~1a: what is above it must be there, and be an object, or an array for *`],
    ],
    [
      withAnswer({ mediaType: 'text/日本', body: { '': 'string: word: secret' } }),
      [
        `${at}/mediaType: must be a media type such as application/json, or null`,
        `${at}/body/: must be a type such as "object", "string: sentence" or "number: status"`,
      ],
    ],
    [
      withAnswer({
        body: Object.fromEntries(Array.from({ length: 23 }, (_, depth) => ['/a'.repeat(depth), 'object'])),
      }),
      [`${at}/body: must not be deeper than 20 places`],
    ],
    [withAnswer({ mediaType: null }), [`${at}/body/: must be text or empty, where the media type is not JSON`]],
    [
      withAnswer({ body: { '': 'text' } }),
      [`${at}/body/: must be malformed, empty or a JSON type, where the media type is JSON`],
    ],
    [
      '{"format":"chatcaptain-stub/shapes","version":1,"observed":"2026-11-26","answers":{"400: no name":7}}',
      [
        `${at}/status: must be a whole number from 200 to 599`,
        `${at}/mediaType: must be a media type such as application/json, or null`,
        `${at}/headers: must be a list of some of allow, location, retry-after, www-authenticate`,
        `${at}/body: must be an object with the type of the whole body, named ""`,
      ],
    ],
  ];
  for (const [text, problems] of rows) t.same(problemsWith(text), problems, text);
  for (const fine of [
    { mediaType: null, body: { '': 'text' } },
    { body: { '': 'empty' } },
    { body: { '': 'malformed' } },
  ]) {
    writeFileSync(file, withAnswer(fine));
    t.match(readShapes(file).get('400: no name'), fine);
  }
  t.end();
});
