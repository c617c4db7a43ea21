#!/usr/bin/env bash
# `npm start` as the README says it: the curl line that it prints is run as it stands and must give 201, and a signal
# to npm must end the server.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
STUB_PORT=0 STUB_DATABASE="$folder/data/stub.sqlite" npm start >"$folder/out" 2>"$folder/err" &
npm=$!
trap 'kill -9 "$npm" 2>/dev/null || true; rm -rf "$folder"' EXIT

for _ in $(seq 150); do
  grep -q '^  curl ' "$folder/err" && break
  kill -0 "$npm" 2>/dev/null || { cat "$folder/out" "$folder/err"; exit 1; }
  sleep 0.1
done
grep -o 'ready on http://[^"]*' "$folder/out"
answer=$(sh -c "$(grep '^  curl ' "$folder/err")" 2>/dev/null)
printf '%s\n' "$answer"
grep -q '^HTTP/1.1 201 Created' <<<"$answer"

kill -TERM "$npm"
wait "$npm"
grep '"msg":"stopped"' "$folder/out"
echo 'ok: npm start, the curl line, 201, SIGTERM'
