#!/usr/bin/env bash
# proxy.sh start|stop: HAProxy as the service address. It starts leading to the application servers
# that run then; later changes come over its admin socket.
. "$(dirname "$0")/shop.sh"
. "$shared/haproxy.sh"

case ${1:-} in
  start | stop) "proxy_$1" ;;
  *) die "usage: proxy.sh start|stop" ;;
esac
