#!/usr/bin/env bash
# redis.sh start|stop: the store of sessions. Both may be repeated.
. "$(dirname "$0")/shop.sh"

case ${1:-} in
  start)
    daemon_start redis redis-server "$MUSTER_DIR/conf/redis.conf"
    needs=redis until_true 15 "Redis to answer" redis_answers
    ;;
  stop) daemon_stop redis 10 ;;
  *) die "usage: redis.sh start|stop" ;;
esac
