#!/usr/bin/env bash
# Stops whatever of the system runs, in any state, and may be repeated. Data and logs stay: whoever
# made the directory removes it.
. "$(dirname "$0")/shop.sh"

failed=0
"$home/proxy.sh" stop || failed=1
for each in $sidecars; do
  "$home/sidecar.sh" stop "$each" || failed=1
done
for app in $apps; do
  "$home/app.sh" stop "$app" || failed=1
done
"$home/redis.sh" stop || failed=1
"$home/db.sh" stop || failed=1
exit $failed
