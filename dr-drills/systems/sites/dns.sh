#!/usr/bin/env bash
# dns.sh start|stop|switch SITE: the authoritative name server of shop.test, outside both sites.
#   switch  www and db lead to SITE, both at once, by a signed dynamic update (RFC 2136, RFC 8945);
#           whoever has asked before may use the old address for the rest of its time to live
. "$(dirname "$0")/sites.sh"

action=${1:-} site=${2:-}

answers() {
  [ -n "$(named a)" ]
}

start() {
  daemon_start dns knotd -c "$MUSTER_DIR/dns/knot.conf"
  needs=dns until_true 10 "the name server to answer" answers
}

stop() {
  daemon_stop dns 3
}

switch() {
  local address name said
  address=$(address_of outside "$site")
  said=$({
    echo "server 127.0.0.1 $MUSTER_PORT_DNS"
    echo "zone shop.test."
    for name in www db; do
      echo "update delete $name.shop.test. A"
      echo "update add $name.shop.test. $ttl A $address"
    done
    echo send
  } | as_owner knsupdate -t 5 -k "$MUSTER_DIR/dns/update.key" 2>&1) || die "the update of shop.test failed: $said"
  [ "$(named www)" = "$address" ] && [ "$(named db)" = "$address" ] ||
    die "the name server does not lead to $address: www $(named www), db $(named db); $said"
  echo "www and db of shop.test lead to site $site, $address, within $ttl s"
}

case $action in
  start | stop | switch) "$action" ;;
  *) die "usage: dns.sh start|stop, dns.sh switch a|b" ;;
esac
