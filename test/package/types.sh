#!/usr/bin/env bash
# The published types as their users get them: looked at by publint and attw, compiled under each way to resolve a module
# by two compilers, run, and beside what docs/api.md says of them. Ends with a line for each thing that holds.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/test/package/types
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PATH="$root/node_modules/.bin:$PATH"

# Tools of their own, since TypeDoc needs a compiler that is older than the project's.
npm ci --prefix "$here" --no-audit --no-fund >/dev/null
tool() { local name=$1; shift; "$here/node_modules/.bin/$name" "$@"; }

cd "$root"
npm pack --silent --pack-destination "$folder" >/dev/null
tool tsc -p "$here"
tarball=$(echo "$folder"/chatcaptain-stub-*.tgz)
tool publint run "$tarball" --strict
tool attw "$tarball" --format ascii | grep -v '^$'

# install FOLDER PACKAGE…: an empty folder that has these packages, and the programs that try them.
install() {
  mkdir -p "$1/fixtures"
  cd "$1"
  echo '{"name": "consumer", "private": true, "type": "module"}' >package.json
  shift
  npm install --no-audit --no-fund --loglevel error "$@" >/dev/null
  for program in "$here"/consumer/*.ts; do
    cp "$program" .
    cp "$program" "$(basename "$program" .ts).cts"
  done
}

version() { node -p 'require(process.argv[1]).version' "$root/node_modules/$1/package.json"; }

# compile COMPILER OPTIONS FILE…: strict and without skipLibCheck. OPTIONS are those of the compiler, as JSON.
compile() {
  local compiler=$1 options=$2 files
  shift 2
  files=$(printf '"%s",' "$@")
  printf '{"extends": "./strict.json", "compilerOptions": %s, "files": [%s]}' "$options" "${files%,}" >tsconfig.json
  "$compiler" -p tsconfig.json || { echo "not ok: $("$compiler" --version), $options, $*" >&2; return 1; }
}

# compile_all PROGRAM: under every way to find our declarations.
compile_all() {
  local program=$1 compiler library
  cat >strict.json <<'JSON'
{"compilerOptions": {"target": "es2022", "types": ["node"], "strict": true, "exactOptionalPropertyTypes": true, "skipLibCheck": false, "noEmit": true}}
JSON
  for library in '"es2024"' '"es2024", "esnext.disposable"'; do
    for compiler in "$root/node_modules/.bin/tsc" "$here/node_modules/.bin/tsc"; do
      compile "$compiler" "{\"module\": \"nodenext\", \"lib\": [$library]}" "$program.ts" "$program.cts"
      compile "$compiler" "{\"module\": \"esnext\", \"moduleResolution\": \"bundler\", \"lib\": [$library]}" "$program.ts"
    done
    # What ts-jest asks for in many projects; TypeScript 7 knows it no more. The types of testcontainers need the last one.
    compile "$here/node_modules/.bin/tsc" \
      "{\"module\": \"commonjs\", \"moduleResolution\": \"node10\", \"esModuleInterop\": true, \"lib\": [$library]}" "$program.ts"
  done
  echo "ok: $program compiles under nodenext (both kinds), bundler and node10"
}

# run PROGRAM: as a module of each kind.
run() {
  compile "$here/node_modules/.bin/tsc" '{"module": "nodenext", "lib": ["es2024"], "noEmit": false, "outDir": "out"}' "$1.ts" "$1.cts"
  for file in "out/$1.js" "out/$1.cjs"; do
    node "$file" >"$folder/answer"
    grep -qx ok "$folder/answer"
  done
  echo "ok: $1 runs, imported and required"
}

install "$folder/library" "$tarball" "@types/node@$(version @types/node)"
test ! -e node_modules/testcontainers
compile_all library
run library
for compiler in "$root/node_modules/.bin/tsc" "$here/node_modules/.bin/tsc"; do
  compile "$compiler" '{"module": "nodenext", "lib": ["es2022"], "types": []}' bare.ts bare.cts
done
echo 'ok: bare compiles without any other types'

# Whatever the package holds, only the doors open, and without testcontainers only the first.
node --input-type=module - <<'JS'
import { readdirSync } from 'node:fs';
const isOpen = (name) => {
  try {
    return import.meta.resolve(name) !== '';
  } catch ({ code }) {
    if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return false;
    throw new Error(`${name}: ${code}`);
  }
};
const files = readdirSync('node_modules/chatcaptain-stub', { recursive: true, encoding: 'utf8' });
const names = ['', '/testcontainers', ...files.map((file) => `/${file}`)].map((file) => `chatcaptain-stub${file}`);
const open = names.filter(isOpen).join(', ');
const doors = 'chatcaptain-stub, chatcaptain-stub/testcontainers, chatcaptain-stub/package.json';
if (open !== doors) throw new Error(`expected ${doors}; got ${open}`);
const code = await import('chatcaptain-stub/testcontainers').then(() => 'none', (error) => error.code);
if (code !== 'ERR_MODULE_NOT_FOUND') throw new Error(`without testcontainers: ${code}`);
console.log(`ok: of ${names.length} names only ${doors} can be imported`);
JS

install "$folder/testcontainers" "$tarball" "@types/node@$(version @types/node)" "testcontainers@$(version testcontainers)"
compile_all testcontainers
run testcontainers
node "$here/surface.ts" "$PWD/node_modules/chatcaptain-stub" "$here"/consumer/*.ts

# What is shown compiles: all of the README, and of the page what is a program of its own.
node --input-type=module - "$root/README.md" "$root/docs/api.md" <<'JS'
import { readFileSync, writeFileSync } from 'node:fs';
for (const [index, file] of process.argv.slice(2).entries()) {
  const blocks = [...readFileSync(file, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text);
  const shown = blocks.filter((text) => index === 0 || text.startsWith('import '));
  for (const [number, text] of shown.entries()) writeFileSync(`shown-${index}-${number}.ts`, `${text}\nexport {};\n`);
}
JS
compile "$root/node_modules/.bin/tsc" '{"module": "nodenext", "lib": ["es2024"]}' shown-*.ts
echo "ok: $(ls shown-*.ts | wc -l) examples of README.md and docs/api.md compile"

cd "$here"
tool typedoc --logLevel Warn --out "$folder/docs"
diff -u "$root/docs/api.md" "$folder/docs/api.md" || { echo 'docs/api.md is not what `npm run docs:api` makes.' >&2; exit 1; }
echo 'ok: docs/api.md is what the declarations say'
