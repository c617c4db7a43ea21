#!/usr/bin/env bash
# Builds the image that the other rooms look at. NODE_IMAGE, NPM_CONFIG_REGISTRY and IMAGE_TAG: see check.sh.
source "$(dirname "$0")/support.sh"

build() {
  local name options=()
  for name in NODE_IMAGE NPM_CONFIG_REGISTRY; do
    [ -z "${!name:-}" ] || options+=(--build-arg "$name=${!name}")
  done
  options+=(--build-arg "VERSION=$(node -p 'require("./package.json").version')")
  options+=(--build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || true)")
  # A failed step leaves no container behind.
  docker build --force-rm "${options[@]}" --file docker/Dockerfile --tag "$image" .
}

must 'the image builds' build
