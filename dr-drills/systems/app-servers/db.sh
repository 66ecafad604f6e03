#!/usr/bin/env bash
# db.sh start|stop: the PostgreSQL server. Both may be repeated.
. "$(dirname "$0")/shop.sh"

start() {
  node_answers db "$MUSTER_DIR/run/db" && return
  halt_node db
  launch_node db
}

case ${1:-} in
  start) start ;;
  stop) halt_node db ;;
  *) die "usage: db.sh start|stop" ;;
esac
