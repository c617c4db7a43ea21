#!/usr/bin/env bash
# Builds the image and checks what it promises, room by room. Needs curl, Docker Compose, and a Docker engine that has, or
# can get, the base image.
#
#   test/container/check.sh             # all of it
#   test/container/check.sh memory      # builds, and looks into these rooms only
#   test/container/memory.sh            # one room, with the image that is there
#
# NODE_IMAGE and NPM_CONFIG_REGISTRY, when set, go to the build, and IMAGE_TAG names what it builds. One line a check, then
# "N passed, N failed"; the exit status is 0 when nothing failed.
set -euo pipefail
cd "$(dirname "$0")"

rooms=("$@")
[ ${#rooms[@]} -gt 0 ] || rooms=(contents lockdown life admission memory compose backup trouble)

passed=0
failed=0
skipped=0

# enter ROOM: prints what it prints but for its last line, which is counted. One that was cut short counts as failed.
enter() {
  local line last='' began=$SECONDS
  printf '\n# %s\n' "$1"
  while IFS= read -r line; do
    [ -z "$last" ] || printf '%s\n' "$last"
    last=$line
  done < <(bash "$1.sh" 2>&1)
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
    printf '# %s: %s s\n' "$1" "$((SECONDS - began))"
    [ "${BASH_REMATCH[2]}" -eq 0 ]
  else
    failed=$((failed + 1))
    printf '%s\nnot ok - %s comes to its end\n' "$last" "$1"
    return 1
  fi
}

# Without an image the rooms say nothing.
if enter build; then
  for room in "${rooms[@]}"; do enter "$room" || true; done
fi

printf '\n'
if [ "$skipped" -gt 0 ]; then
  printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
else
  printf '%s passed, %s failed\n' "$passed" "$failed"
fi
[ "$failed" -eq 0 ]
