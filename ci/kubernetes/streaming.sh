#!/usr/bin/env bash
# The node of the tests of exec and logs (ci/kubernetes/streaming): builds it where it is not there yet, and prints its path.
set -euo pipefail
cd "$(dirname "$0")/streaming"

key=$(cat main.go go.mod go.sum | sha256sum | cut -c1-12)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/muster/kubernetes/streaming-$key
if [ ! -x "$folder/streaming" ]; then
  go=$(../../go.sh)
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock 9
  CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS=-mod=readonly nice "$go" build -p "$(nproc)" -trimpath -ldflags "-s -w" \
    -o "$folder/streaming.part" .
  mv "$folder/streaming.part" "$folder/streaming"
fi
echo "$folder/streaming"
