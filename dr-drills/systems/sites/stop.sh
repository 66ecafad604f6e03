#!/usr/bin/env bash
# Stops whatever of the system runs, in any state, and takes its namespaces, links and routes away.
# May be repeated. Data and logs stay: whoever made the directory removes it.
. "$(dirname "$0")/sites.sh"

failed=0
if [ -n "$mode" ]; then
  # The standby first, so that a primary which waits for it is not held up by its own shutdown.
  order='b a'
  [ "$(role_of b)" != primary ] || order='a b'
  for site in $order; do
    "$home/site.sh" stop $site || failed=1
  done
  "$home/line.sh" stop || failed=1
  "$home/dns.sh" stop || failed=1
fi
"$home/wan.sh" remove || failed=1
exit $failed
