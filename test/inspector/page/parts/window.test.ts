import t from 'tap';
import { indexesIn, topFor } from '../../../../src/inspector/page/parts/window.ts';

const SEEN = { top: 0, size: 360, head: 32, height: 36 };

/** The first and the last, and how many. */
function ends(indexes: number[]): number[] {
  return [indexes[0] ?? -1, indexes.at(-1) ?? -1, indexes.length];
}

t.test('the rows in sight are in the document, some beyond the edges, and no more', async (t) => {
  t.same(ends(indexesIn(SEEN, 10_000, -1)), [0, 21, 22]);
  t.same(ends(indexesIn({ ...SEEN, top: 36_000 }, 10_000, -1)), [988, 1021, 34]);
  t.same(ends(indexesIn({ ...SEEN, top: 359_640 }, 10_000, -1)), [9978, 9999, 22]);
  t.same(ends(indexesIn(SEEN, 3, 1)), [0, 2, 3]);
  t.same(indexesIn(SEEN, 0, -1), []);
  t.same(ends(indexesIn({ ...SEEN, top: 36_000 }, 5, -1)), [0, 4, 5], 'the list has become shorter meanwhile');
});

t.test('one row is in the document wherever it is', async (t) => {
  t.equal(indexesIn({ ...SEEN, top: 36_000 }, 10_000, 3)[0], 3);
  t.equal(indexesIn(SEEN, 10_000, 5000).at(-1), 5000);
  t.equal(indexesIn(SEEN, 10_000, 10_000).length, 22);
});

t.test('it is scrolled no farther than needed', async (t) => {
  t.equal(topFor({ ...SEEN, top: 72 }, 5), 72, 'in sight');
  t.equal(topFor({ ...SEEN, top: 3600 }, 5), 180, 'up, below the head');
  t.equal(topFor(SEEN, 100), 32 + 101 * 36 - 360, 'down');
});
