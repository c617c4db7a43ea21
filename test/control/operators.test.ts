import t from 'tap';
import { compilePattern } from '../../src/control/operators.ts';

t.test('patterns that people write are compiled', async (t) => {
  const patterns = [
    '^John',
    '@example\\.com$',
    '(\\d+)?',
    '\\p{L}+ü',
    '(?<=a)b',
    '(?<name>x)+',
    'a{3,}b+c*',
    '(?:a+){2}',
    '[(+]+',
    '(?:\\d{3}-?)+',
    'a|b',
    '',
    '(?=a+)b*',
  ];
  for (const pattern of patterns) t.type(compilePattern(pattern), RegExp, pattern);
  t.match('xJohn'.search(compilePattern('John')), 1, 'found anywhere');
});

t.test('one that repeats without end what repeats without end is refused: it could hold everybody up', async (t) => {
  const patterns = [
    '^(a+)+$',
    '(\\w+\\s?)*',
    '(a*)*b',
    '(?<n>a+)+',
    '(?<=(a+)+)b',
    '(x|(y+z)*)+',
    '(?:x(?:a{2,})){20}',
    '((a+)?)*',
  ];
  for (const pattern of patterns) t.throws(() => compilePattern(pattern), { message: /^repeats without end/ }, pattern);
});

t.test('what is no pattern is refused with what is wrong', async (t) => {
  t.throws(() => compilePattern('('), { message: /^is no regular expression: / });
  t.throws(() => compilePattern(5), { message: /as a text/ });
  t.throws(() => compilePattern('a'.repeat(1001)), { message: /at most 1000/ });
});
