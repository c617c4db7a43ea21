import t from 'tap';
import { parse } from './exposition.ts';

const HEAD = '# HELP a What it is.\n# TYPE a';

t.test('what is in order is read', async (t) => {
  const { families, value } = parse(
    `${HEAD} counter\na{x="1",y="a\\"b"} 2\na{x="2",y="c"} 3.5\n\n# HELP b Other.\n# TYPE b histogram\nb_bucket{le="1"} 1\nb_bucket{le="+Inf"} 2\nb_sum 3\nb_count 2\n`,
  );
  t.same([...families.keys()], ['a', 'b']);
  t.same([...(families.get('a')?.labels ?? [])], ['x', 'y']);
  t.equal(value('a'), 5.5);
  t.equal(value('a', { y: 'c', x: '2' }), 3.5);
  t.equal(value('b_bucket', { le: '+Inf' }), 2);
});

t.test('what is out of order is not', async (t) => {
  const rows: [text: string, why: RegExp][] = [
    [`${HEAD} counter\na 1`, /no end/],
    ['a 1\n', /something else/],
    ['# HELP a What.\na 1\n', /without a type/],
    [`${HEAD} counter\n# TYPE b counter\n`, /type of something else/],
    [`${HEAD} counter\na 1\n${HEAD} counter\n`, /second time/],
    [`${HEAD} counter\na 1\na 1\n`, /second time/],
    [`${HEAD} counter\na_sum 1\n`, /something else/],
    [`${HEAD} gauge\na Nan\n`, /no number/],
    [`${HEAD} gauge\na\n`, /no sample/],
    [`${HEAD} gauge\na{x="1""} 1\n`, /cannot be read/],
    [`${HEAD} gauge\na{x="1",x="2"} 1\n`, /cannot be read/],
    [`${HEAD} histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n`, /out of order/],
    [`${HEAD} histogram\na_bucket{le="1"} 1\na_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n`, /not the count/],
    [`${HEAD} histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n`, /not the count/],
    [`${HEAD} histogram\na_bucket{le="+Inf"} 1\na_count 1\n`, /no sum/],
  ];
  for (const [text, why] of rows) t.throws(() => parse(text), { message: why }, text);
});
