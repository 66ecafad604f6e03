#!/usr/bin/env bash
# node.sh start|stop|isolate SITE: the PostgreSQL server of a site. All three may be repeated.
#   start    as whatever its data directory says: primary, or standby of the other site
#   isolate  reachable on a private socket only, read-only, replicating to and from nobody, so that
#            the data of an old primary can be read before pg_rewind takes them away
#   stop     whatever state it is in: suspended, without its postmaster, isolated
. "$(dirname "$0")/sites.sh"

action=${1:-} node=${2:-}
port=$(port_of '' "$node")
data=$(data_of "$node")

launch() {
  at "$node" "$pg_bin/pg_ctl" start -D "$data" -w -t 50 -l "$MUSTER_DIR/log/$node.log" \
    -o "-c config_file=$MUSTER_DIR/conf/$node.conf $*" >/dev/null </dev/null 2>&1 ||
    die "PostgreSQL of site $node does not start: $(last_words "$MUSTER_DIR/log/$node.log")"
}

is_up() {
  as_owner "$pg_bin/pg_isready" -q -h "$1" -p "$port"
}

start() {
  is_up "$MUSTER_DIR/run/$node" && return
  stop
  launch
}

isolate() {
  is_up "$MUSTER_DIR/isolated/$node" && return
  stop
  launch "-c listen_addresses='' -c unix_socket_directories=$MUSTER_DIR/isolated/$node" \
    "-c default_transaction_read_only=on -c primary_conninfo=''" \
    "-c autovacuum=off -c cluster_name=$node-isolated"
}

stop() {
  if ! node_gone "$node"; then
    signal_node "$node" CONT
    as_owner "$pg_bin/pg_ctl" stop -D "$data" -m fast -w -t 15 >/dev/null 2>&1 ||
      as_owner "$pg_bin/pg_ctl" stop -D "$data" -m immediate -w -t 5 >/dev/null 2>&1 || true
    kill_node "$node" 5
  fi
  drop_locks "$node"
  rm -f "$MUSTER_DIR/isolated/$node/.s.PGSQL."*
}

case $action in
  start | stop | isolate) "$action" ;;
  *) die "usage: node.sh start|stop|isolate a|b" ;;
esac
