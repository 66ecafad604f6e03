#!/usr/bin/env bash
# app.sh start|stop APP: one application server. Both may be repeated.
#   start  returns when it answers; it is ready as soon as the database and Redis answer it
#   stop   lets it answer what it has begun; whatever state it is in, suspended or hanging
. "$(dirname "$0")/shop.sh"

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

case $action in
  start) start ;;
  stop) daemon_stop "$app" 8 ;;
  *) die "usage: app.sh start|stop APP" ;;
esac
