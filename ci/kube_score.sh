#!/usr/bin/env bash
# kube-score, which judges what a good manifest has: builds what ci/kube-score pins, once, and prints the program.
set -euo pipefail
cd "$(dirname "$0")"
module=github.com/zegl/kube-score
folder=$(GO_LDFLAGS="-X main.version=VERSION" ./go_programs.sh kube-score kube-score "$module" "$module/cmd/kube-score")
echo "$folder/kube-score"
