# What the scripts of this system share. Sourced, never run. Everything it touches lies under
# $MUSTER_DIR. Daemons are recorded in pid files and recognised by their command line, PostgreSQL's
# processes by their working directory, so that no recycled process id is ever signalled.
set -euo pipefail

: "${MUSTER_DIR:?the private directory of the system}" "${MUSTER_PORT_A:?}" "${MUSTER_PORT_B:?}"
: "${MUSTER_PORT_PROXY:?}" "${MUSTER_PORT_REST_A:?}" "${MUSTER_PORT_REST_B:?}"
: "${MUSTER_PORT_ETCD:?}" "${MUSTER_PORT_ETCD_PEER:?}"
: "${MUSTER_PORT_FROM_A:?}" "${MUSTER_PORT_FROM_B:?}"
pg_bin=${MUSTER_PARAM_PGBIN:-/usr/lib/postgresql/15/bin}
synchronous=${MUSTER_PARAM_SYNCHRONOUS:-off}
orders=${MUSTER_PARAM_ORDERS:-40000}
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# PostgreSQL refuses to run as root; everything runs as the owner of the data.
owner=$(id -un)
[ "$(id -u)" -ne 0 ] || owner=postgres

# as_owner COMMAND...: in $MUSTER_DIR, because the owner may not enter the current directory.
as_owner() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd "$MUSTER_DIR" && exec runuser -u "$owner" -- "$@")
  else
    (cd "$MUSTER_DIR" && exec "$@")
  fi
}

# port_of PREFIX NODE: port_of REST a is $MUSTER_PORT_REST_A.
port_of() {
  local name=MUSTER_PORT_${1:+$1_}${2^^}
  case $2 in a | b) echo "${!name}" ;; *) die "no node named '$2': a or b" ;; esac
}

# sql NODE STATEMENT: as superuser over the node's private socket.
sql() {
  PGCONNECT_TIMEOUT=3 as_owner "$pg_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -U postgres \
    -d postgres -h "$MUSTER_DIR/run/$1" -p "$(port_of '' "$1")" -c "$2"
}

# state_letter PID: R, S, D, T, Z …; nothing if there is no such process.
state_letter() {
  sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null || true
}

# The PostgreSQL processes of a node, living ones only.
node_pids() {
  local process
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/cwd" 2>/dev/null)" = "$MUSTER_DIR/data/$1" ] || continue
    [ "$(state_letter "${process#/proc/}")" != Z ] || continue
    echo "${process#/proc/}"
  done
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

# until_true SECONDS WHAT COMMAND...; $needs names daemons without which there is nothing to wait for.
until_true() {
  local deadline=$((SECONDS + $1)) what=$2 lost='' daemon
  shift 2
  until "$@"; do
    [ $SECONDS -lt "$deadline" ] || die "gave up waiting: $what"
    sleep 0.1
    for daemon in ${needs:-}; do
      daemon_gone "$daemon" || continue
      # One that was just started has no process id for a moment.
      lost=${lost:-$SECONDS}
      [ $((SECONDS - lost)) -lt 2 ] ||
        die "gave up waiting: $what: $daemon does not run; it said last: $(last_words "$daemon")"
    done
  done
}

# What a daemon said last, for errors.
last_words() {
  tail -n 1 "$MUSTER_DIR/log/$1.log" 2>/dev/null | cut -c 1-400
}

# rest_is NODE PATH: Patroni of the node answers 200 there (/primary, /replica, /health).
rest_is() {
  curl -s -f -o /dev/null -m 2 "http://127.0.0.1:$(port_of REST "$1")/$2"
}
