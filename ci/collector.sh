#!/usr/bin/env bash
# A real OpenTelemetry Collector for the tests of the sidecar's export: builds what ci/collector pins,
# once, and prints the program.
set -euo pipefail
cd "$(dirname "$0")"
folder=$(./go_programs.sh collector collector go.opentelemetry.io/collector/otelcol collector=.)
echo "$folder/collector"
