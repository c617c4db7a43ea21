import { readFileSync } from 'node:fs';

/** The folder that holds `migrations/` and `contract/`: one level above this file, in `src/` and bundled in `dist/` alike. */
export const packageRoot = new URL('../', import.meta.url);

let version: string | undefined;

/** The version of this package. */
export function packageVersion(): string {
  version ??= (JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: string }).version;
  return version;
}
