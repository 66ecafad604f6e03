# What the scripts of this system share, on top of what all PostgreSQL systems do. Sourced, never run.
. "$(dirname "${BASH_SOURCE[0]}")/../shared/postgres.sh"

home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

data_of() {
  echo "$MUSTER_DIR/$1"
}

# own_dir MODE DIRECTORY...
own_dir() {
  local mode=$1
  shift
  mkdir -p "$@"
  chmod "$mode" "$@"
  [ "$(id -u)" -ne 0 ] || chown "$owner" "$@"
}

peer_of() {
  case $1 in
    a) echo b ;;
    b) echo a ;;
    *) die "no node named '$1': a or b" ;;
  esac
}

# primary | standby | down
role_of() {
  case $(sql "$1" 'select pg_is_in_recovery()' 2>/dev/null) in
    f) echo primary ;;
    t) echo standby ;;
    *) echo down ;;
  esac
}
