#!/usr/bin/env bash
# Lays out the private directory and writes the configuration of etcd, both Patronis and HAProxy.
. "$(dirname "$0")/cluster.sh"
. "$shared/haproxy.sh"

check_setup

cd "$MUSTER_DIR"
rm -rf data conf run pid log etcd
mkdir -p data run/a run/b conf pid log etcd
chmod 0700 data run/a run/b etcd
chmod 0755 conf run pid log

# Users connect to a node's own port; connect_address, which the other node streams from, is the
# relay's.
write_node() {
  local node=$1
  cat >"conf/patroni-$node.yml" <<CONF
scope: orders
namespace: /muster/
name: $node
restapi:
  listen: 127.0.0.1:$(port_of REST "$node")
  connect_address: 127.0.0.1:$(port_of REST "$node")
etcd3:
  host: 127.0.0.1:$MUSTER_PORT_ETCD
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 5
    retry_timeout: 5
    maximum_lag_on_failover: 104857600
    synchronous_mode: $synchronous
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters:
        max_connections: 300
        max_wal_size: 512MB
        wal_keep_size: 256MB
        wal_log_hints: 'on'
  initdb:
  - encoding: UTF8
  - locale: C
  - auth: trust
  - no-sync
postgresql:
  listen: 127.0.0.1:$(port_of '' "$node")
  connect_address: 127.0.0.1:$(port_of FROM "$node")
  bin_dir: $pg_bin
  data_dir: $MUSTER_DIR/data/$node
  pgpass: $MUSTER_DIR/run/$node/pgpass
  use_unix_socket: true
  remove_data_directory_on_rewind_failure: true
  remove_data_directory_on_diverged_timelines: true
  use_unix_socket_repl: true
  authentication:
    superuser: {username: postgres}
    replication: {username: replicator}
    rewind: {username: rewinder}
  pg_hba:
  - local all,replication all trust
  - host app,postgres muster 127.0.0.1/32 trust
  - host replication replicator 127.0.0.1/32 trust
  - host postgres postgres,rewinder 127.0.0.1/32 trust
  parameters:
    shared_buffers: 32MB
    dynamic_shared_memory_type: mmap
    unix_socket_directories: $MUSTER_DIR/run/$node
    log_line_prefix: '%m [%p] $node '
    logging_collector: 'off'
CONF
}

write_node a
write_node b
cat >conf/haproxy.cfg <<CONF
# Patroni says who is the primary; sessions to a node that is not are closed.
$(proxy_basics "$MUSTER_DIR/run/haproxy.sock" tcp)
frontend service
  bind 127.0.0.1:$MUSTER_PORT_PROXY
  default_backend db
backend db
  timeout check 2s
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
  server a 127.0.0.1:$MUSTER_PORT_A check port $MUSTER_PORT_REST_A
  server b 127.0.0.1:$MUSTER_PORT_B check port $MUSTER_PORT_REST_B
CONF
[ "$(id -u)" -ne 0 ] || chown -R "$owner" data conf run pid log etcd
