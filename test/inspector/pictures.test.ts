import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

const root = new URL('../../', import.meta.url);

t.test('each picture that the documentation shows is there, and each that is there is shown', async (t) => {
  const shown = new Set<string>();
  for (const [file, folder] of [
    ['README.md', ''],
    ['docs/inspector.md', 'docs/'],
  ]) {
    const text = readFileSync(new URL(String(file), root), 'utf8');
    for (const [, alternative, picture] of text.matchAll(/!\[([^\]]*)\]\(([^)]+\.png)\)/g)) {
      t.ok(existsSync(new URL(`${folder}${picture}`, root)), `${file}: ${picture}`);
      t.not(alternative, '', `${file}: ${picture} says what it shows`);
      shown.add(`${folder}${picture}`);
    }
  }
  const there = readdirSync(new URL('docs/screenshots/', root)).map((name) => `docs/screenshots/${name}`);
  t.same(there.sort(), [...shown].sort());
});
