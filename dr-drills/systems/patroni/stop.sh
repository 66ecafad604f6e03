#!/usr/bin/env bash
# Stops whatever of the system runs, in any state, and may be repeated. The standby first, so that
# no failover starts while the system goes down; etcd last. Data and logs stay: whoever made the
# directory removes it.
. "$(dirname "$0")/cluster.sh"

failed=0
"$home/service.sh" stop haproxy || failed=1
order='b a'
! rest_is b primary || order='a b'
for node in $order; do
  "$home/node.sh" stop $node || failed=1
done
"$home/service.sh" stop etcd || failed=1
exit $failed
