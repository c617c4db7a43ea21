// Makes the files of the page out of page/: at the build, and at the first look when the server runs from its sources.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Metafile } from 'esbuild';

const PAGE = path.join(import.meta.dirname, 'page');

/** A file as it is sent, by the name of its content coding. */
export interface Encodings {
  identity: Buffer;
  gzip: Buffer;
  br: Buffer;
}

export interface Bundle {
  /** By file name. Every name but `index.html` changes with the content. */
  files: Map<string, Encodings>;
  /** What went into it, with paths from the working directory. */
  inputs: Metafile['inputs'];
}

/**
 * Bundles and compresses the page.
 *
 * @param effort - `most` for files that are made once and sent often, `least` where somebody is waiting
 */
export async function bundlePage(effort: 'most' | 'least'): Promise<Bundle> {
  // A development dependency: an installed package has these files already.
  const { build } = await import('esbuild');
  const { metafile, outputFiles } = await build({
    entryPoints: { page: path.join(PAGE, 'main.tsx') },
    outdir: PAGE,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'warning',
  });
  const built = outputFiles.map(({ path: file, contents }) => ({ name: path.basename(file), contents }));
  const named = (ending: string): string => built.find(({ name }) => name.endsWith(ending))?.name as string;
  const html = (await readFile(path.join(PAGE, 'index.html'), 'utf8'))
    .replace('page.css', named('.css'))
    .replace('page.js', named('.js'));
  const files = [...built, { name: 'index.html', contents: Buffer.from(html) }];
  const encoded = files.map(async ({ name, contents }) => [name, await encode(Buffer.from(contents), effort)] as const);
  return { files: new Map(await Promise.all(encoded)), inputs: metafile.inputs };
}

async function encode(identity: Buffer, effort: 'most' | 'least'): Promise<Encodings> {
  const quality = effort === 'most' ? constants.BROTLI_MAX_QUALITY : 4;
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(identity, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    promisify(gzip)(identity, { level: effort === 'most' ? 9 : 5 }),
  ]);
  return { identity, br, gzip: zipped };
}
