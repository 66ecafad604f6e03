#!/usr/bin/env bash
# Stops whatever of the system runs, in any state, and may be repeated. Data and logs stay: whoever
# made the directory removes it.
. "$(dirname "$0")/pair.sh"

failed=0
"$home/proxy.sh" stop || failed=1
# The standby first, so that a primary which waits for it is not held up by its own shutdown.
order='b a'
[ "$(role_of b)" != primary ] || order='a b'
for node in $order; do
  "$home/node.sh" stop "$node" || failed=1
done
exit $failed
