import { randomBytes } from 'node:crypto';
import t from 'tap';
import { createIdGenerator, createRandomText } from '../src/ids.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const NOON = Date.parse('2026-01-01T12:00:00Z');

const zeros = (size: number): Uint8Array => new Uint8Array(size);

/** Bytes 0, 1, 2 … 255, 0, 1 … over all calls. */
function countingBytes(): (size: number) => Uint8Array {
  let next = 0;
  return (size) => Uint8Array.from({ length: size }, () => next++ & 255);
}

t.test('an id is 20 of [0-9A-Za-z]', async (t) => {
  const newId = createIdGenerator(Date.now, randomBytes);
  for (let round = 0; round < 1000; round++) {
    const id = newId();
    if (!/^[0-9A-Za-z]{20}$/.test(id)) t.fail(id);
  }
  t.match(newId(), /^[0-9A-Za-z]{20}$/);
});

t.test('an id is 8 characters of the milliseconds in base 62, then 12 of randomness', async (t) => {
  const table: [milliseconds: number, time: string][] = [
    [0, '00000000'],
    [1, '00000001'],
    [61, '0000000z'],
    [62, '00000010'],
    [62 ** 2 - 1, '000000zz'],
    [62 ** 7, '10000000'],
    [62 ** 8 - 1, 'zzzzzzzz'],
  ];
  for (const [milliseconds, time] of table) {
    t.equal(createIdGenerator(() => milliseconds, zeros)(), `${time}000000000000`, `${milliseconds}`);
  }
  t.equal(createIdGenerator(() => 0, countingBytes())(), '000000000123456789AB');
});

t.test('a clock that stands before 1970 or between two milliseconds still makes ids', async (t) => {
  t.equal(createIdGenerator(() => -5, zeros)(), '00000000000000000000');
  t.equal(createIdGenerator(() => 62.9, zeros)(), '00000010000000000000');
});

t.test('ids sort as text, and as SQLite compares it, in the order of their time', async (t) => {
  const moments = [0, 1, 9, 10, 35, 36, 61, 62, 62 ** 2 - 1, 62 ** 2, 62 ** 6, NOON, NOON + 1, NOON + 62, 62 ** 8 - 1];
  let now = 0;
  const newId = createIdGenerator(() => now, randomBytes);
  const ids = moments.map((moment) => {
    now = moment;
    return newId();
  });
  t.same(ids.toSorted(), ids);
  t.same(
    ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    ids,
  );
});

t.test('200,000 ids of one millisecond are all different', async (t) => {
  const newId = createIdGenerator(() => NOON, randomBytes);
  const ids = new Set(Array.from({ length: 200_000 }, newId));
  t.equal(ids.size, 200_000);
});

t.test('every character is equally likely: bytes that name none of the 62 are drawn again', async (t) => {
  // 1,024 counting bytes hold each six-bit value 16 times; two of the 64 name no character.
  const text = createRandomText(countingBytes())(62 * 16);
  t.equal(text.length, 62 * 16);
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  t.same([...counts.keys()].sort().join(''), ALPHABET);
  t.same([...new Set(counts.values())], [16]);
});

t.test('a text of any length is exactly as long as asked for, across refills of the pool', async (t) => {
  const text = createRandomText(countingBytes());
  t.equal(text(0), '');
  t.equal(text(1), '0');
  t.equal(text(5000), `${ALPHABET.slice(1)}${ALPHABET.repeat(81)}`.slice(0, 5000));
});

t.test('the same clock and the same randomness give the same ids; another of either gives others', async (t) => {
  const ids = (clock: () => number, bytes: (size: number) => Uint8Array): string[] =>
    Array.from({ length: 500 }, createIdGenerator(clock, bytes));
  const first = ids(() => NOON, countingBytes());
  t.same(
    ids(() => NOON, countingBytes()),
    first,
  );
  const later = ids(() => NOON + 1, countingBytes());
  t.same(
    later.map((id) => id.slice(8)),
    first.map((id) => id.slice(8)),
  );
  t.notOk(later.some((id, index) => id.slice(0, 8) === first[index]?.slice(0, 8)));
  const others = new Set(ids(() => NOON, randomBytes));
  t.notOk(first.some((id) => others.has(id)));
});

t.test('the clock is read anew for each id', async (t) => {
  let now = 0;
  const newId = createIdGenerator(() => now++, zeros);
  t.same([newId(), newId(), newId()], ['00000000000000000000', '00000001000000000000', '00000002000000000000']);
});
