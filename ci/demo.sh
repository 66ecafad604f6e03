#!/usr/bin/env bash
# The main job, from a fresh clone: installs, builds, and runs a measured database-failover drill
# on a real PostgreSQL pair behind HAProxy. PLAN=… picks another plan, PROFILE=full the long form.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory build PRESET=release TARGET=muster
plan=${PLAN:-dr-drills/database-failover.yaml}
echo "running $plan, profile ${PROFILE:-quick}" >&2
exec build/release/cli/muster drill run "$plan" --profile "${PROFILE:-quick}" "$@"
