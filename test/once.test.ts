import t from 'tap';
import { once } from '../src/once.ts';

t.test('the work is done once, however many ask and whenever', async (t) => {
  let count = 0;
  const ask = once(async () => ++count);
  t.same(await Promise.all([ask(), ask()]), [1, 1]);
  t.equal(await ask(), 1);
});

t.test('everybody who waits hears of a failure, and the next call tries again', async (t) => {
  let count = 0;
  const ask = once(async () => {
    if (++count === 1) throw new Error('not yet');
    return count;
  });
  t.match(await Promise.allSettled([ask(), ask()]), [{ reason: /not yet/ }, { reason: /not yet/ }]);
  t.equal(await ask(), 2);
  t.equal(await ask(), 2);
});
