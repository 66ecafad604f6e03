# What the scripts of this system share. Sourced, never run. Everything it touches lies under
# $MUSTER_DIR; a process is ours if its working directory is one of our data directories, so that
# no recycled process id is ever signalled.
set -euo pipefail

: "${MUSTER_DIR:?the private directory of the system}" "${MUSTER_PORT_A:?}" "${MUSTER_PORT_B:?}"
: "${MUSTER_PORT_PROXY:?}" "${MUSTER_PORT_FROM_A:?}" "${MUSTER_PORT_FROM_B:?}"
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

# own_dir MODE DIRECTORY...
own_dir() {
  local mode=$1
  shift
  mkdir -p "$@"
  chmod "$mode" "$@"
  [ "$(id -u)" -ne 0 ] || chown "$owner" "$@"
}

node_port() {
  case $1 in
    a) echo "$MUSTER_PORT_A" ;;
    b) echo "$MUSTER_PORT_B" ;;
    *) die "no node named '$1': a or b" ;;
  esac
}

# The port of the relay through which others stream from this node.
from_port() {
  case $1 in
    a) echo "$MUSTER_PORT_FROM_A" ;;
    b) echo "$MUSTER_PORT_FROM_B" ;;
    *) die "no node named '$1': a or b" ;;
  esac
}

peer_of() {
  case $1 in
    a) echo b ;;
    b) echo a ;;
    *) die "no node named '$1': a or b" ;;
  esac
}

# sql NODE STATEMENT: as superuser over the node's private socket.
sql() {
  PGCONNECT_TIMEOUT=3 as_owner "$pg_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -U postgres \
    -d "${database:-postgres}" -h "$MUSTER_DIR/run/$1" -p "$(node_port "$1")" -c "$2"
}

# The processes of a node, living ones only, the postmaster first if it is there.
node_pids() {
  local data=$MUSTER_DIR/$1 process
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/cwd" 2>/dev/null)" = "$data" ] || continue
    [ "$(sed -n 's/^State:\t\(.\).*/\1/p' "$process/status" 2>/dev/null)" != Z ] || continue
    echo "${process#/proc/}"
  done
}

# primary | standby | down
role_of() {
  case $(sql "$1" 'select pg_is_in_recovery()' 2>/dev/null) in
    f) echo primary ;;
    t) echo standby ;;
    *) echo down ;;
  esac
}

# last_words LOG: why a server ended, in one line: what it called fatal, or what it could not do.
last_words() {
  local said
  said=$(tail -n 12 "$1" 2>/dev/null | grep -E 'FATAL|PANIC|could not|cannot' | tail -n 3) ||
    said=$(tail -n 1 "$1" 2>/dev/null)
  echo "${said:0:600}" | tr '\n\t' '  '
}

# until_true SECONDS WHAT COMMAND...
until_true() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ $SECONDS -lt "$deadline" ] || die "gave up waiting: $what"
    sleep 0.05
  done
}
