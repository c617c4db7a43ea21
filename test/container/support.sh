# What the rooms of the container's checks share. Sourced by each of them, never run:
#
#   source "$(dirname "$0")/support.sh"
#
# A room prints one line a check, figures as lines that begin with "# ", and at its end "N passed, N failed"; its exit
# status is 0 when nothing failed. IMAGE_TAG, when set, is the image that is looked at. Needs curl and a Docker engine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# The Node.js that the project is pinned to, for *.check.ts.
PATH="$PWD/node_modules/.bin:$PATH"

image=${IMAGE_TAG:-chatcaptain-stub:check}
run=chatcaptain-stub-check-$$
container=$run
volume=$run
# By which the scripts in here find what belongs to this run, and so does the end of it.
label=chatcaptain-stub.check=$$
export CHECK_IMAGE=$image CHECK_RUN=$run CHECK_LABEL=$label
scratch=$(mktemp -d)
passed=0
failed=0
skipped=0
# A signal may come inside a check, where the standard output is a file.
exec 3>&1
# What a room does at its end besides.
at_end=()

finish() {
  local status=$? command
  exec >&3
  docker ps --all --quiet --filter "label=$label" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null 2>&1 || true
  docker volume ls --quiet --filter "label=$label" | xargs --no-run-if-empty docker volume rm --force >/dev/null 2>&1 || true
  for command in ${at_end[@]+"${at_end[@]}"}; do $command >/dev/null 2>&1 || true; done
  rm -rf "$scratch"
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
    echo "not ok - the script ends by itself (exit status $status)"
  fi
  if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [ "$failed" -eq 0 ] || exit 1
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# check NAME COMMAND…: passes when the command does; what a failing one printed follows its line.
check() {
  local name=$1
  shift
  if "$@" >"$scratch/output" 2>&1; then
    passed=$((passed + 1))
    echo "ok - $name"
    # Figures.
    grep '^# ' "$scratch/output" || true
  else
    failed=$((failed + 1))
    echo "not ok - $name"
    tail -n 30 "$scratch/output" | sed 's/^/#   /'
  fi
}

# must NAME COMMAND…: a check without which the others say nothing.
must() {
  local before=$failed
  check "$@"
  [ "$failed" -eq "$before" ] || exit 1
}

# could_not_run NAME WHY: a failure in CI, where a green run has run everything.
could_not_run() {
  if [ "${CI:-}" = true ]; then failed=$((failed + 1)); else skipped=$((skipped + 1)); fi
  echo "not ok - $1 # COULD NOT RUN: $2"
}

equal() { [ "$1" = "$2" ] || { echo "expected $2, got ${1:-nothing}"; return 1; }; }

# contains TEXT PATTERN
contains() { grep -qE -- "$2" <<<"$1" || { echo "expected $2 in:"; echo "$1"; return 1; }; }

# Options of a container that is locked down as far as it goes, belongs to this run, and can be asked from here.
LOCKED_DOWN=(--label "$label" --publish 127.0.0.1::4650
  --read-only --cap-drop ALL --security-opt no-new-privileges)

# start OPTION…: a fresh container.
start() {
  docker rm --force --volumes "$container" >/dev/null 2>&1 || true
  docker run --detach --name "$container" "${LOCKED_DOWN[@]}" "$@" "$image"
}

# new_volume OPTION…: a fresh volume, under the name of this run.
new_volume() {
  docker volume create --label "$label" "$@" "$volume"
}

healthy() {
  local state
  for _ in $(seq 300); do
    state=$(docker inspect --format '{{.State.Status}} {{.State.Health.Status}}' "$container")
    [ "$state" != 'running healthy' ] || return 0
    [ "$state" = 'running starting' ] || break
    sleep 0.2
  done
  echo "$state"
  docker logs "$container"
  return 1
}

# Where the container is asked; anew each time, since a restart may change the port.
url() { echo "http://$(docker port "$container" 4650/tcp | head -n 1)"; }

# status PATH CURL-OPTION…: 000 where no answer came.
status() {
  local path=$1
  shift
  curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' "$@" "$(url)$path" || true
}

create() { # create CURL-OPTION…: posts a conversation and prints the status
  status /v1/inbox/container-check/conversations --header 'content-type: application/json' \
    --data '{"name": "John Doe", "channelId": "web"}' "$@"
}

# The number of conversations in the volume, as another container sees it.
stored() {
  docker run --rm --label "$label" --user 12345:0 --volume "$volume:/data" --entrypoint node "$image" -e '
    const db = require("better-sqlite3")(process.env.STUB_DATABASE, { readonly: true });
    console.log(db.prepare("SELECT count(*) FROM conversations").pluck().get());' || true
}

# A room that is run alone looks at the image that an earlier run has built.
docker image inspect "$image" >/dev/null 2>&1 || [ "$(basename "$0")" = build.sh ] || {
  echo "there is no image $image: run test/container/build.sh first" >&3
  exit 1
}
