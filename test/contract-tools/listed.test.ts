import t from 'tap';
import { againstList } from './listed.ts';

t.test('what a list does not name is a fault, and so is what it names in vain', async (t) => {
  t.same(againstList(['a', 'b'], ['b', 'a'], 'the list'), []);
  t.same(againstList(['a', 'b'], ['b', 'c'], 'the list'), ['not in the list: a', 'in the list, but no longer so: c']);
});
