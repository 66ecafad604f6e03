#!/usr/bin/env bash
# dns.sh start|stop|switch SITE: the authoritative name server of shop.test, outside both sites.
#   switch  www and db lead to SITE, both at once, by a signed dynamic update (RFC 2136, RFC 8945);
#           whoever has asked before may use the old address for the rest of its time to live
. "$(dirname "$0")/sites.sh"

action=${1:-} site=${2:-}
dir=$MUSTER_DIR/dns
pid_file=$dir/knot.pid

answers() {
  [ -n "$(named a)" ]
}

start() {
  daemon_ended "$pid_file" "$dir/knot.conf" || return 0
  rm -f "$pid_file"
  as_owner knotd -c "$dir/knot.conf" -d >"$MUSTER_DIR/log/dns.log" 2>&1 </dev/null ||
    die "knotd does not start: $(last_words "$MUSTER_DIR/log/dns.log")"
  until_true 10 "the name server to answer" answers
}

stop() {
  stop_daemon "$pid_file" "$dir/knot.conf"
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
  } | as_owner knsupdate -t 5 -k "$dir/update.key" 2>&1) || die "the update of shop.test failed: $said"
  [ "$(named www)" = "$address" ] && [ "$(named db)" = "$address" ] ||
    die "the name server does not lead to $address: www $(named www), db $(named db); $said"
  echo "www and db of shop.test lead to site $site, $address, within $ttl s"
}

case $action in
  start | stop | switch) "$action" ;;
  *) die "usage: dns.sh start|stop, dns.sh switch a|b" ;;
esac
