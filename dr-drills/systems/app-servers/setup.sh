#!/usr/bin/env bash
# Lays out the private directory: the application, configuration of all servers, an empty database
# cluster. The application is copied, because the user it runs as may not enter the folder it is in.
. "$(dirname "$0")/shop.sh"
. "$shared/haproxy.sh"

check_setup
"$python" -c 'import psycopg2, redis' 2>/dev/null ||
  die "$python cannot import psycopg2 and redis: apt-get install python3-psycopg2 python3-redis"
for daemon in redis $apps $sidecars; do
  daemon_gone "$daemon" || die "$daemon of this system is running: stop it first"
done

cd "$MUSTER_DIR"
rm -rf db redis app conf run pid proxy log
own_dir 0700 db redis run/db
own_dir 0755 app conf run pid proxy log
cp "$shared/shop.py" app/
for feature in $spare_without; do
  "$python" app/shop.py "--without=$feature" --help >/dev/null 2>log/features.log ||
    die "parameter spareWithout: $(tail -n 1 log/features.log)"
done

if [ -n "$sidecar" ]; then
  program=$(command -v "$sidecar") || die "parameter sidecar: no program '$sidecar'"
  install -m 0755 "$program" app/muster-sidecar
  app/muster-sidecar --upstream=127.0.0.1:1 --check-config 2>log/sidecar.log ||
    die "parameter sidecar: $program: $(tail -n 1 log/sidecar.log)"
  for secret in sidecar.token drill.key; do
    (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"conf/$secret")
  done
fi

{
  conf_basics db
  echo 'wal_level = replica'
} >conf/db.conf
cat >conf/hba.conf <<'CONF'
# Unix sockets lie in directories that only the owner may enter. Over loopback the role below is
# trusted: a demonstration system, see system.yaml.
local all,replication all trust
host app,postgres muster 127.0.0.1/32 trust
CONF
: >conf/ident.conf
# A session that was made is on disk a second later: it outlives Redis.
cat >conf/redis.conf <<CONF
bind 127.0.0.1
port $MUSTER_PORT_REDIS
dir $MUSTER_DIR/redis
appendonly yes
appendfsync everysec
save ""
maxclients 500
set-proc-title no
CONF
cat >proxy/haproxy.cfg.in <<CONF
# The plan decides where the service leads, by the runtime API; no health check does. The checks of
# \`seen\` only tell the pages /up/SERVER which servers are ready.
$(proxy_basics "$MUSTER_DIR/proxy/admin.sock" http)
  timeout http-request 10s
  timeout server 30s
frontend service
  bind 127.0.0.1:$MUSTER_PORT_PROXY
  default_backend shop
backend shop
  balance roundrobin
  server app1 127.0.0.1:$(front_port app1) @APP1@
  server app2 127.0.0.1:$(front_port app2) @APP2@
  server app3 127.0.0.1:$MUSTER_PORT_APP3 @APP3@
backend seen
  option httpchk GET /readyz
  http-check expect status 200
  default-server check inter 500ms fall 2 rise 1
  server app1 127.0.0.1:$MUSTER_PORT_APP1
  server app2 127.0.0.1:$MUSTER_PORT_APP2
  server app3 127.0.0.1:$MUSTER_PORT_APP3
frontend health
  bind 127.0.0.1:$MUSTER_PORT_HEALTH
  stats enable
  stats uri /stats
  http-request return status 200 content-type text/plain string up if { path /up/app1 } { srv_is_up(seen/app1) }
  http-request return status 200 content-type text/plain string up if { path /up/app2 } { srv_is_up(seen/app2) }
  http-request return status 200 content-type text/plain string up if { path /up/app3 } { srv_is_up(seen/app3) }
  http-request return status 503 content-type text/plain string down if { path_beg /up/ }
CONF
[ "$(id -u)" -ne 0 ] || chown -R "$owner" app conf proxy log
new_cluster db
