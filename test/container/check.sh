#!/usr/bin/env bash
# Builds the image and checks what it promises. Needs curl and a Docker engine that has, or can get, the base image.
#
#   test/container/check.sh
#
# NODE_IMAGE and NPM_CONFIG_REGISTRY, when set, go to the build. One line a check, then "N passed, N failed"; the exit
# status is 0 when nothing failed.
set -euo pipefail
cd "$(dirname "$0")/../.."

image=chatcaptain-stub:check
container=chatcaptain-stub-check-$$
volume=$container
scratch=$(mktemp -d)
passed=0
failed=0
# A signal may come inside a check, where the standard output is a file.
exec 3>&1

finish() {
  local status=$?
  exec >&3
  docker rm --force --volumes "$container" >/dev/null 2>&1 || true
  docker volume rm --force "$volume" >/dev/null 2>&1 || true
  rm -rf "$scratch"
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
    echo "not ok - the script ends by itself (exit status $status)"
  fi
  echo "$passed passed, $failed failed"
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

equal() { [ "$1" = "$2" ] || { echo "expected $2, got ${1:-nothing}"; return 1; }; }

build() {
  local name options=()
  for name in NODE_IMAGE NPM_CONFIG_REGISTRY; do
    [ -z "${!name:-}" ] || options+=(--build-arg "$name=${!name}")
  done
  # A failed step leaves no container behind.
  docker build --force-rm ${options[@]+"${options[@]}"} --file docker/Dockerfile --tag "$image" .
}

# The paths of everything in the image, without a slash in front.
list_files() {
  docker create --name "$container" "$image" || return 1
  docker export "$container" | tar -t >"$scratch/files" || return 1
  docker rm --volumes "$container" || return 1
  grep -x app/dist/cli.js "$scratch/files"
}

absent() { ! grep -E "$1" "$scratch/files"; }

# Packages that the lock file marks as development only, and that are there all the same.
no_dev_dependency() {
  docker run --rm --interactive --network none --entrypoint node "$image" -e '
    const { existsSync, readFileSync } = require("node:fs");
    const { packages } = JSON.parse(readFileSync(0, "utf8"));
    const found = Object.keys(packages).filter((path) => packages[path].dev && existsSync(`/app/${path}`));
    console.log(found.join("\n"));
    process.exitCode = found.length > 0 ? 1 : 0;' <package-lock.json
}

# start OPTION…: a fresh container, locked down as far as it goes.
start() {
  docker rm --force --volumes "$container" >/dev/null 2>&1 || true
  docker run --detach --name "$container" --publish 127.0.0.1::4650 \
    --read-only --cap-drop ALL --security-opt no-new-privileges "$@" "$image"
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

# status PATH CURL-OPTION…: asks anew for the port, since a restart may change it.
status() {
  local path=$1
  shift
  curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' "$@" \
    "http://$(docker port "$container" 4650/tcp)$path" || true
}

create() { # create CURL-OPTION…: posts a conversation and prints the status
  status /v1/inbox/container-check/conversations --header 'content-type: application/json' \
    --data '{"name": "John Doe", "channelId": "web"}' "$@"
}

# The number of conversations in the volume, as another container sees it.
stored() {
  docker run --rm --user 12345:0 --volume "$volume:/data" --entrypoint node "$image" -e '
    const db = require("better-sqlite3")(process.env.STUB_DATABASE, { readonly: true });
    console.log(db.prepare("SELECT count(*) FROM conversations").pluck().get());' || true
}

# The engine kills after ten seconds; what ends by itself does so well before.
stopped() {
  local before=$SECONDS
  docker stop "$container" || return 1
  [ $((SECONDS - before)) -lt 5 ] || { echo "it took $((SECONDS - before)) seconds"; return 1; }
  equal "$(docker inspect --format '{{.State.ExitCode}}' "$container")" 0
}

must 'the image builds' build
must 'its files can be listed' list_files
check 'no source map is in it' absent '^app/.*\.map$'
check 'no test and no source is in it' absent '^app/(.*/)?test/|^app/src/|^app/node_modules/better-sqlite3/(src|deps)/'
check 'no .env, .npmrc or lock file, and no data is in it' absent '^app/(.*/)?\.(env|npmrc)|^app/package-lock|^(app/)?data/.'
check 'no dev dependency is in it' no_dev_dependency
check 'one native binary is in it' equal "$(grep -c '\.node$' "$scratch/files")" 1
check 'its user is a number that is not root' equal "$(docker inspect --format '{{.Config.User}}' "$image")" 1000:1000

must 'starts read-only, without capabilities, as user 12345:0, on a new volume' \
  start --user 12345:0 --volume "$volume:/data"
must 'becomes healthy' healthy
token=$(docker exec "$container" node /app/dist/cli.js token create 2>/dev/null)
check '201: with a token that the command line made beside the server' \
  equal "$(create --header "authorization: Bearer $token")" 201
check '401: without a credential' equal "$(create)" 401
check '200: a file of the documentation page' equal "$(status /docs/static/swagger-ui-bundle.js)" 200
check 'one conversation is stored' equal "$(stored)" 1

check 'restarts' docker restart "$container"
must 'becomes healthy again' healthy
check 'the conversation is still there' equal "$(stored)" 1
check '201: the token is still good' equal "$(create --header "authorization: Bearer $token")" 201
check 'docker stop: ends by itself, with exit code 0' stopped

must 'starts as its own user, with /data in memory' start --tmpfs /data
check 'becomes healthy in memory' healthy
check '401: the control plane without its token' equal "$(status /__admin/clock)" 401
admin=$(docker logs "$container" 2>&1 | sed -n '/bearer token, which was made for this start/{n;s/^ *//p}')
check 'the token that was made for the control plane is shown once' \
  equal "$(docker logs "$container" 2>&1 | grep -cF -- "${admin:-none}")" 1
check '201: a chatbot made with it' \
  equal "$(status /__admin/chatbots --request POST --header "authorization: Bearer $admin")" 201

mkdir "$scratch/fixtures"
cat >"$scratch/fixtures/shop.yaml" <<'YAML'
chatbots:
  - id: container-check
    channels: [web]
    tokens:
      - token: token-of-the-fixtures
YAML
chmod -R go=rX "$scratch" "$scratch/fixtures"
must 'starts with fixtures, read-only, and an admin token of our choice' \
  start --tmpfs /data --volume "$scratch/fixtures:/fixtures:ro" --env STUB_ADMIN_TOKEN=admin-of-the-check
must 'becomes healthy with fixtures' healthy
check '201: with a token of the fixtures' equal "$(create --header 'authorization: Bearer token-of-the-fixtures')" 201
check '200: the control plane with its token' \
  equal "$(status /__admin/clock --header 'authorization: Bearer admin-of-the-check')" 200
check 'neither token is in the log' \
  equal "$(docker logs "$container" 2>&1 | grep -cE 'token-of-the-fixtures|admin-of-the-check')" 0

must 'starts as user and group 54321, on an anonymous volume' start --user 54321:54321
check 'becomes healthy on an anonymous volume' healthy
