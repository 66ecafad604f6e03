#!/usr/bin/env bash
# line.sh start|stop: the ends of the line between the sites. What site b streams from site a takes
# this way, and likewise in the other direction:
#   b -> the line at world:from-a -> relay from-a, late -> the line at to-a -> PostgreSQL of a
# The relay is a program of its own in the caller's network, with addresses that are known before the
# network is laid out; this HAProxy joins them to wherever the sites are.
. "$(dirname "$0")/sites.sh"

case ${1:-} in
  start) daemon_start line haproxy -db -f "$MUSTER_DIR/line/haproxy.cfg" ;;
  stop) daemon_stop line 3 ;;
  *) die "usage: line.sh start|stop" ;;
esac
