#!/usr/bin/env bash
# 128 MiB are enough, under load, with a full journal.
source "$(dirname "$0")/support.sh"

# Whatever the engine's version of cgroups.
memory() {
  docker exec "$container" sh -c '
    cd /sys/fs/cgroup
    if [ -d memory ]; then
      cd memory
      cat memory.limit_in_bytes memory.max_usage_in_bytes
      sed -n "s/^oom_kill //p" memory.oom_control
    else
      cat memory.max memory.peak
      sed -n "s/^oom_kill //p" memory.events
    fi'
}

survived() {
  local limit peak kills
  equal "$(docker inspect --format '{{.State.Status}} {{.State.OOMKilled}} {{.RestartCount}}' "$container")" \
    'running false 0' || return 1
  { read -r limit; read -r peak; read -r kills; } < <(memory)
  equal "$limit" 134217728 || return 1
  equal "$kills" 0 || return 1
  echo "# $((peak / 1048576)) MiB at most, with the page cache, which gives way"
}

mkdir "$scratch/fixtures"
cp docker/fixtures/*.yaml "$scratch/fixtures"
chmod -R go=rX "$scratch" "$scratch/fixtures"
new_volume >/dev/null
must 'starts with 128 MiB and no swap' \
  start --memory 128m --memory-swap 128m --volume "$volume:/data" --user 12345:0 \
  --volume "$scratch/fixtures:/fixtures:ro" --env STUB_ADMIN_TOKEN=admin-of-the-check --env STUB_TOKEN=token-of-the-check
must 'becomes healthy' healthy
check 'each request of the load is answered as it must be' node test/container/memory.check.ts "$container"
check 'nothing was killed for its memory' survived
check 'it is healthy still' healthy
check 'docker stop: exit code 0' bash -c "docker stop $container && [ \$(docker inspect --format '{{.State.ExitCode}}' $container) = 0 ]"
