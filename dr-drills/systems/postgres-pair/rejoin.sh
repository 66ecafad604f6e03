#!/usr/bin/env bash
# rejoin.sh NODE: makes NODE a streaming standby of the other node, which must be the primary. What
# NODE wrote and the other never got is taken away by pg_rewind, or, where that cannot do it (it was
# killed half-way before, or the two have no timeline in common), by a fresh copy of the primary.
# Where the pair is synchronous, the primary waits for NODE again from then on. May be repeated.
. "$(dirname "$0")/pair.sh"

node=${1:-}
primary=$(peer_of "$node")
rewinding=$MUSTER_DIR/$node.rewinding

# Data that a rewind has left half-way cannot be trusted, even if another rewind finds nothing to do.
rewind() {
  [ ! -e "$rewinding" ] || {
    echo "a rewind before did not end" >"$MUSTER_DIR/log/rewind.log"
    return 1
  }
  # pg_rewind compares timelines by the control file, which a promotion updates only with its first
  # checkpoint.
  sql "$primary" checkpoint || die "node $primary cannot be asked for a checkpoint"
  touch "$rewinding"
  as_owner "$pg_bin/pg_rewind" -D "$MUSTER_DIR/$node" --no-sync \
    --config-file="$MUSTER_DIR/conf/$node.conf" \
    --source-server="host=$MUSTER_DIR/run/$primary port=$(port_of '' "$primary") user=postgres dbname=postgres" \
    >"$MUSTER_DIR/log/rewind.log" 2>&1 </dev/null || return
  as_owner touch "$MUSTER_DIR/$node/standby.signal"
  rm -f "$rewinding"
}

streams() {
  [ "$(role_of "$node")" = standby ] &&
    [ -n "$(sql "$primary" "select 1 from pg_stat_replication
                            where state = 'streaming' and application_name = '$node'" 2>/dev/null)" ]
}

[ "$(role_of "$primary")" = primary ] || die "node $primary is not a primary: $node cannot join it"
if ! streams; then
  "$home/node.sh" stop "$node"
  rewind || {
    echo "pg_rewind: $(tail -n 1 "$MUSTER_DIR/log/rewind.log"); node $node is copied afresh" >&2
    copy_afresh "$primary" "$node"
    rm -f "$rewinding"
  }
  : >"$MUSTER_DIR/conf/$node.synchronous.conf"
  "$home/node.sh" start "$node"
  until_true 40 "node $node to stream from $primary" streams
fi
if [ "$synchronous" = on ]; then
  echo "synchronous_standby_names = '$node'" >"$MUSTER_DIR/conf/$primary.synchronous.conf"
  sql "$primary" 'select pg_reload_conf()' >/dev/null
fi
