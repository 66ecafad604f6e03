# What the scripts of this system share, on top of what all PostgreSQL systems do. Sourced, never run.
. "$(dirname "${BASH_SOURCE[0]}")/../shared/postgres.sh"

: "${MUSTER_PORT_A:?}" "${MUSTER_PORT_B:?}" "${MUSTER_PORT_PROXY:?}"
: "${MUSTER_PORT_FROM_A:?}" "${MUSTER_PORT_FROM_B:?}"
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

data_of() {
  echo "$MUSTER_DIR/$1"
}

peer_of() {
  case $1 in
    a) echo b ;;
    b) echo a ;;
    *) die "no node named '$1': a or b" ;;
  esac
}

# copy_afresh FROM TO: TO's data become a base backup of FROM, a standby of it. Whole or not at all.
copy_afresh() {
  local new=$MUSTER_DIR/$2.new
  rm -rf "$new"
  own_dir 0700 "$new"
  as_owner "$pg_bin/pg_basebackup" -D "$new" -U postgres -h "$MUSTER_DIR/run/$1" \
    -p "$(port_of '' "$1")" -X stream -c fast --no-sync --no-manifest
  as_owner touch "$new/standby.signal"
  rm -rf "${MUSTER_DIR:?}/$2"
  mv "$new" "$MUSTER_DIR/$2"
}
