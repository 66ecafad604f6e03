#!/usr/bin/env bash
# Starts etcd, node `a` as the primary, fills it once, then node `b` and the proxy. Ready means: `b`
# streams and the service address leads to the primary.
. "$(dirname "$0")/cluster.sh"

fresh=
[ -e "$MUSTER_DIR/data/a/PG_VERSION" ] || fresh=yes
"$home/service.sh" start etcd
"$home/node.sh" start a
[ -n "$fresh" ] || "$home/node.sh" start b
if [ -n "$fresh" ]; then
  needs="etcd patroni-a" until_true 45 "node a to become the primary" rest_is a primary
  fill
  "$home/node.sh" start b
fi
"$home/service.sh" start haproxy
needs="etcd patroni-a patroni-b haproxy"
until_true 60 "the cluster to be whole" "$home/check.sh" 2>/dev/null
