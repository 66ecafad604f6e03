#!/usr/bin/env bash
# Lays out the private directory: configuration of both nodes and of HAProxy, and a new cluster for
# `a`. The configuration lies outside the data directories, because pg_basebackup and pg_rewind
# copy whatever lies inside from the other node.
. "$(dirname "$0")/pair.sh"
. "$shared/haproxy.sh"

check_setup
cuttable=${MUSTER_PARAM_CUTTABLE:-off}
[ "$cuttable" = on ] || [ "$cuttable" = off ] || die "parameter cuttable is '$cuttable': on or off"

cd "$MUSTER_DIR"
rm -rf a b conf run isolated proxy log
own_dir 0700 a run/a run/b isolated isolated/a isolated/b
own_dir 0755 conf run proxy log
chmod 0755 run

write_node() {
  local node=$1 peer
  peer=$(peer_of "$node")
  cat >"conf/$node.conf" <<CONF
$(conf_basics "$node")
data_directory = '$MUSTER_DIR/$node'
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
primary_conninfo = 'host=127.0.0.1 port=$(port_of FROM "$peer") user=replicator application_name=$node connect_timeout=5'
include_if_exists '$MUSTER_DIR/conf/$node.synchronous.conf'
CONF
  : >"conf/$node.synchronous.conf"
}

write_node a
write_node b
[ "$synchronous" = off ] || echo "synchronous_standby_names = 'b'" >conf/a.synchronous.conf
cat >conf/hba.conf <<'CONF'
# Unix sockets lie in directories that only the owner may enter. Over loopback the two roles below
# are trusted: a demonstration system, see system.yaml.
local all,replication all trust
host app,postgres muster 127.0.0.1/32 trust
host replication replicator 127.0.0.1/32 trust
CONF
: >conf/ident.conf
# path_to NODE: where the proxy reaches a node: at its port, or through a relay that can be cut.
path_to() {
  if [ "$cuttable" = on ]; then port_of TO "$1"; else port_of '' "$1"; fi
}

# What a user sends first (protocol 3.0, user muster, database app), and a server's answer to it.
hello=000000220003000075736572006d7573746572006461746162617365006170700000
welcome=520000000800000000
bye=5800000004
cat >proxy/haproxy.cfg.in <<CONF
# The plan decides where the service leads, by the runtime API; no health check does. The checks of
# \`seen\` only tell the page /ready whether users reach a server that answers them.
$(proxy_basics "$MUSTER_DIR/proxy/admin.sock" tcp)
frontend service
  bind 127.0.0.1:$MUSTER_PORT_PROXY
  default_backend db
backend db
  server a 127.0.0.1:$(path_to a) @A@
  server b 127.0.0.1:$(path_to b) @B@
backend seen
  option tcp-check
  tcp-check connect
  tcp-check send-binary $hello
  tcp-check expect binary $welcome
  tcp-check send-binary $bye
  default-server check inter 500ms fall 1 rise 1
  server a 127.0.0.1:$(path_to a)
  server b 127.0.0.1:$(path_to b)
frontend ready
  mode http
  bind 127.0.0.1:$MUSTER_PORT_READY
  acl led_to_a srv_is_up(db/a)
  acl led_to_b srv_is_up(db/b)
  acl answers_a srv_is_up(seen/a)
  acl answers_b srv_is_up(seen/b)
  monitor-uri /ready
  monitor fail unless led_to_a answers_a or led_to_b answers_b
CONF
[ "$(id -u)" -ne 0 ] || chown -R "$owner" conf proxy log

new_cluster a
