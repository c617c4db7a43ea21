#!/usr/bin/env bash
# What befalls a volume: nothing acknowledged is lost, the answers and the log name the cause, nothing restarts, and the
# server comes back by itself when the trouble is over.
source "$(dirname "$0")/support.sh"

trouble() { check "$1" node test/container/trouble.check.ts "$2"; }

# Whether a file system of our own can be mounted and broken here, without breaking another.
can_break_file_systems() {
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 1
  command -v mkfs.ext4 && command -v losetup && [ -e /dev/loop-control ] && [ -d /sys/fs/ext4 ]
}

trouble 'a disk that becomes full, until there is room again' full
trouble 'a disk that is full at the start, until there is room' full-at-start
trouble 'a volume that is read-only at the start, until it can be written' read-only-at-start
name='a file system that turns read-only, until it is mounted anew'
if can_break_file_systems >/dev/null; then
  trouble "$name" read-only
else
  could_not_run "$name" 'it takes root, mkfs.ext4 and loop devices'
fi
trouble 'a database file that is deleted: it is written again' deleted
trouble 'a database file that is damaged, until a back-up is put in its place' damaged
trouble 'one that is damaged at the start, until a back-up is put in its place' damaged-at-start
trouble 'a second server on the same file ends, with one line that says why' second-server
