#!/usr/bin/env bash
# node.sh start|stop NODE: Patroni of a node and, through it, its PostgreSQL. May be repeated.
#   start   returns as soon as Patroni runs; it decides what becomes of PostgreSQL
#   stop    whatever state the node is in: Patroni dead, processes suspended
. "$(dirname "$0")/cluster.sh"

node=${2:-}
port_of '' "$node" >/dev/null

start() {
  signal_node "$node" CONT
  if daemon_gone "patroni-$node" && node_gone "$node"; then
    drop_locks "$node"
  fi
  daemon_start "patroni-$node" patroni "$MUSTER_DIR/conf/patroni-$node.yml"
}

stop() {
  signal_node "$node" CONT
  daemon_stop "patroni-$node" 20
  if ! node_gone "$node"; then
    as_owner "$pg_bin/pg_ctl" stop -D "$(data_of "$node")" -m immediate -w -t 5 >/dev/null 2>&1 || true
    kill_node "$node" 10
  fi
  drop_locks "$node"
}

case ${1:-} in
  start | stop) "$1" ;;
  *) die "usage: node.sh start|stop a|b" ;;
esac
