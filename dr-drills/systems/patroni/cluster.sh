# What the scripts of this system share, on top of what all PostgreSQL systems do. Sourced, never run.
# Daemons are recorded in pid files and recognised by their command line.
. "$(dirname "${BASH_SOURCE[0]}")/../shared/postgres.sh"

: "${MUSTER_PORT_REST_A:?}" "${MUSTER_PORT_REST_B:?}"
: "${MUSTER_PORT_FROM_A:?}" "${MUSTER_PORT_FROM_B:?}"
: "${MUSTER_PORT_ETCD:?}" "${MUSTER_PORT_ETCD_PEER:?}"
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

data_of() {
  echo "$MUSTER_DIR/data/$1"
}

# The argument by which a daemon's command line is known to be ours.
mark_of() {
  case $1 in
    etcd) echo "--data-dir=$MUSTER_DIR/etcd" ;;
    haproxy) echo "$MUSTER_DIR/conf/haproxy.cfg" ;;
    patroni-a | patroni-b) echo "$MUSTER_DIR/conf/$1.yml" ;;
    *) die "no daemon named '$1': etcd, haproxy, patroni-a or patroni-b" ;;
  esac
}

# daemon_pid NAME: its process id if it is alive and ours.
daemon_pid() {
  local pid
  pid=$(cat "$MUSTER_DIR/pid/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  case $(state_letter "$pid") in '' | Z) return 1 ;; esac
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -e "$(mark_of "$1")" || return 1
  echo "$pid"
}

daemon_gone() {
  ! daemon_pid "$1" >/dev/null
}

# daemon_start NAME COMMAND...: in a session of its own, its output in log/NAME.log.
daemon_start() {
  local name=$1
  shift
  daemon_gone "$name" || return 0
  # shellcheck disable=SC2016
  as_owner setsid -f sh -c 'echo $$ >"$1" && shift && exec "$@"' sh "$MUSTER_DIR/pid/$name.pid" "$@" \
    >>"$MUSTER_DIR/log/$name.log" 2>&1 </dev/null
}

# daemon_stop NAME SECONDS: asks, then kills.
daemon_stop() {
  local pid deadline=$((SECONDS + $2))
  if pid=$(daemon_pid "$1"); then
    kill -CONT "$pid" 2>/dev/null || true
    kill -TERM "$pid" 2>/dev/null || true
    until daemon_gone "$1" || [ $SECONDS -ge $deadline ]; do sleep 0.05; done
    daemon_gone "$1" || kill -KILL "$pid" 2>/dev/null || true
    until_true 5 "$1 to end" daemon_gone "$1"
  fi
  rm -f "$MUSTER_DIR/pid/$1.pid"
}

# rest_is NODE PATH: Patroni of the node answers 200 there (/primary, /replica, /health).
rest_is() {
  curl -s -f -o /dev/null -m 2 "http://127.0.0.1:$(port_of REST "$1")/$2"
}
