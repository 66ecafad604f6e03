#!/usr/bin/env bash
# Starts the name server and site `a`, fills it once, makes `b` its cold standby by a base backup over
# the line. Ready means: `b` streams, and the names lead to the primary's site, which serves.
. "$(dirname "$0")/sites.sh"

"$home/dns.sh" start
"$home/line.sh" start
"$home/node.sh" start a
if [ -z "$(sql a "select 1 from pg_database where datname = 'app'")" ]; then
  fill -c 'create role replicator login replication' \
    -c 'grant execute on function pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean),
          pg_read_binary_file(text), pg_read_binary_file(text, bigint, bigint, boolean)
        to replicator'  # what pg_rewind does at the site it reads from
fi
[ -e "$MUSTER_DIR/b/PG_VERSION" ] || copy_afresh a b
"$home/site.sh" start b
serving=a
[ "$(role_of b)" != primary ] || serving=b
until_true 40 "site $(peer_of $serving) to stream from site $serving" streams "$(peer_of $serving)"
"$home/site.sh" start a
"$home/site.sh" serve $serving
