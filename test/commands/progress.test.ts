import t from 'tap';
import { createProgress, summaryOf } from '../../src/commands/progress.ts';

t.test(
  'a terminal sees how far it has come when that takes longer than a moment, and no trace of it afterwards',
  async (t) => {
    let now = 0;
    t.intercept(performance, 'now', { value: () => now });
    for (const isTTY of [true, false]) {
      const written: string[] = [];
      const write = (text: unknown) => written.push(String(text)) > 0;
      now = 0;
      const progress = createProgress({ isTTY, write }, 'copy');
      for (const [time, done, whole] of [
        [0, 0, 0],
        [499, 1, 10],
        [500, 2, 10],
        [599, 3, 10],
        [600, 999, 1000],
        [800, 0, 0],
      ] as const) {
        now = time;
        progress.show(done, whole);
      }
      progress.clear();
      const shown = ['\rcopy: 20 %\u001b[K', '\rcopy: 99 %\u001b[K', '\rcopy: 0 %\u001b[K', '\r\u001b[K'];
      t.same(written, isTTY ? shown : []);
    }
    const quick = createProgress({ isTTY: true, write: () => t.fail('nothing was shown') }, 'copy');
    quick.clear();
  },
);

t.test('sizes are in the unit that suits them', async (t) => {
  t.equal(summaryOf(0, 90_112, 40), '0 conversations, 90 kB in 0.0 s');
  t.equal(summaryOf(1, 3_400_000, 240), '1 conversation, 3.4 MB in 0.2 s');
  t.equal(summaryOf(2, 12_300_000_000, 60_000), '2 conversations, 12.3 GB in 60.0 s');
});
