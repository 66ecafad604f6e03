#!/usr/bin/env bash
# node.sh start|stop|isolate SITE: the PostgreSQL server of a site. All three may be repeated.
#   start    as whatever its data directory says: primary, or standby of the other site
#   isolate  reachable on a private socket only, read-only, replicating to and from nobody, so that
#            the data of an old primary can be read before pg_rewind takes them away
#   stop     whatever state it is in: suspended, without its postmaster, isolated
. "$(dirname "$0")/sites.sh"

action=${1:-} node=${2:-}
port_of '' "$node" >/dev/null

start() {
  node_answers "$node" "$MUSTER_DIR/run/$node" && return
  stop
  within=$node launch_node "$node"
}

isolate() {
  node_answers "$node" "$MUSTER_DIR/isolated/$node" && return
  stop
  launch_node "$node" \
    "-c listen_addresses='' -c unix_socket_directories=$MUSTER_DIR/isolated/$node" \
    "-c default_transaction_read_only=on -c primary_conninfo=''" \
    "-c autovacuum=off -c cluster_name=$node-isolated"
}

stop() {
  halt_node "$node"
  rm -f "$MUSTER_DIR/isolated/$node/.s.PGSQL."*
}

case $action in
  start | stop | isolate) "$action" ;;
  *) die "usage: node.sh start|stop|isolate a|b" ;;
esac
