#!/usr/bin/env bash
# The examples as a newcomer runs them: each copied into a folder of its own, with the packed package installed.
# test/examples/check.sh runs all of them, test/examples/check.sh NAME... those.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The Node.js of the project: the one of the machine may be too old for it.
export PATH="$root/node_modules/.bin:$PATH"

cd "$root"
npm pack --silent --pack-destination "$folder" >/dev/null
tarball=$(echo "$folder"/chatcaptain-stub-*.tgz)
# What they test is one program.
for copy in examples/{vitest,pact}/src/contact-form.ts; do cmp examples/node-test/src/contact-form.ts "$copy"; done
version=$(node -p 'require("./package.json").version')

run() { # run NAME
  # Without what somebody has installed or generated in the clone.
  git ls-files --cached --others --exclude-standard "examples/$1" | tar cT - | tar xC "$folder" || return 1
  cd "$folder/examples/$1"
  [ "$(npm pkg get devDependencies.chatcaptain-stub)" = "\"^$version\"" ] || {
    echo "package.json does not ask for chatcaptain-stub ^$version"
    return 1
  }
  npm install --no-save --no-audit --no-fund "$tarball" || return 1
  npm test || return 1
  npm run --if-present typecheck || return 1
  # The pact that is committed is the one that its consumer writes.
  cd "$root"
  git ls-files "examples/$1" | while read -r file; do diff "$file" "$folder/$file" || return 1; done
}

if [ $# -eq 0 ]; then set -- $(cd examples && ls -d */ | tr -d /); fi
passed=0
failed=0
for name in "$@"; do
  began=$SECONDS
  if (run "$name") >"$folder/$name.log" 2>&1; then
    passed=$((passed + 1))
    echo "passed: $name ($((SECONDS - began)) s)"
  else
    failed=$((failed + 1))
    cat "$folder/$name.log"
    echo "FAILED: $name ($((SECONDS - began)) s)"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
