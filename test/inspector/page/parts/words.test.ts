import t from 'tap';
import {
  counted,
  durationInWords,
  inMilliseconds,
  listed,
  UNIT_NAMES,
} from '../../../../src/inspector/page/parts/words.ts';

t.test('a number stands with its noun, in the plural but for one', async (t) => {
  t.equal(counted(0, 'fault'), '0 faults');
  t.equal(counted(1, 'fault'), '1 fault');
  t.equal(counted(10_000, 'fault'), '10,000 faults');
  t.equal(counted(2, 'journal entry', 'journal entries'), '2 journal entries');
});

t.test('the last of a list has an "and" before it', async (t) => {
  t.equal(listed([]), '');
  t.equal(listed(['a']), 'a');
  t.equal(listed(['a', 'b']), 'a and b');
  t.equal(listed(['a', 'b', 'c']), 'a, b and c');
});

t.test('a duration is said in its two largest units, and the same in both directions', async (t) => {
  const table: [number, string][] = [
    [0, '0 ms'],
    [250, '250 ms'],
    [999.6, '1000 ms'],
    [1000, '1 second'],
    [61_000, '1 minute 1 second'],
    [3_600_000, '1 hour'],
    [3_605_000, '1 hour'],
    [93_600_000, '1 day 2 hours'],
    [400 * 86_400_000, '1 year 35 days'],
  ];
  for (const [ms, words] of table) {
    t.equal(durationInWords(ms), words);
    t.equal(durationInWords(-ms), words);
  }
});

t.test('an amount of each unit that is offered is whole milliseconds', async (t) => {
  t.same(
    UNIT_NAMES.map((unit) => inMilliseconds(1.5, unit)),
    [1500, 90_000, 5_400_000, 129_600_000],
  );
  t.equal(inMilliseconds(0.0001, 'second'), 0);
  t.equal(inMilliseconds(-2, 'hour'), -7_200_000);
});
