#!/usr/bin/env bash
# The image runs locked down: read-only, without capabilities, as any user, on a volume, in memory, with fixtures.
source "$(dirname "$0")/support.sh"

# What the kernel says about process 1.
is_locked_down() {
  local status
  status=$(docker exec "$container" cat /proc/1/status) || return 1
  contains "$status" "^Uid:.$1.$1.$1.$1$" && contains "$status" '^CapEff:.0+$' && contains "$status" '^CapBnd:.0+$' &&
    contains "$status" '^NoNewPrivs:.1$' || return 1
  ! docker exec "$container" touch /app/written || { echo 'the image can be written'; return 1; }
}

bearer() { echo "authorization: Bearer $1"; }

new_volume >/dev/null
must 'starts read-only, without capabilities, as user 12345:0, on a new volume' \
  start --user 12345:0 --volume "$volume:/data"
must 'becomes healthy' healthy
check 'has no capability, can get none, and cannot write the image' is_locked_down 12345
token=$(docker exec "$container" node /app/dist/cli.js token create 2>/dev/null)
check '201: with a token that the command line made beside the server' equal "$(create --header "$(bearer "$token")")" 201
check '401: without a credential' equal "$(create)" 401
check '200: a file of the documentation page' equal "$(status /docs/static/swagger-ui-bundle.js)" 200
check '200: /openapi.json' equal "$(status /openapi.json)" 200
check 'one conversation is stored' equal "$(stored)" 1

check 'restarts' docker restart "$container"
must 'becomes healthy again' healthy
check 'the conversation is still there' equal "$(stored)" 1
check '201: the token is still good' equal "$(create --header "$(bearer "$token")")" 201

must 'starts as its own user, with /data in memory' start --tmpfs /data
check 'becomes healthy in memory' healthy
check 'is user 1000, and locked down' is_locked_down 1000

mkdir "$scratch/fixtures"
cp docker/fixtures/*.yaml "$scratch/fixtures"
chmod -R go=rX "$scratch" "$scratch/fixtures"
must 'starts with fixtures, read-only' start --tmpfs /data --volume "$scratch/fixtures:/fixtures:ro"
must 'becomes healthy with fixtures' healthy
check '201: with a token of the fixtures' \
  equal "$(status /v1/inbox/shop/conversations --header 'content-type: application/json' \
    --header "$(bearer local-token-of-the-shop)" --data '{"name": "John Doe", "channelId": "web"}')" 201
check 'no token of the fixtures is in the log' \
  equal "$(docker logs "$container" 2>&1 | grep -c local-token-of-the-shop)" 0

must 'starts as user and group 54321, on an anonymous volume' start --user 54321:54321
check 'becomes healthy on an anonymous volume' healthy
