// Bundles src/ into dist/: the command line, the library, and chunks that load when they are needed.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { bundlePage } from './src/inspector/bundle.ts';

/** What stands behind an import of another file of ours, in a declaration. */
const RELATIVE = /(?<=(?: from|^import) ')(\.[^']+)\.ts(?=')/gm;

/**
 * Two of Node's own modules through `require`. An `import` of one reads all that it exports, and `node:http` loads its
 * WebSocket then, with the whole of undici behind it: a twelfth of what a start takes. What is exported is taken when it is
 * loaded, as by `import`: what a test replaces later on is not ours.
 */
const requireBuiltins: Plugin = {
  name: 'require-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(?:http|crypto)$/ }, ({ path: name, kind }) =>
      kind === 'import-statement' ? { path: name, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path: name }) => {
      const loaded = process.getBuiltinModule(name) as object;
      const names = Object.entries(Object.getOwnPropertyDescriptors(loaded)).flatMap(([key, { get }]) =>
        get === undefined ? [key] : [],
      );
      const contents = `const loaded = require('${name}'); export default loaded; export const { ${names} } = loaded;`;
      return { contents };
    });
  },
};

rmSync('dist', { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: ['src/cli.ts', 'src/index.ts', 'src/testcontainers.ts'],
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
  // A native module, one that serves files of its own package, and one that its user brings along.
  plugins: [requireBuiltins],
  external: ['better-sqlite3', '@fastify/swagger-ui', 'testcontainers'],
  // The bundled CommonJS packages require Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
});
chmodSync('dist/cli.js', 0o755);

const page = await bundlePage('most');
mkdirSync('dist/inspector');
for (const [name, { identity, br, gzip }] of page.files) {
  writeFileSync(`dist/inspector/${name}`, identity);
  writeFileSync(`dist/inspector/${name}.br`, br);
  writeFileSync(`dist/inspector/${name}.gz`, gzip);
}
const inputs = [...Object.keys(metafile.inputs), ...Object.keys(page.inputs)];
writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licences(inputs));

execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
publishTypes('index.d.ts', 'testcontainers.d.ts');
for (const door of ['index', 'testcontainers']) writeCommonJs(door);

/**
 * Keeps what these doors name, and takes the rest away. Each file once as a module of each kind, since a compiler takes a
 * declaration for what its ending says.
 */
function publishTypes(...doors: string[]): void {
  const reached = new Map<string, string>();
  const toRead = [...doors];
  for (const file of toRead) {
    if (reached.has(file)) continue;
    const text = readFileSync(path.join('dist/types', file), 'utf8');
    reached.set(file, text);
    for (const [, target = ''] of text.matchAll(RELATIVE)) {
      toRead.push(path.join(path.dirname(file), `${target}.d.ts`));
    }
  }
  rmSync('dist/types', { recursive: true });
  for (const [file, text] of reached) {
    mkdirSync(path.join('dist/types', path.dirname(file)), { recursive: true });
    for (const kind of ['ts', 'cts']) {
      const target = path.join('dist/types', file.replace(/ts$/, kind));
      writeFileSync(target, text.replace(RELATIVE, kind === 'ts' ? '$1.js' : '$1.cjs'));
    }
  }
}

/**
 * A door for `require`. It goes through the loader of Node itself, whatever `require` is where it is asked for: that of
 * Jest takes no ES modules, and would load the server anew for every test file, with timers that a test can stop.
 */
function writeCommonJs(door: string): void {
  const code = `'use strict';
const { runInThisContext } = require('node:vm');
const { createRequire } = runInThisContext('process').getBuiltinModule('node:module');
module.exports = createRequire(__filename)('./${door}.js');
`;
  writeFileSync(`dist/${door}.cjs`, code);
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
