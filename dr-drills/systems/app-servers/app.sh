#!/usr/bin/env bash
# app.sh start|serve|stop APP: one application server. All may be repeated.
#   start  returns when it answers; it is ready as soon as the database and Redis answer it
#   serve  starts it, waits until it is ready and only then leads users to it
#   stop   lets it answer what it has begun; whatever state it is in, suspended or hanging
. "$(dirname "$0")/shop.sh"
. "$shared/haproxy.sh"

action=${1:-} app=${2:-}
port=$(app_port "$app")

start() {
  local without=() feature
  if [ "$app" = app3 ]; then
    for feature in $spare_without; do without+=("--without=$feature"); done
  fi
  daemon_start "$app" "$python" "$MUSTER_DIR/app/shop.py" "--name=$app" "$(mark_of "$app")" \
    "--database=host=127.0.0.1 port=$MUSTER_PORT_DB user=muster dbname=app application_name=$app" \
    "--sessions=redis://127.0.0.1:$MUSTER_PORT_REDIS/0" "${without[@]}"
  needs=$app until_true 20 "$app to answer" page "$port" /livez >/dev/null
}

lead_users() {
  "$python" - "$MUSTER_DIR/proxy/admin.sock" "set server shop/$app state ready" <<'PYTHON'
import socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.settimeout(5)
    line.connect(sys.argv[1])
    line.sendall(sys.argv[2].encode() + b"\n")
    said = line.recv(4096).decode().strip()
sys.exit(said or 0)
PYTHON
}

serve() {
  start
  needs=$app until_true 20 "$app to be ready" page "$port" /readyz >/dev/null
  # A proxy that does not run leads to whoever runs when it starts.
  proxy_gone || lead_users
}

case $action in
  start | serve) "$action" ;;
  stop) daemon_stop "$app" 8 ;;
  *) die "usage: app.sh start|serve|stop APP" ;;
esac
