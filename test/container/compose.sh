#!/usr/bin/env bash
# What the README says under "As a container", as it stands there.
source "$(dirname "$0")/support.sh"

# The commands of the section, one a line. Those for Compose 2 are given to docker-compose where there is no other.
commands() {
  sed -n '/^## As a container$/,/^## /p' README.md | sed -n '/^```sh$/,/^```$/p' | grep -v '^```' |
    sed -e ':a' -e '/\\$/{N;s/ *\\\n */ /;ba' -e '}' |
    if docker compose version >/dev/null 2>&1; then cat; else sed 's/^docker compose /docker-compose /'; fi
}
command_like() { commands | grep -E -- "$1" || { echo "no command is like $1" >&2; return 1; }; }

# A project, a volume and a port of its own.
export COMPOSE_PROJECT_NAME=$run STUB_VOLUME=$volume STUB_IMAGE=$image STUB_ADMIN_TOKEN=admin-of-the-check
STUB_PORT=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
export STUB_PORT
compose=$(command_like 'up$' | sed 's/ up$//')
take_down() { $compose down --volumes --timeout 5; }
at_end+=(take_down)

example() { docker ps --all --quiet --filter "label=com.docker.compose.project=$run" --filter label=com.docker.compose.service=example; }
stub() { docker ps --all --quiet --filter "label=com.docker.compose.project=$run" --filter label=com.docker.compose.service=stub; }

# Brings it up as somebody does at a terminal, and waits for the example to end.
up() {
  $(command_like 'up$') >"$scratch/up" 2>&1 &
  local id state
  for _ in $(seq 150); do
    sleep 0.2
    id=$(example)
    [ -n "$id" ] || continue
    state=$(docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$id")
    [ "$state" != 'exited 0' ] || return 0
    [[ $state != exited* ]] || break
  done
  cat "$scratch/up"
  return 1
}

# The example began no sooner than the stub was healthy, and left a conversation.
waited() {
  local healthy started
  healthy=$(docker inspect --format '{{range .State.Health.Log}}{{if eq .ExitCode 0}}{{.End.UTC.Format "2006-01-02T15:04:05.000000000Z"}}
{{end}}{{end}}' "$(stub)" | head -n 1)
  started=$(docker inspect --format '{{.State.StartedAt}}' "$(example)")
  [[ $healthy < $started ]] || { echo "healthy at $healthy, started at $started"; return 1; }
  contains "$(docker logs "$(example)")" '^201 \{"conversationId":'
}

conversations() {
  curl --silent --header 'authorization: Bearer admin-of-the-check' \
    "http://127.0.0.1:$STUB_PORT/__admin/conversations?chatbotId=shop" |
    node -e 'console.log(JSON.parse(require("node:fs").readFileSync(0, "utf8")).conversations.map(({ name }) => name).join(", "))'
}

# The command for CI, on a volume that is there already.
in_ci() {
  $(command_like 'exit-code-from') || return 1
  equal "$(docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$(stub)")" 'exited 0'
}

# docker run and docker exec, with names, a port and an image of their own in the place of those that stand there.
by_hand() {
  local line
  container=$run-by-hand
  line=$(command_like '^docker run ') || return 1
  line=${line/--publish 127.0.0.1:4650/--label $label --publish 127.0.0.1:}
  line=${line/--name chatcaptain-stub/--name $container}
  line=${line/--volume chatcaptain-stub:/--volume $run-by-hand:}
  ${line/%chatcaptain-stub/$image} || return 1
  docker volume inspect "$run-by-hand" >/dev/null || return 1
  healthy || return 1
  line=$(command_like '^docker exec ') || return 1
  equal "$(create --header "authorization: Bearer $(${line/chatcaptain-stub/$container} 2>/dev/null)")" 201
}
remove_by_hand() { docker volume rm "$run-by-hand"; }
at_end+=(remove_by_hand)

$compose version 2>/dev/null | sed -n '1s/^/# /p'
must 'compose up, as the README says it: the example ends with success' up
check 'it began when the stub was healthy, and made a conversation' waited
check 'which is there, beside that of the fixtures' equal "$(conversations)" 'Ada Lovelace, John Doe'
check 'compose up for CI ends with the exit code of the example, and stops the stub with 0' in_ci
check 'compose takes all of it down' take_down
check 'docker run and docker exec, as the README says them: 201' by_hand
