#!/usr/bin/env bash
# Starts `a`, fills it once, makes `b` its standby by a base backup, then the proxy. Ready means:
# `b` streams (synchronously if so asked) and the proxy leads to the primary.
. "$(dirname "$0")/pair.sh"

"$home/node.sh" start a
if [ -z "$(sql a "select 1 from pg_database where datname = 'app'")" ]; then
  fill -c 'create role replicator login replication'
fi
[ -e "$MUSTER_DIR/b/PG_VERSION" ] || copy_afresh a b
"$home/node.sh" start b

replicates() {
  local primary=a standby=b
  [ "$(role_of a)" = primary ] || { primary=b && standby=a; }
  [ "$(role_of $standby)" = standby ] &&
    [ -n "$(sql $primary "select 1 from pg_stat_replication where state = 'streaming'
                          and application_name = '$standby'
                          and ('$synchronous' = 'off' or sync_state <> 'async')" 2>/dev/null)" ]
}
until_true 40 "the standby to stream from the primary" replicates
"$home/proxy.sh" start
