#!/usr/bin/env bash
# Succeeds if the cluster could not be restored if it were lost now: a drill must not destroy what
# nobody could bring back.
. "$(dirname "$0")/cluster.sh"

! restorable
