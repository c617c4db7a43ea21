// What the declarations of an installed package say, beside what it exports, and beside the programs that try it.
//
//   node surface.ts FOLDER PROGRAM…     FOLDER is that of the package
import { deepEqual, equal } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const [folder = '', ...programs] = process.argv.slice(2);
const types = path.join(folder, 'dist/types');
const require = createRequire(import.meta.url);
const names = new Set<string>();

for (const door of ['index', 'testcontainers']) {
  const values = valuesIn(path.join(types, `${door}.d.ts`));
  deepEqual(valuesIn(path.join(types, `${door}.d.cts`)), values);
  const imported = await import(pathToFileURL(path.join(folder, `dist/${door}.js`)).href);
  deepEqual(Object.keys(imported).sort(), values);
  equal(require(path.join(folder, `dist/${door}.cjs`)), imported);
  process.stdout.write(`ok: ${door} exports ${values.join(', ')}\n`);
}

for (const file of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
  if (!/\.c?ts$/.test(file)) continue;
  const text = readFileSync(path.join(types, file), 'utf8');
  const outside = ts.preProcessFile(text).importedFiles.filter(({ fileName }) => !fileName.startsWith('.'));
  const allowed = /^testcontainers\.d\.c?ts$/.test(file) ? ['testcontainers'] : [];
  const found = [...outside.map(({ fileName }) => fileName), ...(text.match(/<reference (?:types|path)=.*/g) ?? [])];
  deepEqual(found, allowed, `what dist/types/${file} names of other packages`);
  collect(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
}
process.stdout.write('ok: the declarations name no other package but testcontainers\n');

const tried = new Set(programs.flatMap((program) => readFileSync(program, 'utf8').match(/[\w$]+/g) ?? []));
deepEqual(
  [...names].filter((name) => !tried.has(name)),
  [],
  'public names that no program tries',
);
process.stdout.write(`ok: all ${names.size} public names are tried\n`);

/** The names that a declaration file exports and that are there at run time. Of the others it takes note. */
function valuesIn(file: string): string[] {
  const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext, skipLibCheck: true, types: [] });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const symbol = source && checker.getSymbolAtLocation(source);
  if (!symbol) throw new Error(`${file} exports nothing.`);
  const values = checker.getExportsOfModule(symbol).filter((one) => {
    names.add(one.name);
    const target = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
    return target.flags & ts.SymbolFlags.Value;
  });
  return values.map(({ name }) => name).sort();
}

/** Takes note of the members that a file declares. */
function collect(node: ts.Node): void {
  const isMember = ts.isClassElement(node) || ts.isTypeElement(node);
  if (isMember && node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
  ts.forEachChild(node, collect);
}
