import { execFileSync } from 'node:child_process';
import t from 'tap';
import { quote } from '../../../src/inspector/page/shell.ts';

const NASTY = [
  '',
  ' ',
  'plain',
  "it's",
  "''",
  "'; echo stolen; '",
  '"double"',
  '$HOME $(id) `id`',
  'back\\slash \\n \\',
  'a\nb\r\n\tc\n',
  '!history *.ts ? [a-z] {a,b} ~ # ; & | < > ( )',
  '-n',
  '--',
  'مرحبا 👩‍👩‍👧‍👦 \u202e\u0007\u001b[31m',
  'long '.repeat(5000),
];

t.test('a shell reads a quoted text as one word, and as it was', async (t) => {
  for (const text of NASTY) {
    const words = execFileSync('sh', ['-c', `printf '%s|' ${quote(text)} end`], { encoding: 'utf8' });
    t.equal(words, `${text}|end|`);
  }
});
