#!/usr/bin/env bash
# node.sh start|stop|isolate NODE: one PostgreSQL server. All three may be repeated.
#   start    as whatever its data directory says: primary, or standby of the other node
#   isolate  reachable on a private socket only, read-only, replicating to and from nobody, so that
#            the data of an old primary can be read before pg_rewind takes them away
#   stop     whatever state it is in: suspended, without its postmaster, isolated
. "$(dirname "$0")/pair.sh"

action=${1:-} node=${2:-}
port=$(node_port "$node")
data=$MUSTER_DIR/$node

launch() {
  as_owner "$pg_bin/pg_ctl" start -D "$data" -w -t 50 -l "$MUSTER_DIR/log/$node.log" \
    -o "-c config_file=$MUSTER_DIR/conf/$node.conf $*" >/dev/null </dev/null 2>&1 ||
    die "node $node does not start: $(last_words "$MUSTER_DIR/log/$node.log")"
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
    "-c default_transaction_read_only=on -c synchronous_standby_names='' -c primary_conninfo=''" \
    "-c autovacuum=off -c cluster_name=$node-isolated"
}

gone() {
  [ -z "$(node_pids "$node")" ]
}

# signal_all SIGNAL: every process of the node; one that is gone by now is no failure.
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

stop() {
  local deadline=$((SECONDS + 15))
  if ! gone; then
    signal_all CONT
    as_owner "$pg_bin/pg_ctl" stop -D "$data" -m fast -w -t 15 >/dev/null 2>&1 ||
      as_owner "$pg_bin/pg_ctl" stop -D "$data" -m immediate -w -t 5 >/dev/null 2>&1 || true
    # Children outlive a postmaster that was killed alone until they notice.
    until gone; do
      [ $SECONDS -lt $deadline ] || die "node $node does not stop: $(node_pids "$node" | tr '\n' ' ')"
      signal_all KILL
      sleep 0.05
    done
  fi
  drop_shared_memory
  # All of it is proven gone. A zombie that nobody has reaped yet would keep these locks valid in
  # PostgreSQL's eyes, and the node could not start again.
  rm -f "$data/postmaster.pid" "$MUSTER_DIR/run/$node/.s.PGSQL."* "$MUSTER_DIR/isolated/$node/.s.PGSQL."*
}

case $action in
  start | stop | isolate) "$action" ;;
  *) die "usage: node.sh start|stop|isolate a|b" ;;
esac
