import t from 'tap';
import { arrive, NOTHING, release } from '../../../../src/inspector/page/requests/arrivals.ts';
import { rowOf } from '../../../../src/inspector/page/requests/row.ts';
import { exampleRequest } from './example-request.ts';

/** Rows with these ids. */
function rows(...ids: string[]) {
  return ids.map((id) => ({ ...rowOf(exampleRequest()), id }));
}

const idsOf = (list: readonly { id: string }[]): string => list.map(({ id }) => id).join('');

t.test('what comes stands before what came, and what is held back before both when the list goes on', async (t) => {
  const one = arrive(NOTHING, rows('b', 'a'), false);
  const held = arrive(arrive(one, rows('c'), true), rows('e', 'd'), true);
  t.same([idsOf(held.live), held.waiting, held.arrived], ['ba', 3, 2]);
  const after = arrive(held, rows('f'), false);
  t.same([idsOf(after.live), after.waiting, after.arrived, after.isCut], ['fedcba', 0, 6, false]);
  t.same(release(held), { ...arrive(held, [], false) });
});

t.test('a list that is open for days keeps the newest, and says that there are more', async (t) => {
  const full = arrive(arrive(NOTHING, rows('b', 'a'), false, 3), rows('c'), false, 3);
  t.same([idsOf(full.live), full.isCut], ['cba', false]);
  const cut = arrive(full, rows('e', 'd'), false, 3);
  t.same([idsOf(cut.live), cut.arrived, cut.isCut], ['edc', 5, true]);
});

t.test('a list that stands still for days stays as it is, and has no gap when it goes on', async (t) => {
  let list = arrive(NOTHING, rows('a'), false, 3);
  for (const id of 'bcdef') list = arrive(list, rows(id), true, 3);
  t.same([idsOf(list.live), list.held.length, list.waiting, list.isCut], ['a', 3, 5, true]);
  t.same(
    [idsOf(release(list, 3).live), release(list, 3).arrived, release(list, 3).isCut],
    ['fed', 6, true],
    'what is behind them is read anew',
  );
  const most = arrive(arrive(NOTHING, rows('b', 'a'), false, 3), rows('d', 'c'), true, 3);
  t.same([idsOf(release(most, 3).live), release(most, 3).isCut], ['dcb', true]);
});
