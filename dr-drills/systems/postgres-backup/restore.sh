#!/usr/bin/env bash
# restore.sh lay|replayed|clear NODE: a lost cluster comes back on an empty node. All may be repeated.
#   lay       checks the newest base backup against its manifest and lays it on the node, such that the
#             server, once started, replays archived WAL: up to the point in time that is asked for,
#             else to the archive's end. There it waits, read-only, until it is opened by pg_promote()
#   replayed  succeeds if the server has come that far
#   clear     the undo of lay
. "$(dirname "$0")/cluster.sh"

action=${1:-} node=${2:-}
spare_of "$node" >/dev/null
data=$(data_of "$node")
target_file=$MUSTER_DIR/conf/$node.target.conf

lay() {
  local backup problem until='the end of the archive' now
  now=$(date -u +%s)
  node_gone "$node" || die "a server runs on node $node"
  problem=$(restorable) || die "nothing can be restored: $problem"
  backup=$(newest_backup)
  as_owner "$pg_bin/pg_verifybackup" -q -n "$backup" >"$MUSTER_DIR/log/verify.log" 2>&1 ||
    die "$backup is damaged: $(tail -n 1 "$MUSTER_DIR/log/verify.log")"
  clear
  own_dir 0700 "$data.new"
  as_owner cp -a "$backup/." "$data.new"
  as_owner touch "$data.new/standby.signal"
  if [ "$seconds_back" -gt 0 ]; then
    until=$(date -u -d "@$((now - seconds_back))" '+%F %T+00')
    echo "recovery_target_time = '$until'" >"$target_file"
  fi
  mv "$data.new" "$data"
  echo "base backup $(basename "$backup"), to be replayed to $until"
}

replayed() {
  local seen
  seen=$(sql "$node" "select pg_get_wal_replay_pause_state() || ' ' || coalesce(wait_event, '-')
                      from pg_stat_activity where backend_type = 'startup'")
  case $seen in
    paused\ *) echo "at the point in time" ;;
    *\ RecoveryRetrieveRetryInterval) echo "at the end of the archive" ;;
    *) die "still replaying" ;;
  esac
}

clear() {
  "$home/node.sh" stop "$node"
  rm -rf "$data" "$data.new" "$target_file"
}

case $action in
  lay | replayed | clear) "$action" ;;
  *) die "usage: restore.sh lay|replayed|clear a|b" ;;
esac
