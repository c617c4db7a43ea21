import { readFileSync } from 'node:fs';

/** The folder that holds `migrations/` and `contract/`: one level above this file, in `src/` and bundled in `dist/` alike. */
export const packageRoot = new URL('../', import.meta.url);

/** The version of this package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: string }).version;
}
