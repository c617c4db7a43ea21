// Arbitrary requests, most of them near to a good one: what is all wrong is refused at the first door.
import { METHODS } from 'node:http';
import fc, { type Arbitrary } from 'fast-check';
import { body, TOO_LARGE } from './bodies.ts';
import { often } from './often.ts';
import type { People } from './people.ts';
import { target } from './targets.ts';
import type { WireRequest } from './wire.ts';

type Header = readonly [name: string, value: string];

/** Text of a header: no control characters, which no header can hold, and no space at its ends. */
const visible = fc
  .array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes.filter((code) => code !== 0x7f)).trim());

const method = fc.oneof(
  often(12, fc.constant('POST')),
  often(1, fc.constantFrom(...METHODS.filter((name) => name !== 'CONNECT'))),
);

const type: Arbitrary<Header[]> = fc.oneof(
  often(12, fc.constant<Header[]>([['content-type', 'application/json']])),
  often(
    2,
    fc
      .constantFrom(
        'APPLICATION/JSON',
        'application/json;charset=utf-8',
        'application/json; charset="UTF-8"',
        'application/json; charset=latin1',
        'application/json; charset=',
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/jsonx',
        'foo',
        '',
        '/',
        'application/json\xa0',
        'multipart/form-data; boundary=x',
      )
      .map((value): Header[] => [['Content-Type', value]]),
  ),
  often(1, fc.constant<Header[]>([])),
);

function credentials(people: People): Arbitrary<Header[]> {
  const who = fc.constantFrom(...Object.values(people));
  const bearer = who.map((token): Header => ['authorization', `Bearer ${token}`]);
  const key = who.map((token): Header => ['x-chatcaptain-key', token]);
  return fc.oneof(
    often(8, fc.constant<Header[]>([['Authorization', `bearer ${people.everything}`]])),
    often(
      6,
      bearer.map((one) => [one]),
    ),
    often(
      3,
      key.map((one) => [one]),
    ),
    often(
      2,
      fc.tuple(bearer, key).map((both): Header[] => both),
    ),
    often(1, fc.array(fc.oneof(bearer, key), { maxLength: 3 })),
    often(
      1,
      fc.tuple(fc.constantFrom('authorization', 'x-chatcaptain-key'), visible).map((one): Header[] => [one]),
    ),
    often(
      1,
      fc
        .constantFrom(
          'Bearer',
          'Basic eA==',
          `Bearer  ${people.everything}`,
          `Bearer ${people.everything} x`,
          people.everything,
        )
        .map((value): Header[] => [['authorization', value]]),
    ),
  );
}

const extra: Arbitrary<Header> = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      'x-a',
      'cookie',
      'accept',
      'referer',
      'x-forwarded-for',
      'x-stub-request-id',
      '__proto__',
      'constructor',
      'origin',
      'sec-fetch-site',
      'if-none-match',
      'range',
      'te',
      'link',
    ),
    visible,
  ),
  fc.tuple(
    fc.constant('prefer'),
    fc.oneof(
      visible,
      fc.constantFrom(
        'code=400',
        'code=422, delay=3',
        'error="no"',
        'delay=0',
        'delay=99999',
        'code=201',
        'error',
        '"',
        ',,;=',
        'code=404; a="b,c"',
      ),
    ),
  ),
  fc.constantFrom<Header>(
    ['expect', '100-continue'],
    ['expect', 'what'],
    ['content-encoding', 'gzip'],
    ['content-encoding', 'identity'],
    ['content-encoding', ''],
    ['upgrade', 'h2c'],
    ['x-big', 'y'.repeat(7000)],
  ),
);

const host: Arbitrary<Header[]> = fc.oneof(
  often(12, fc.constant<Header[]>([['host', 'stub.example']])),
  often(
    1,
    fc.constantFrom<Header[]>(
      [],
      [['host', '']],
      [
        ['Host', 'a'],
        ['host', 'b'],
      ],
    ),
  ),
);

/** Whether a head is clearly within the 16 KiB that it may have: floods are sent elsewhere. */
function fits({ target, headers }: Pick<WireRequest, 'target' | 'headers'>): boolean {
  return headers.reduce((size, [name, value]) => size + name.length + value.length + 4, target.length) < 15_000;
}

/** Requests that are framed as HTTP has it: each has an answer, and the next one can be read. */
export function framed(people: People, more: Partial<{ version: '1.0'; body: Buffer }> = {}): Arbitrary<WireRequest> {
  const framing = fc.constantFrom<WireRequest['framing'][]>('length', 'length', 'length', 'chunked', 'none');
  return fc
    .record({
      method,
      target,
      version: fc.constant('1.1' as const),
      headers: fc
        .tuple(host, type, credentials(people), fc.array(extra, { maxLength: 3 }))
        .map((groups) => groups.flat()),
      body,
      framing,
    })
    .filter(fits)
    .map((request) => ({ ...request, ...more }));
}

/** Requests that are framed as HTTP has it, and are the last that are answered on their connection. */
export function closing(people: People): Arbitrary<WireRequest> {
  return fc.oneof(
    ...TOO_LARGE.map((body) => framed(people, { body })),
    framed(people, { version: '1.0' }).filter(({ framing }) => framing !== 'chunked'),
  );
}

/** Requests that break HTTP somewhere, to come last on their connection. */
export function broken(people: People): Arbitrary<WireRequest> {
  const bad = fc.record({
    framing: fc.constantFrom<WireRequest['framing']>('too short', 'too long', 'both', 'bad chunks', 'length'),
    method: fc.constantFrom('POST', 'post', 'NOPE', 'CONNECT', 'GET', ''),
    target: fc.constantFrom(
      '/v1/inbox/mine/conversations',
      'http://x/v1/inbox/mine/conversations',
      '*',
      'x:1',
      'http://[',
      '\xff',
      '/a b',
      '',
    ),
    headers: fc.array(
      fc.tuple(fc.constantFrom('host', 'a b', '', 'x\u0000', 'content-length', 'transfer-encoding', 'x'), visible),
      { maxLength: 4 },
    ),
  });
  return fc.tuple(framed(people), bad).map(([request, wrong]) => ({
    ...request,
    ...wrong,
    headers: [...request.headers, ...wrong.headers],
  }));
}
