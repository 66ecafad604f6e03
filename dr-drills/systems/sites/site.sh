#!/usr/bin/env bash
# site.sh start|stop|replayed|initialise|cool|serve|fence|unfence SITE: what a site does. All may be repeated.
#   start       its servers. A site whose database is a standby stays cold: no application, and fronts
#               that lead nowhere; so does one that is fenced
#   stop        all of them, in any state
#   replayed    succeeds when the standby has applied all it ever received
#   initialise  starts the application and waits until it serves every page out of the database
#   cool        the undo of initialise
#   serve       all that makes it the serving site: initialised, fronts open, names leading to it
#   fence       the site shall not serve again: nothing of it is routed, and a start leaves it cold
#   unfence     the undo of fence
. "$(dirname "$0")/sites.sh"

action=${1:-} site=${2:-}
peer=$(peer_of "$site")
dir=$MUSTER_DIR/site-$site
app_at=$(address_of inside "$site"):$MUSTER_PORT_APP

tell_front() {
  python3 - "$dir/admin.sock" "$1" <<'PYTHON'
import socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.settimeout(5)
    line.connect(sys.argv[1])
    line.sendall(sys.argv[2].encode() + b"\n")
    said = line.recv(4096).strip()
sys.exit(said.decode() or 0)
PYTHON
}

start_front() {
  local state=disabled
  [ "$1" = cold ] || state=
  daemon_gone "site-$site" || return 0
  sed -e "s/@STATE@/$state/" "$dir/haproxy.cfg.in" | as_owner tee "$dir/haproxy.cfg" >/dev/null
  within=$site daemon_start "site-$site" haproxy -db -f "$dir/haproxy.cfg"
  needs=site-$site until_true 10 "HAProxy of site $site to open its admin socket" test -S "$dir/admin.sock"
}

stop_front() {
  daemon_stop "site-$site" 3
  rm -f "$dir/admin.sock"
}

app_is_ready() {
  curl -fsS -m 2 -o /dev/null "http://$app_at/readyz" 2>/dev/null
}

initialise() {
  within=$site daemon_start "app-$site" /usr/bin/python3 "$MUSTER_DIR/conf/application.py" \
    "--name=site-$site" "--listen=$app_at" --sessions=database \
    "--database=host=$(address_of inside "$site") port=$(port_of '' "$site") user=muster dbname=app connect_timeout=2"
  needs=app-$site until_true 30 "the application of site $site to be ready" app_is_ready
  echo "the application of site $site is ready"
}

cool() {
  daemon_stop "app-$site" 6
}

start() {
  local as=cold
  "$home/node.sh" start "$site"
  [ "$(role_of "$site")" != primary ] || is_fenced "$site" || as=serving
  start_front $as
  [ $as = cold ] || initialise
}

stop() {
  local failed=0
  cool || failed=1
  stop_front || failed=1
  "$home/node.sh" stop "$site" || failed=1
  return $failed
}

replayed() {
  local left
  left=$(sql "$site" "select coalesce(pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn(), 0)")
  [ "${left:-x}" = 0 ] || die "site $site has still to apply ${left:-?} bytes"
  echo "site $site has applied all that it received"
}

serve() {
  initialise
  tell_front "set server web/$site state ready"
  tell_front "set server db/$site state ready"
  "$home/dns.sh" switch "$site"
}

fence() {
  touch "$MUSTER_DIR/fenced/$site"
  [ "$mode" != namespaces ] ||
    ip -n "$(namespace_of wan)" route replace blackhole "$(address_of outside "$site")/32"
}

unfence() {
  [ "$mode" != namespaces ] ||
    ip -n "$(namespace_of wan)" route del blackhole "$(address_of outside "$site")/32" 2>/dev/null || true
  rm -f "$MUSTER_DIR/fenced/$site"
}

case $action in
  start | stop | replayed | initialise | cool | serve | fence | unfence) "$action" ;;
  *) die "usage: site.sh start|stop|replayed|initialise|cool|serve|fence|unfence a|b" ;;
esac
