import t from 'tap';
import { below, memberOf, namesIn, valueAt } from '../src/json-pointer.ts';

t.test('any name goes into a pointer and comes out again', async (t) => {
  for (const name of ['', 'a', '/', '~', '~1', '~0', 'a/b~c', '~01', '%2F', '0']) {
    t.same(namesIn(below('/x', name)), ['x', name], JSON.stringify(name));
  }
  t.equal(below('', 'a/b~c'), '/a~1b~0c');
  t.same(namesIn(''), []);
});

t.test('a pointer leads to own members only', async (t) => {
  const document = { list: [{ 'a/b': 1 }], none: null, text: 'abc' };
  t.equal(valueAt(document, []), document);
  t.equal(valueAt(document, ['list', '0', 'a/b']), 1);
  t.equal(valueAt(document, ['none']), null);
  for (const names of [
    ['none', 'a'],
    ['text', '0'],
    ['text', 'length'],
    ['list', 'length'],
    ['list', '00'],
    ['list', '1'],
  ]) {
    t.equal(valueAt(document, names), undefined, names.join());
  }
  t.equal(memberOf({}, 'constructor'), undefined);
  t.equal(memberOf(JSON.parse('{"__proto__": 1}'), '__proto__'), 1);
});
