// The files of the page, as they are sent.
import { hash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import acceptNegotiator from '@fastify/accept-negotiator';
import { once } from '../once.ts';
import type { Bundle, Encodings } from './bundle.ts';

/** Where the build has put them: beside the bundled server. There are none beside its sources. */
const BUILT = fileURLToPath(new URL('./inspector/', import.meta.url));

const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

/** In the order of preference, where a client has none. */
const CODINGS: (keyof Encodings)[] = ['br', 'gzip', 'identity'];

export interface PageFile {
  type: string;
  etag: string;
  encodings: Encodings;
}

const files = once(() => loadFiles(BUILT));

/** The file of this name, if there is one. All are read at the first look, for all servers of this process. */
export async function pageFile(name: string): Promise<PageFile | undefined> {
  return (await files()).get(name);
}

/** The content coding for a client that sends this `Accept-Encoding`. */
export function codingFor(accepted: string | string[] | undefined): keyof Encodings {
  return (acceptNegotiator.negotiate(String(accepted ?? ''), CODINGS) ?? 'identity') as keyof Encodings;
}

/** The files that the build has left in this folder; where there is none, those that the sources give. */
export async function loadFiles(built: string): Promise<Map<string, PageFile>> {
  const found = existsSync(built) ? await readBuilt(built) : await bundleFromSources();
  return new Map(
    [...found].map(([name, encodings]) => {
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] as string;
      return [name, { type, etag: `"${hash('sha256', encodings.identity).slice(0, 20)}"`, encodings }];
    }),
  );
}

/** By a name that the build does not see: what bundles the page needs esbuild, which is not installed with the package. */
async function bundleFromSources(): Promise<Bundle['files']> {
  const { bundlePage } = (await import(new URL('./bundle.ts', import.meta.url).href)) as typeof import('./bundle.ts');
  return (await bundlePage('least')).files;
}

/** Reads what `build.ts` has written: `NAME`, `NAME.br` and `NAME.gz`. */
async function readBuilt(folder: string): Promise<Bundle['files']> {
  const names = readdirSync(folder).filter((name) => !/\.(?:br|gz)$/.test(name));
  const read = names.map(async (name) => {
    const [identity, br, gzip] = await Promise.all(
      ['', '.br', '.gz'].map((ending) => readFile(`${folder}/${name}${ending}`)),
    );
    return [name, { identity, br, gzip } as Encodings] as const;
  });
  return new Map(await Promise.all(read));
}
