// Bundles src/ into dist/: the command line, the library, and chunks that load when they are needed.
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: ['src/cli.ts', 'src/index.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  // Flat: a chunk finds migrations/ and contract/ one level above itself, like the sources.
  chunkNames: '[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  // A native module, and one that serves files of its own package.
  external: ['better-sqlite3', '@fastify/swagger-ui'],
  // The bundled CommonJS packages require Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
});
chmodSync('dist/cli.js', 0o755);
writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licences(Object.keys(metafile.inputs)));

// Only what the public types name is published.
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const file of readdirSync('dist/types', { recursive: true, encoding: 'utf8' })) {
  if (file !== 'index.d.ts' && file !== 'start.d.ts')
    rmSync(path.join('dist/types', file), { recursive: true, force: true });
}

/** The licence texts of the packages whose code is in the bundle. */
function licences(inputs: string[]): string {
  const folders = new Set<string>();
  for (const input of inputs) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (folder) folders.add(folder);
  }
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
      const text = file ? readFileSync(path.join(folder, file), 'utf8') : `${license}\n`;
      return `${name} ${version}\n\n${text.trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
