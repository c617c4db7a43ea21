/** The folder that holds `migrations/` and `contract/`: one level above this file, in `src/` and bundled in `dist/` alike. */
export const packageRoot = new URL('../', import.meta.url);
