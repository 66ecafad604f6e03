#!/usr/bin/env bash
# service.sh start|stop etcd|haproxy. May be repeated.
. "$(dirname "$0")/cluster.sh"

etcd_answers() {
  ETCDCTL_API=3 etcdctl --endpoints "127.0.0.1:$MUSTER_PORT_ETCD" --command-timeout 1s \
    get started >/dev/null 2>&1
}

start() {
  local url peer
  case $1 in
    etcd)
      url=http://127.0.0.1:$MUSTER_PORT_ETCD peer=http://127.0.0.1:$MUSTER_PORT_ETCD_PEER
      daemon_start etcd etcd --name drill "--data-dir=$MUSTER_DIR/etcd" \
        --listen-client-urls "$url" --advertise-client-urls "$url" --listen-peer-urls "$peer" \
        --initial-advertise-peer-urls "$peer" --initial-cluster "drill=$peer"
      needs=etcd until_true 15 "etcd to answer" etcd_answers
      ;;
    haproxy)
      daemon_start haproxy haproxy -db -f "$MUSTER_DIR/conf/haproxy.cfg"
      needs=haproxy until_true 5 "HAProxy to open its admin socket" \
        test -S "$MUSTER_DIR/run/haproxy.sock"
      ;;
    *) die "no service named '$1': etcd or haproxy" ;;
  esac
}

case ${1:-} in
  start) start "${2:-}" ;;
  stop)
    daemon_stop "${2:-}" 5
    [ "$2" != haproxy ] || rm -f "$MUSTER_DIR/run/haproxy.sock"
    ;;
  *) die "usage: service.sh start|stop etcd|haproxy" ;;
esac
