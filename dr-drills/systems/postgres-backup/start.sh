#!/usr/bin/env bash
# Starts the cluster on `a`, fills it once and makes the first base backup, then the proxy. Ready
# means: the proxy leads to the cluster, and if it were lost now it could be restored.
. "$(dirname "$0")/cluster.sh"

"$home/node.sh" start a
[ -n "$(sql a "select 1 from pg_database where datname = 'app'")" ] || fill
[ -n "$(newest_backup)" ] || "$home/backup.sh" a
"$home/proxy.sh" start
"$home/check.sh"
