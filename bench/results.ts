// The file that keeps what was measured: each part with its own date, so that one of them can be measured again.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Results } from './figures.ts';

/** What a quick run finds is not kept beside what means something, nor in the repository. */
const fileOf = (quick: boolean) => new URL(quick ? './results-quick.json' : './results.json', import.meta.url);

export function readResults(quick = false): Results {
  try {
    return JSON.parse(readFileSync(fileOf(quick), 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

export function writeResults(results: Results, quick: boolean): void {
  // The rounds of a figure on one line, which a diff shows as one.
  const text = JSON.stringify(results, null, 2).replace(/\[[\s\d.,-]+\]/g, (rounds) => rounds.replace(/\s+/g, ' '));
  writeFileSync(fileOf(quick), `${text}\n`);
}
