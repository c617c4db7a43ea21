import t from 'tap';
import { type Delay, drawDelay } from '../../../src/control/faults/delay.ts';
import { MAX_DELAY } from '../../../src/pause.ts';

/** Evenly spread numbers below 1, and how often they were asked for. */
function spread(delay: Delay): { delays: number[]; asked: number } {
  let asked = 0;
  const delays = Array.from({ length: 10_000 }, (_, index) => {
    return drawDelay(delay, (purpose) => {
      asked += 1;
      return purpose === 'fault delay' ? (index % 100) / 100 : Math.floor(index / 100) / 100;
    });
  });
  return { delays: delays.sort((one, other) => one - other), asked };
}

t.test('a fixed delay asks for no number', (t) => {
  const { delays, asked } = spread(250);
  t.same([delays[0], delays.at(-1), asked], [250, 250, 0]);
  t.end();
});

t.test('a uniform delay lies evenly between its ends', (t) => {
  const { delays } = spread({ uniform: [100, 200] });
  t.same([delays[0], delays[5000], delays.at(-1)], [100, 150, 199]);
  t.same(spread({ uniform: [7, 7] }).delays.at(-1), 7);
  t.end();
});

t.test('a lognormal delay has its median, and its sigma in the logarithm', (t) => {
  const { delays } = spread({ lognormal: { median: 200, sigma: 0.5 } });
  const quantile = (part: number): number => delays[Math.floor(part * delays.length)] as number;
  const isNear = (found: number, wanted: number): void => void t.ok(Math.abs(found / wanted - 1) < 0.05, `${found}`);
  isNear(quantile(0.5), 200);
  isNear(quantile(0.8413), 200 * Math.exp(0.5));
  isNear(quantile(0.1587), 200 * Math.exp(-0.5));
  t.ok(delays.every(Number.isInteger));
  t.end();
});

t.test('what is drawn is cut at the longest delay that can be asked for', (t) => {
  const { delays } = spread({ lognormal: { median: 50_000, sigma: 10 } });
  t.equal(delays.at(-1), MAX_DELAY);
  t.equal(delays[0], 0);
  t.end();
});
