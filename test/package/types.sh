#!/usr/bin/env bash
# The published types as their users get them: looked at by publint and attw, compiled under each way to resolve a module
# by two compilers, run, and beside what docs/api.md says of them. Ends with a line for each thing that holds.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/test/package/types
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PATH="$root/node_modules/.bin:$PATH"

source "$root/test/package/pack.sh"
tool() { local name=$1; shift; "$here/node_modules/.bin/$name" "$@"; }
version() { node -p 'require(process.argv[1]).version' "$root/node_modules/$1/package.json"; }

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

cd "$root"
pack "$folder"
# What comes from a registry comes side by side. Tools of their own, since TypeDoc needs a compiler that is older than the
# project's.
npm ci --prefix "$here" --no-audit --no-fund >/dev/null &
tools=$!
(install "$folder/library" "$tarball" "@types/node@$(version @types/node)") &
library=$!
(install "$folder/testcontainers" "$tarball" "@types/node@$(version @types/node)" "testcontainers@$(version testcontainers)") &
testcontainers=$!
wait "$tools"
wait "$library"
wait "$testcontainers"

# The page is made of dist/types, and what is published is the package.
tar xzf "$tarball" -C "$folder"
diff -r "$folder/package/dist/types" dist/types
tool tsc -p "$here"
tool publint run "$tarball" --strict
tool attw "$tarball" --format ascii | grep -v '^$'

# configure NAME OPTIONS FILE…: what a compiler is to do, strictly and without skipLibCheck. OPTIONS are its own, as JSON.
configure() {
  local name=$1 options=$2 files
  shift 2
  cat >strict.json <<'JSON'
{"compilerOptions": {"target": "es2022", "types": ["node"], "strict": true, "exactOptionalPropertyTypes": true, "skipLibCheck": false, "noEmit": true}}
JSON
  files=$(printf '"%s",' "$@")
  printf '{"extends": "./strict.json", "compilerOptions": %s, "files": [%s]}' "$options" "${files%,}" >"$name"
}

# compile COMPILER CONFIGURATION…: in one process, which has to become fast only once. Each one by itself says what fails.
compile() {
  local compiler=$1 configuration failed=0
  shift
  "$compiler" --build --force "$@" >build.log || {
    for configuration in "$@"; do
      "$compiler" -p "$configuration" || { failed=1; echo "not ok: $("$compiler" --version), $(cat "$configuration")" >&2; }
    done
    [ "$failed" -eq 1 ] || { echo 'not ok, though each one by itself is:'; cat build.log; } >&2
    return 1
  }
}

# compile_all PROGRAM: under every way to find our declarations.
compile_all() {
  local program=$1 library new=() old=()
  for library in '"es2024"' '"es2024", "esnext.disposable"'; do
    configure "nodenext-${#new[@]}.json" "{\"module\": \"nodenext\", \"lib\": [$library]}" "$program.ts" "$program.cts"
    configure "bundler-${#new[@]}.json" "{\"module\": \"esnext\", \"moduleResolution\": \"bundler\", \"lib\": [$library]}" "$program.ts"
    # What ts-jest asks for in many projects; TypeScript 7 knows it no more. The types of testcontainers need the last one.
    configure "node10-${#new[@]}.json" \
      "{\"module\": \"commonjs\", \"moduleResolution\": \"node10\", \"esModuleInterop\": true, \"lib\": [$library]}" "$program.ts"
    old+=("nodenext-${#new[@]}.json" "bundler-${#new[@]}.json" "node10-${#new[@]}.json")
    new+=("nodenext-${#new[@]}.json" "bundler-${#new[@]}.json")
  done
  compile "$root/node_modules/.bin/tsc" "${new[@]}"
  compile "$here/node_modules/.bin/tsc" "${old[@]}"
  echo "ok: $program compiles under nodenext (both kinds), bundler and node10"
}

# run PROGRAM: as a module of each kind.
run() {
  configure run.json '{"module": "nodenext", "lib": ["es2024"], "noEmit": false, "outDir": "out"}' "$1.ts" "$1.cts"
  compile "$here/node_modules/.bin/tsc" run.json
  for file in "out/$1.js" "out/$1.cjs"; do
    node "$file" >"$folder/answer"
    grep -qx ok "$folder/answer"
  done
  echo "ok: $1 runs, imported and required"
}

cd "$folder/library"
test ! -e node_modules/testcontainers
compile_all library
run library
configure bare.json '{"module": "nodenext", "lib": ["es2022"], "types": []}' bare.ts bare.cts
for compiler in "$root/node_modules/.bin/tsc" "$here/node_modules/.bin/tsc"; do compile "$compiler" bare.json; done
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

cd "$folder/testcontainers"
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
configure shown.json '{"module": "nodenext", "lib": ["es2024"]}' shown-*.ts
compile "$root/node_modules/.bin/tsc" shown.json
echo "ok: $(ls shown-*.ts | wc -l) examples of README.md and docs/api.md compile"

cd "$here"
tool typedoc --logLevel Warn --out "$folder/docs"
diff -u "$root/docs/api.md" "$folder/docs/api.md" || { echo 'docs/api.md is not what `npm run docs:api` makes.' >&2; exit 1; }
echo 'ok: docs/api.md is what the declarations say'
