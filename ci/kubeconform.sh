#!/usr/bin/env bash
# kubeconform, which checks manifests against the schemas of their kinds: builds what ci/kubeconform pins,
# once, and prints the program.
set -euo pipefail
cd "$(dirname "$0")"
module=github.com/yannh/kubeconform
folder=$(GO_LDFLAGS="-X main.version=VERSION" ./go_programs.sh kubeconform kubeconform "$module" "$module/cmd/kubeconform")
echo "$folder/kubeconform"
