#!/usr/bin/env bash
# Helm 3 and Helm 4 as users run them: builds what ci/helm/v3 and ci/helm/v4 pin, once, and prints both
# programs, one a line.
set -euo pipefail
cd "$(dirname "$0")"
for major in 3 4; do
  module=helm.sh/helm/v$major
  folder=$(GO_LDFLAGS="-X $module/internal/version.version=VERSION" \
    ./go_programs.sh "helm/v$major" helm "$module" "$module/cmd/helm")
  echo "$folder/helm"
done
