#!/usr/bin/env bash
# Stops whatever of the system runs, in any state, and may be repeated. Data and logs stay: whoever
# made the directory removes it.
. "$(dirname "$0")/cluster.sh"

failed=0
"$home/proxy.sh" stop || failed=1
for node in a b; do
  "$home/node.sh" stop "$node" || failed=1
done
exit $failed
