# What the scripts of this system share, on top of what all PostgreSQL systems do. Sourced, never run.
. "$(dirname "${BASH_SOURCE[0]}")/../shared/postgres.sh"

: "${MUSTER_PORT_A:?}" "${MUSTER_PORT_B:?}" "${MUSTER_PORT_PROXY:?}"
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

# rest_is NODE PATH: Patroni of the node answers 200 there (/primary, /replica, /health).
rest_is() {
  curl -s -f -o /dev/null -m 2 "http://127.0.0.1:$(port_of REST "$1")/$2"
}
