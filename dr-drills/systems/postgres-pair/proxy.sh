#!/usr/bin/env bash
# proxy.sh start|stop: HAProxy as the service address. It starts leading to whichever node is the
# primary then; later changes come over its admin socket.
. "$(dirname "$0")/pair.sh"

pid_file=$MUSTER_DIR/proxy/haproxy.pid
config=$MUSTER_DIR/proxy/haproxy.cfg

# The recorded process, if it is alive and runs our configuration.
running() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) && [ -n "$pid" ] &&
    [ "$(state_letter "$pid")" != Z ] &&
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "$config"
}

not_running() {
  ! running
}

start() {
  running && return
  local state_a=disabled state_b=disabled
  [ "$(role_of a)" != primary ] || state_a=
  [ "$(role_of b)" != primary ] || state_b=
  sed -e "s/@A@/$state_a/" -e "s/@B@/$state_b/" "$config.in" | as_owner tee "$config" >/dev/null
  rm -f "$pid_file"
  as_owner haproxy -D -p "$pid_file" -f "$config" >"$MUSTER_DIR/log/proxy.log" 2>&1 </dev/null ||
    die "HAProxy does not start: $(last_words "$MUSTER_DIR/log/proxy.log")"
  until_true 5 "HAProxy to open its admin socket" test -S "$MUSTER_DIR/proxy/admin.sock"
}

stop() {
  local pid
  if running; then
    pid=$(cat "$pid_file")
    kill -CONT "$pid" 2>/dev/null || true
    kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq 60); do
      running || break
      sleep 0.05
    done
    not_running || kill -KILL "$pid" 2>/dev/null || true
    until_true 5 "HAProxy to end" not_running
  fi
  rm -f "$pid_file" "$MUSTER_DIR/proxy/admin.sock"
}

case ${1:-} in
  start | stop) "$1" ;;
  *) die "usage: proxy.sh start|stop" ;;
esac
