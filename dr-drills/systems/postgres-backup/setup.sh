#!/usr/bin/env bash
# Lays out the private directory: configuration of both nodes and of HAProxy, an empty archive, and a
# new cluster for `a`. The configuration lies outside the data directories: those get lost.
. "$(dirname "$0")/cluster.sh"
. "$shared/haproxy.sh"

check_setup
for value in "$archive_timeout" "$seconds_back"; do
  case $value in
    '' | *[!0-9]*) die "archiveTimeoutSeconds and recoverSecondsBack are whole numbers: '$value'" ;;
  esac
done
[ "$archive_timeout" -ge 1 ] || die "archiveTimeoutSeconds is at least 1"

cd "$MUSTER_DIR"
rm -rf a b a.new b.new wreck conf run isolated proxy log archive backups
own_dir 0700 a run/a run/b isolated isolated/a isolated/b wreck archive backups
own_dir 0755 conf run proxy log
cp "$home/archive.sh" conf/archive.sh
chmod 0755 run conf/archive.sh

# syncfs: a server that was killed, or was restored, brings its data to disk before it starts, while
# users wait; file by file that takes seconds.
write_node() {
  local node=$1
  cat >"conf/$node.conf" <<CONF
$(conf_basics "$node")
recovery_init_sync_method = syncfs
wal_level = replica
max_wal_senders = 4
hot_standby = on
archive_mode = on
archive_timeout = ${archive_timeout}s
archive_command = '$MUSTER_DIR/conf/archive.sh "%p" "$archive/%f"'
restore_command = 'cp "$archive/%f" "%p"'
wal_retrieve_retry_interval = 500ms
recovery_target_timeline = 'latest'
recovery_target_action = 'pause'
include_if_exists '$MUSTER_DIR/conf/$node.target.conf'
CONF
}

write_node a
write_node b
cat >conf/hba.conf <<'CONF'
# Unix sockets lie in directories that only the owner may enter. Over loopback the role below is
# trusted: a demonstration system, see system.yaml.
local all,replication all trust
host app,postgres muster 127.0.0.1/32 trust
CONF
: >conf/ident.conf
cat >proxy/haproxy.cfg.in <<CONF
# The plan decides where the service leads, by the runtime API; no health check does.
$(proxy_basics "$MUSTER_DIR/proxy/admin.sock" tcp)
frontend service
  bind 127.0.0.1:$MUSTER_PORT_PROXY
  default_backend db
backend db
  server a 127.0.0.1:$MUSTER_PORT_A @A@
  server b 127.0.0.1:$MUSTER_PORT_B @B@
CONF
[ "$(id -u)" -ne 0 ] || chown -R "$owner" conf proxy log

new_cluster a --wal-segsize=1
