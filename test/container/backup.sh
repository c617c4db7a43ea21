#!/usr/bin/env bash
# Back-up and restore with Docker, by the lines of docs/operations.md.
source "$(dirname "$0")/support.sh"

# documented PATTERN: the lines of shell of the guide, from the one like PATTERN to the end of its block, with the names of this run.
documented() {
  sed -n "/$1/,/^\`\`\`/{/^\`\`\`/d;p}" docs/operations.md |
    sed -E "s#stub-data#$volume#; s#(exec|exec -i|stop|start) stub\b#\1 $container#; s#--rm -i#--rm -i --label $label --user 12345:0#; s# chatcaptain-stub restore# $image restore#"
}

# follow FILE: runs a line after the other, and ends with the first that fails.
follow() { (cd "$scratch" && bash -e -o pipefail "$1"); }

token=(--header 'authorization: Bearer token-of-the-check')

new_volume >/dev/null
must 'starts' start --user 12345:0 --volume "$volume:/data" --env STUB_TOKEN=token-of-the-check
must 'becomes healthy' healthy
check 'a conversation that is in the back-up' equal "$(create "${token[@]}")" 201
documented '^docker exec stub .* backup -' >"$scratch/guide"
head -n 1 "$scratch/guide" >"$scratch/back-up"
tail -n +2 "$scratch/guide" >"$scratch/restore"
check 'the guide has the lines' equal "$(grep -c . "$scratch/guide")" 4
must 'a back-up, as the guide says it, while the server runs' follow "$scratch/back-up"
check 'a conversation that is not in it' equal "$(create "${token[@]}")" 201
check 'both are stored' equal "$(stored)" 2
must 'restored, as the guide says it' follow "$scratch/restore"
check 'becomes healthy again' healthy
check 'what is in the back-up is there, and nothing else' equal "$(stored)" 1
check '201: another one' equal "$(create "${token[@]}")" 201

documented '^docker exec -i stub' >"$scratch/beside"
check 'beside a server that has the database, a restore is refused' eval "! follow '$scratch/beside'"
check 'and nothing is changed by it' equal "$(stored)" 2
docker exec "$container" dd if=/dev/urandom of=/data/chatcaptain-stub.sqlite bs=4096 seek=1 count=30 conv=notrunc 2>/dev/null
docker restart "$container" >/dev/null
not_ready() { for _ in $(seq 100); do [ "$(status /readyz)" != 503 ] || return 0; sleep 0.1; done; return 1; }
check '503: what is damaged is waited for' not_ready
must 'restored beside the server that waits, as the guide says it' follow "$scratch/beside"
ready() { for _ in $(seq 100); do [ "$(status /readyz)" != 200 ] || return 0; sleep 0.1; done; docker logs "$container"; return 1; }
check 'and it goes on by itself' ready
check 'with what is in the back-up' equal "$(stored)" 1
