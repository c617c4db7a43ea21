// Arbitrary bodies, most of them near to a good one.
import fc, { type Arbitrary } from 'fast-check';
import { often } from './often.ts';
import { BODY_LIMIT } from './oracle.ts';
import { CHANNEL } from './people.ts';

const text = fc.oneof(
  often(3, fc.string({ maxLength: 20 })),
  often(2, fc.string({ unit: 'binary', maxLength: 20 })),
  often(
    1,
    fc.constantFrom('', '\ud800', 'a\udc00b', '\u0000', '\ufeff', '__proto__', '"__proto__":', 'x'.repeat(1500)),
  ),
);
const email = fc.oneof(
  fc.emailAddress(),
  text,
  fc.constantFrom('a@b.example', 'a@b', 'a', '', '@', 'a@b@c', 'ä@b.example', 'a b@c.example'),
);

const conversation = fc.record(
  { name: text, channelId: fc.oneof(text, fc.constant(CHANNEL)), email, phone: text },
  { requiredKeys: ['name', 'channelId'] },
);

const dangerous = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', '');
const anything = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });

/** A good body with one thing put in, replaced or taken out. */
const mutated = fc
  .tuple(conversation, fc.oneof(fc.constantFrom('name', 'channelId', 'email', 'phone'), dangerous), fc.option(anything))
  .map(([body, key, value]) => {
    const entries = Object.entries(body).filter(([name]) => name !== key);
    const all = value === null ? entries : [...entries, [key, value] as const];
    // By hand: an object literal would take __proto__ for its prototype.
    return `{${all.map(([name, inner]) => `${JSON.stringify(name)}:${JSON.stringify(inner)}`).join(',')}}`;
  });

export const body: Arbitrary<Buffer> = fc.oneof(
  often(
    10,
    conversation.map((value) => Buffer.from(JSON.stringify(value))),
  ),
  often(
    6,
    mutated.map((value) => Buffer.from(value)),
  ),
  often(
    1,
    anything.map((value) => Buffer.from(JSON.stringify(value))),
  ),
  often(
    1,
    conversation.map((value) => Buffer.from(`\ufeff${JSON.stringify(value)}`)),
  ),
  // Broken off, or with a byte changed.
  often(
    2,
    fc.tuple(conversation, fc.nat(), fc.nat({ max: 255 }), fc.boolean()).map(([value, place, byte, isCut]) => {
      const bytes = Buffer.from(JSON.stringify(value));
      if (isCut) return bytes.subarray(0, place % bytes.length);
      bytes[place % bytes.length] = byte;
      return bytes;
    }),
  ),
  often(
    1,
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  ),
  often(
    1,
    fc
      .constantFrom(
        '',
        'null',
        '[',
        '{"name":"a","name":"b","channelId":"c"}',
        '['.repeat(990) + ']'.repeat(990),
        '{"a":'.repeat(300),
      )
      .map((value) => Buffer.from(value)),
  ),
  often(
    1,
    fc.constantFrom(BODY_LIMIT).map((size) => Buffer.from('{"name":"","channelId":""}'.padEnd(size))),
  ),
);

/** Larger than the server takes. */
export const TOO_LARGE = [BODY_LIMIT + 1, 70_000].map((size) => Buffer.from('{"name":"","channelId":""}'.padEnd(size)));
