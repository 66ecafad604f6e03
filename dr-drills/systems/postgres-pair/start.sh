#!/usr/bin/env bash
# Starts `a`, fills it once, makes `b` its standby by a base backup, then the proxy. Ready means:
# `b` streams (synchronously if so asked) and the proxy leads to the primary.
. "$(dirname "$0")/pair.sh"

"$home/node.sh" start a
if [ -z "$(sql a "select 1 from pg_database where datname = 'app'")" ]; then
  # The standby does not exist yet: nothing to wait for.
  PGOPTIONS='-c synchronous_commit=local' as_owner "$pg_bin/psql" -X -q -v ON_ERROR_STOP=1 \
    -v orders="$orders" -U postgres -d postgres -h "$MUSTER_DIR/run/a" -p "$MUSTER_PORT_A" -f - \
    <"$home/schema.sql"
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
