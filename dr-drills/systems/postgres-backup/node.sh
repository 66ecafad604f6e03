#!/usr/bin/env bash
# node.sh start|stop|isolate NODE: the PostgreSQL server of a node. All three may be repeated.
#   start    as whatever its data directory says: the cluster, or a restore of it that replays WAL
#   isolate  its wreck: reachable on a private socket only, read-only, archiving nothing, so that what
#            the destroyed cluster had acknowledged can be read before the wreck is buried
#   stop     whatever state it is in: suspended, without its postmaster, isolated
. "$(dirname "$0")/cluster.sh"

action=${1:-} node=${2:-}
port_of '' "$node" >/dev/null

start() {
  node_answers "$node" "$MUSTER_DIR/run/$node" && return
  [ -e "$(data_of "$node")/PG_VERSION" ] || die "node $node has no data"
  stop
  launch_node "$node"
}

# Its WAL must never reach the archive: the restored cluster has gone on from an earlier point.
isolate() {
  node_answers "$node" "$MUSTER_DIR/isolated/$node" && return
  stop
  place=wreck/
  [ -e "$(data_of "$node")/PG_VERSION" ] || die "node $node has no wreck"
  launch_node "$node" \
    "-c listen_addresses='' -c unix_socket_directories=$MUSTER_DIR/isolated/$node" \
    "-c default_transaction_read_only=on -c archive_mode=off -c autovacuum=off" \
    "-c cluster_name=$node-isolated"
}

# A restore that was not opened is thrown away: nothing of it needs to be brought to disk.
stop_here() {
  local mode=fast
  [ ! -e "$(data_of "$node")/standby.signal" ] || mode=immediate
  halt_node "$node" $mode
}

stop() {
  place=wreck/ stop_here
  stop_here
  rm -f "$MUSTER_DIR/isolated/$node/.s.PGSQL."*
}

case $action in
  start | stop | isolate) "$action" ;;
  *) die "usage: node.sh start|stop|isolate a|b" ;;
esac
