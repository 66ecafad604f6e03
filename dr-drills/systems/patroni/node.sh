#!/usr/bin/env bash
# node.sh start|stop NODE: Patroni of a node and, through it, its PostgreSQL. May be repeated.
#   start   returns as soon as Patroni runs; it decides what becomes of PostgreSQL
#   stop    whatever state the node is in: Patroni dead, processes suspended
. "$(dirname "$0")/cluster.sh"

node=${2:-}
port_of '' "$node" >/dev/null
data=$MUSTER_DIR/data/$node

postgres_gone() {
  [ -z "$(node_pids "$node")" ]
}

# signal_all SIGNAL: every PostgreSQL process of the node; one that is gone by now is no failure.
signal_all() {
  local pid
  for pid in $(node_pids "$node"); do
    kill "-$1" "$pid" 2>/dev/null || true
  done
}

# A killed postmaster leaves its System V segment behind; its id is on line 7 of the pid file.
drop_shared_memory() {
  local id
  id=$(sed -n '7s/^ *[0-9-]* *\([0-9][0-9]*\) *$/\1/p' "$data/postmaster.pid" 2>/dev/null) || true
  [ -z "$id" ] || as_owner ipcrm -m "$id" 2>/dev/null || true
}

# For when all of the node is proven gone: a zombie that nobody has reaped yet would keep these
# locks valid in PostgreSQL's eyes, and the node could not start again.
drop_locks() {
  drop_shared_memory
  rm -f "$data/postmaster.pid" "$MUSTER_DIR/run/$node/.s.PGSQL."*
}

start() {
  signal_all CONT
  if daemon_gone "patroni-$node" && postgres_gone; then
    drop_locks
  fi
  daemon_start "patroni-$node" patroni "$MUSTER_DIR/conf/patroni-$node.yml"
}

stop() {
  local deadline
  signal_all CONT
  daemon_stop "patroni-$node" 20
  if ! postgres_gone; then
    as_owner "$pg_bin/pg_ctl" stop -D "$data" -m immediate -w -t 5 >/dev/null 2>&1 || true
    deadline=$((SECONDS + 10))
    until postgres_gone; do
      [ $SECONDS -lt $deadline ] || die "node $node does not stop: $(node_pids "$node" | tr '\n' ' ')"
      signal_all KILL
      sleep 0.05
    done
  fi
  drop_locks
}

case ${1:-} in
  start | stop) "$1" ;;
  *) die "usage: node.sh start|stop a|b" ;;
esac
