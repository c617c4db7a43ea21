#!/usr/bin/env bash
# How soon it is healthy, how it stops, and that nothing it has acknowledged is lost when it is stopped or killed amid
# requests.
source "$(dirname "$0")/support.sh"

check 'healthy within 2 seconds of docker run, and stopped within half a second, with exit code 0' \
  node test/container/start-and-stop.check.ts
# Node cannot catch a signal before it runs, and the kernel drops one that the first process does not catch; so README and
# docker/compose.yaml have an init, which passes it on.
check 'with an init, docker stop ends it at any moment after docker run' node test/container/early-stop.check.ts
check 'docker stop amid 500 requests: each 201 is in the volume, and the exit code is 0' \
  node test/container/acknowledged.check.ts TERM
check 'docker kill amid 500 requests: each 201 is in the volume' node test/container/acknowledged.check.ts KILL
