#!/usr/bin/env bash
# The node of the tests (ci/kubernetes/node): builds it where it is not there yet, and prints its path.
set -euo pipefail
cd "$(dirname "$0")/node"

key=$(cat main.go go.mod go.sum | sha256sum | cut -c1-12)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/muster/kubernetes/node-$key
if [ ! -x "$folder/node" ]; then
  go=$(../../go.sh)
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock 9
  CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS=-mod=readonly nice "$go" build -p "$(nproc)" -trimpath -ldflags "-s -w" \
    -o "$folder/node.part" .
  mv "$folder/node.part" "$folder/node"
fi
echo "$folder/node"
