#!/usr/bin/env bash
# proxy.sh start|stop: HAProxy as the service address. It starts leading to whichever node is the
# primary then; later changes come over its admin socket.
. "$(dirname "$0")/pair.sh"
. "$shared/haproxy.sh"

case ${1:-} in
  start | stop) "proxy_$1" ;;
  *) die "usage: proxy.sh start|stop" ;;
esac
