# What the scripts of all systems share: who runs what, waiting, and daemons. Sourced, never run.
# Everything lies under $MUSTER_DIR. A daemon is recorded in pid/NAME.pid, writes log/NAME.log, and is
# known by an argument of its command line, which the system's own library says with mark_of: no
# recycled process id is ever signalled.
set -euo pipefail

: "${MUSTER_DIR:?the private directory of the system}"

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

# own_dir MODE DIRECTORY...
own_dir() {
  local mode=$1
  shift
  mkdir -p "$@"
  chmod "$mode" "$@"
  [ "$(id -u)" -ne 0 ] || chown "$owner" "$@"
}

# state_letter PID: R, S, D, T, Z …; nothing if there is no such process.
state_letter() {
  sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null || true
}

# last_words LOG: why a server ended, in one line: what it called fatal, or what it could not do.
last_words() {
  local said
  said=$(tail -n 12 "$1" 2>/dev/null | grep -E 'FATAL|PANIC|could not|cannot' | tail -n 3) ||
    said=$(tail -n 1 "$1" 2>/dev/null)
  echo "${said:0:600}" | tr '\n\t' '  '
}

# until_true SECONDS WHAT COMMAND...; $needs names daemons without which there is nothing to wait for.
until_true() {
  local deadline=$((SECONDS + $1)) what=$2 lost='' daemon
  shift 2
  until "$@"; do
    [ $SECONDS -lt "$deadline" ] || die "gave up waiting: $what"
    sleep 0.05
    for daemon in ${needs:-}; do
      daemon_gone "$daemon" || continue
      # One that was just started has no process id for a moment.
      lost=${lost:-$SECONDS}
      [ $((SECONDS - lost)) -lt 2 ] ||
        die "gave up waiting: $what: $daemon does not run; it said last:" \
          "$(last_words "$MUSTER_DIR/log/$daemon.log")"
    done
  done
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
