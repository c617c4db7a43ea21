#!/usr/bin/env bash
# The README's "Your first test", every line of it as it stands: the commands, the test, and what it prints.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder" "$root"/chatcaptain-stub-*.tgz' EXIT
# The Node.js of the project: the one of the machine may be too old for it.
export PATH="$root/node_modules/.bin:$PATH"
# Where the folder is made that the commands ask for.
export TMPDIR=$folder

cd "$root"
node - >"$folder/first-test.sh" <<'JS'
const readme = require('node:fs').readFileSync('README.md', 'utf8');
const [, section] = /^## Your first test\n(.*?)^## /ms.exec(readme);
for (const [, language, text] of section.matchAll(/^```(sh|js)\n(.*?)^```$/gms)) {
  console.log(language === 'sh' ? text : `cat >first.test.mjs <<'EOF'\n${text}EOF`);
}
JS
grep -c '^' "$folder/first-test.sh" | sed 's/$/ lines to run/'
sh -eux "$folder/first-test.sh" >"$folder/out"
cat "$folder/out"
# What stands as a comment below a command is what it prints.
grep '^# ' "$folder/first-test.sh" | sed 's/^# //; s/(…)$//' | while read -r line; do
  grep -qF "$line" "$folder/out" || { echo "not printed: $line" >&2; exit 1; }
done
