// Arbitrary paths, most of them that of the operation.
import fc, { type Arbitrary } from 'fast-check';
import { often } from './often.ts';
import { CHANNELLED, MINE, OTHER } from './people.ts';

const id = fc.oneof(
  often(6, fc.constantFrom(MINE, MINE, OTHER, CHANNELLED)),
  often(
    2,
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => text.isWellFormed()),
  ),
  often(
    1,
    fc.constantFrom('..', '.', '*', ':x', 'a/b', 'a b+c', "'", 'x'.repeat(3000), '👩‍👩‍👧', '\u0000', 'a\u0085b', ''),
  ),
);

/** A segment of a path, each character encoded or not. */
const written = (text: string): Arbitrary<string> =>
  fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 }).map((dice) =>
    [...text]
      .map((character, index) => {
        const mustBe = !/^[A-Za-z0-9._~!$&'()*+,;=:@-]$/.test(character);
        const encoded = [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
        return mustBe || dice[index % dice.length] === 0 ? encoded : character;
      })
      .join(''),
  );

const query = fc.oneof(
  often(5, fc.constant('')),
  often(
    1,
    fc.constantFrom('?', '?a=b', '?a=%ZZ', '?__proto__[a]=1', '?a[]=1&a[]=2', '?a=/v1/../x', `?${'y'.repeat(2000)}`),
  ),
  often(
    1,
    fc.webQueryParameters().map((text) => `?${text}`),
  ),
);

export const target = fc
  .oneof(
    often(
      14,
      fc
        .tuple(
          id.chain(written),
          fc.constantFrom('/v1/inbox/', '/v1/inbox/', '/%761/in%62ox/'),
          fc.constantFrom('', '', '', '/'),
        )
        .map(([chatbot, front, end]) => `${front}${chatbot}/conversations${end}`),
    ),
    often(
      1,
      fc.array(fc.webSegment(), { maxLength: 5 }).map((segments) => `/v1/${segments.join('/')}`),
    ),
    often(
      1,
      fc.constantFrom(
        '/v1',
        '/v1//',
        '/v1/inbox//conversations',
        '/v1/inbox/mine//conversations',
        '/v1/inbox/mine/conversations//',
        '/v1/inbox/mine/../mine/conversations',
        '/v1/inbox/%ZZ/conversations',
        '/v1/inbox/%/conversations',
        '/v1/inbox/%ED%A0%80/conversations',
        '/v1/%FF',
        '/v1%2Finbox/mine/conversations',
        '/v1/inbox/mine/conversations;x=y',
        '/V1/inbox/mine/conversations',
        '//v1/inbox/mine/conversations',
        `/v1/${'a/'.repeat(500)}`,
      ),
    ),
  )
  .chain((path) => query.map((behind) => path + behind));
