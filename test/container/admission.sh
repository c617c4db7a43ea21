#!/usr/bin/env bash
# The control plane lets nobody in without its token, which a start shows once, or not at all where it was chosen.
source "$(dirname "$0")/support.sh"

# The tokens that the log shows, over both streams, one a line.
shown() { docker logs "$container" 2>&1 | sed -n '/bearer token, which was made for this start/{n;s/^ *//p}'; }

# How often TEXT stands in the log.
times() { docker logs "$container" 2>&1 | grep -cF -- "$1" || true; }

with() { status /__admin/settings --header "authorization: Bearer $1"; }

must 'starts' start --tmpfs /data
must 'becomes healthy' healthy
first=$(shown)
check '200: with the token of the log' equal "$(with "${first:-none}")" 200
check 'which is shown once' equal "$(times "${first:-none}")" 1
check 'every route is 401 without it, with a wrong one, and with one of the data plane, and changes nothing' \
  env ADMIN_TOKEN="$first" node test/container/admission.check.ts "$(url)"

must 'restarts' docker restart "$container"
must 'becomes healthy again' healthy
second=$(shown | sed -n 2p)
check 'this start has made another, and shows it once' equal "$(times "${second:-none}")" 1
check 'that of the start before is shown no second time' equal "$(times "$first")" 1
check 'and is no longer good' equal "$(with "$first") $(with "${second:-none}")" '401 200'
check 'a start shows no more than one' equal "$(shown | sort -u | wc -l)" 2

must 'starts with a token of our choice' start --tmpfs /data --env STUB_ADMIN_TOKEN=admin-of-the-check
must 'becomes healthy with it' healthy
check '200: with the chosen token' equal "$(with admin-of-the-check)" 200
check 'which is not in the log' equal "$(times admin-of-the-check)" 0
check 'and no other was made' equal "$(shown)" ''
