#!/usr/bin/env bash
# Lays out the private directory and the network: configuration of both sites, of the line between
# them and of the name server, and a new cluster for site `a`. Configuration lies outside the data
# directories, because pg_basebackup and pg_rewind copy whatever lies inside from the other site.
. "$(dirname "$0")/sites.sh"
. "$shared/haproxy.sh"

check_setup
delay=${MUSTER_PARAM_LINEDELAYMILLIS:-40}
for number in "$delay" "$ttl"; do
  case $number in '' | *[!0-9]*) die "a parameter is '$number': a whole number" ;; esac
done
cd "$MUSTER_DIR"
"$home/wan.sh" remove
rm -rf a b conf run isolated site-a site-b line dns net fenced log pid
own_dir 0700 a run/a run/b isolated isolated/a isolated/b dns dns/run dns/db
own_dir 0755 conf run site-a site-b line fenced log pid
chmod 0755 run
"$home/wan.sh" make
read_network
world=$(address_of world)
people=127.0.0.0/8
[ "$mode" != namespaces ] || people=$prefix.0/24

write_postgres() {
  local site=$1 peer
  peer=$(peer_of "$site")
  cat >"conf/$site.conf" <<CONF
$(conf_basics "$site")
data_directory = '$MUSTER_DIR/$site'
listen_addresses = '$(address_of inside "$site")'
wal_level = replica
wal_log_hints = on
wal_keep_size = 256MB
max_wal_senders = 8
hot_standby = on
wal_receiver_status_interval = 1s
wal_receiver_timeout = 10s
wal_sender_timeout = 10s
wal_retrieve_retry_interval = 500ms
recovery_target_timeline = 'latest'
primary_conninfo = 'host=$world port=$(port_of FROM "$peer") user=replicator application_name=$site connect_timeout=5'
CONF
}

# What a user sends first (protocol 3.0, user muster, database app), and a server's answer to it.
hello=000000220003000075736572006d7573746572006461746162617365006170700000
welcome=520000000800000000
bye=5800000004

write_front() {
  local site=$1 peer inside
  peer=$(peer_of "$site")
  inside=$(address_of inside "$site")
  cat >"site-$site/haproxy.cfg.in" <<CONF
# The fronts of site $site. The plan opens them by the runtime API; no health check does. The checks of
# \`seen\` and \`line\` only tell the pages /site/health and /site/line what is so: that the database
# of the site answers, and that the other site does, over the line.
$(proxy_basics "$MUSTER_DIR/site-$site/admin.sock" tcp)
  timeout check $((1000 + 4 * delay))ms
frontend web
  mode http
  bind $inside:$MUSTER_PORT_WEB
  acl health path /site/health
  acl line path /site/line
  http-request return status 200 content-type text/plain string "site $site is well" if health { srv_is_up(seen/$site) }
  http-request return status 503 content-type text/plain string "the database of site $site is away" if health
  http-request return status 200 content-type text/plain string "site $peer answers" if line { srv_is_up(line/$peer) }
  http-request return status 503 content-type text/plain string "site $peer is silent" if line
  default_backend web
backend web
  mode http
  server $site $inside:$MUSTER_PORT_APP @STATE@
frontend db
  mode tcp
  bind $inside:$MUSTER_PORT_DB
  default_backend db
backend db
  mode tcp
  server $site $inside:$(port_of '' "$site") @STATE@
backend seen
  mode tcp
  option tcp-check
  tcp-check connect
  tcp-check send-binary $hello
  tcp-check expect binary $welcome
  tcp-check send-binary $bye
  server $site $inside:$(port_of '' "$site") check inter 500ms fall 1 rise 1
backend line
  mode tcp
  option tcp-check
  tcp-check connect
  tcp-check send-binary $hello
  tcp-check expect binary $welcome
  tcp-check send-binary $bye
  server $peer $world:$(port_of FROM "$peer") check inter 500ms fall 1 rise 1
CONF
}

write_line() {
  local site
  cat >line/haproxy.cfg <<CONF
$(proxy_basics "$MUSTER_DIR/line/admin.sock" tcp)
CONF
  for site in a b; do
    cat >>line/haproxy.cfg <<CONF
listen to-$site
  bind 127.0.0.1:$(port_of TO $site)
  server $site $(address_of inside $site):$(port_of '' $site)
CONF
    [ "$mode" != namespaces ] || cat >>line/haproxy.cfg <<CONF
listen from-$site
  bind $world:$(port_of FROM $site)
  server relay 127.0.0.1:$(port_of FROM $site)
CONF
  done
}

write_dns() {
  local secret
  secret=$(head -c 32 /dev/urandom | base64 -w0)
  (umask 077 && echo "hmac-sha256:update:$secret" >dns/update.key)
  (umask 077 && cat >dns/knot.conf) <<CONF
server:
    rundir: $MUSTER_DIR/dns/run
    pidfile: $MUSTER_DIR/dns/run/knot.pid
    listen: 127.0.0.1@$MUSTER_PORT_DNS
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: $MUSTER_DIR/dns/db
    journal-db-max-size: 16M
key:
  - id: update
    algorithm: hmac-sha256
    secret: $secret
acl:
  - id: update
    key: update
    action: update
template:
  - id: default
    storage: $MUSTER_DIR/dns
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: changes
zone:
  - domain: shop.test
    file: shop.test.zone
    acl: update
CONF
  cat >dns/shop.test.zone <<CONF
\$ORIGIN shop.test.
@ 300 SOA ns hostmaster 1 3600 600 86400 $ttl
@ 300 NS ns
ns 300 A 127.0.0.1
a $ttl A $(address_of outside a)
b $ttl A $(address_of outside b)
www $ttl A $(address_of outside a)
db $ttl A $(address_of outside a)
CONF
}

write_postgres a
write_postgres b
write_front a
write_front b
write_line
write_dns
cat >conf/hba.conf <<CONF
# Unix sockets lie in directories that only the owner may enter. From the addresses of this system the
# two roles below are trusted: a demonstration system, see system.yaml.
local all,replication all trust
host app,postgres muster $people trust
host replication,postgres replicator $people trust
CONF
: >conf/ident.conf
cp "$shared/shop.py" conf/application.py  # where the owner of the servers can read it
[ "$(id -u)" -ne 0 ] || chown -R "$owner" conf site-a site-b line dns fenced log

new_cluster a
