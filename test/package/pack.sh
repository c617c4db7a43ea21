# Sourced by what looks at the packed package.

# pack FOLDER: packs it into this folder, and sets `tarball`. PACKED, when set, is a folder where that has been done: what
# runs several checks in a row, as .ci/run does, builds and packs once for all of them.
pack() {
  local packed=${PACKED:-}
  if [ -z "$packed" ]; then
    packed=$1
    npm pack --silent --pack-destination "$packed" >/dev/null
  fi
  tarball=$(echo "$packed"/chatcaptain-stub-*.tgz)
  [ -f "$tarball" ] || { echo "there is no package in $packed" >&2; return 1; }
}
