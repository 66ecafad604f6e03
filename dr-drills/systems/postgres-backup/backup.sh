#!/usr/bin/env bash
# backup.sh NODE: a base backup of the cluster, which runs there, with the WAL it needs in the archive;
# then the backups before it and their WAL go. Whole or not at all; may be repeated.
. "$(dirname "$0")/cluster.sh"

node=${1:-}
name=$(date -u +%Y%m%dT%H%M%S.%NZ)
rm -rf "$backups"/*.new
own_dir 0700 "$backups/$name.new"
# Without WAL in it: it ends when the archive has what it needs, so that a restore proves the archive.
as_owner "$pg_bin/pg_basebackup" -D "$backups/$name.new" -U postgres -h "$MUSTER_DIR/run/$node" \
  -p "$(port_of '' "$node")" -X none -c fast --no-sync >"$MUSTER_DIR/log/backup.log" 2>&1 ||
  die "no base backup of node $node: $(last_words "$MUSTER_DIR/log/backup.log")"
mv "$backups/$name.new" "$backups/$name"
problem=$(restorable) || die "the base backup is of no use: $problem"
for backup in "$backups"/2*Z; do
  [ "$backup" = "$backups/$name" ] || rm -rf "$backup"
done
first=$(first_segment "$backups/$name")
as_owner "$pg_bin/pg_archivecleanup" "$archive" "$first"
echo "base backup $name of node $node, from segment $first on"
