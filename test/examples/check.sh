#!/usr/bin/env bash
# The examples as a newcomer runs them: each copied into a folder of its own, with the packed package installed. Two at a
# time, since half of it is waiting for a registry.
# test/examples/check.sh runs all of them, test/examples/check.sh NAME... those.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The Node.js of the project: the one of the machine may be too old for it.
export PATH="$root/node_modules/.bin:$PATH"

source "$root/test/package/pack.sh"

cd "$root"
pack "$folder"
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
  # tap ends a file after 30 seconds, which is little where other checks take their part of the machine.
  TAP_TIMEOUT=120 npm test || return 1
  npm run --if-present typecheck || return 1
  # The pact that is committed is the one that its consumer writes.
  cd "$root"
  git ls-files "examples/$1" | while read -r file; do diff "$file" "$folder/$file" || return 1; done
}

# attempt NAME: leaves what it printed in NAME.log, and its line in NAME.result.
attempt() {
  local began=$SECONDS how
  if (run "$1") >"$folder/$1.log" 2>&1; then how=passed; else how=FAILED; fi
  echo "$how: $1 ($((SECONDS - began)) s)" | tee "$folder/$1.result"
}

if [ $# -eq 0 ]; then set -- $(cd examples && ls -d */ | tr -d /); fi
export -f run attempt
export root folder tarball version
printf '%s\n' "$@" | xargs -n 1 -P 2 bash -euo pipefail -c 'attempt "$1"' attempt || true

passed=0
failed=0
for name in "$@"; do
  if grep -qs '^passed' "$folder/$name.result"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf '\n'
    cat "$folder/$name.log"
    cat "$folder/$name.result" || echo "FAILED: $name, which was cut short"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
