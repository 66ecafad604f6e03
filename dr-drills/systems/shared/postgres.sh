# What the PostgreSQL systems share. Sourced by a system's own library, which says with data_of where
# the data of a node lie; never run. Everything it touches lies under $MUSTER_DIR. A process of a
# node is known by its working directory, which is the node's data directory, so that no recycled
# process id is ever signalled.
set -euo pipefail

: "${MUSTER_DIR:?the private directory of the system}" "${MUSTER_PORT_A:?}" "${MUSTER_PORT_B:?}"
pg_bin=${MUSTER_PARAM_PGBIN:-/usr/lib/postgresql/15/bin}
synchronous=${MUSTER_PARAM_SYNCHRONOUS:-off}
orders=${MUSTER_PARAM_ORDERS:-40000}
shared=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

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

# For setup: what the plan asks for makes sense, and the machine lets it happen.
check_setup() {
  [ "$synchronous" = on ] || [ "$synchronous" = off ] ||
    die "parameter synchronous is '$synchronous': on or off"
  case $orders in '' | *[!0-9]*) die "parameter orders is '$orders': a whole number" ;; esac
  [ -z "$(node_pids a)$(node_pids b)" ] || die "a node of this system is running: stop it first"
  [ "$(id -u)" -eq 0 ] || return 0
  id "$owner" >/dev/null 2>&1 ||
    die "PostgreSQL does not run as root, and there is no user $owner: apt-get install postgresql-15"
  as_owner test -x "$MUSTER_DIR" ||
    die "user $owner cannot enter $MUSTER_DIR: every folder above it needs the execute permission"
}

# own_dir MODE DIRECTORY...
own_dir() {
  local mode=$1
  shift
  mkdir -p "$@"
  chmod "$mode" "$@"
  [ "$(id -u)" -ne 0 ] || chown "$owner" "$@"
}

# port_of PREFIX NODE: port_of '' a is $MUSTER_PORT_A, port_of FROM a is $MUSTER_PORT_FROM_A.
port_of() {
  local name=MUSTER_PORT_${1:+$1_}${2^^}
  case $2 in a | b) echo "${!name}" ;; *) die "no node named '$2': a or b" ;; esac
}

# sql NODE STATEMENT: as superuser over the node's private socket.
sql() {
  PGCONNECT_TIMEOUT=3 as_owner "$pg_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -U postgres \
    -d postgres -h "$MUSTER_DIR/run/$1" -p "$(port_of '' "$1")" -c "$2"
}

# primary | standby | down
role_of() {
  case $(sql "$1" 'select pg_is_in_recovery()' 2>/dev/null) in
    f) echo primary ;;
    t) echo standby ;;
    *) echo down ;;
  esac
}

# fill [PSQL OPTION...]: the application's data, on node a. The standby does not exist yet: there is
# nothing to wait for.
fill() {
  PGOPTIONS='-c synchronous_commit=local' as_owner "$pg_bin/psql" -X -q -v ON_ERROR_STOP=1 \
    -v orders="$orders" -U postgres -d postgres -h "$MUSTER_DIR/run/a" -p "$MUSTER_PORT_A" \
    "$@" -f - <"$shared/schema.sql"
}

# state_letter PID: R, S, D, T, Z …; nothing if there is no such process.
state_letter() {
  sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null || true
}

# node_pids NODE: its PostgreSQL processes, living ones only. One look at all of them: asking for each
# takes seconds on a busy machine, in the middle of an outage. A process that ends meanwhile is none.
node_pids() {
  local pid
  for pid in $(find /proc/[0-9]*/cwd -maxdepth 0 -printf '%h %l\n' 2>/dev/null |
    data=$(data_of "$1") awk 'substr($0, length($1) + 2) == ENVIRON["data"] { print substr($1, 7) }'); do
    [ "$(state_letter "$pid")" = Z ] || echo "$pid"
  done
}

node_gone() {
  [ -z "$(node_pids "$1")" ]
}

# signal_node NODE SIGNAL: every PostgreSQL process of it; one that is gone by now is no failure.
signal_node() {
  local pid
  for pid in $(node_pids "$1"); do
    kill "-$2" "$pid" 2>/dev/null || true
  done
}

# kill_node NODE SECONDS: until nothing of it is left. Children outlive a postmaster that was killed
# alone until they notice.
kill_node() {
  local deadline=$((SECONDS + $2))
  until node_gone "$1"; do
    [ $SECONDS -lt $deadline ] || die "node $1 does not stop: $(node_pids "$1" | tr '\n' ' ')"
    signal_node "$1" KILL
    sleep 0.05
  done
}

# drop_locks NODE: for when all of it is proven gone. A killed postmaster leaves its System V
# segment behind, whose id is on line 7 of the pid file; and a zombie that nobody has reaped yet
# would keep the locks valid in PostgreSQL's eyes, so that the node could not start again.
drop_locks() {
  local id lock
  lock=$(data_of "$1")/postmaster.pid
  id=$(sed -n '7s/^ *[0-9-]* *\([0-9][0-9]*\) *$/\1/p' "$lock" 2>/dev/null) || true
  [ -z "$id" ] || as_owner ipcrm -m "$id" 2>/dev/null || true
  rm -f "$lock" "$MUSTER_DIR/run/$1/.s.PGSQL."*
}

# last_words LOG: why a server ended, in one line: what it called fatal, or what it could not do.
last_words() {
  local said
  said=$(tail -n 12 "$1" 2>/dev/null | grep -E 'FATAL|PANIC|could not|cannot' | tail -n 3) ||
    said=$(tail -n 1 "$1" 2>/dev/null)
  echo "${said:0:600}" | tr '\n\t' '  '
}

# until_true SECONDS WHAT COMMAND...; $needs names daemons without which there is nothing to wait for;
# daemon_gone, the system's own, tells whether one runs.
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
