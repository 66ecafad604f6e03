# What the scripts of this system share, on top of what all PostgreSQL systems do. Sourced, never run.
nodes=db
. "$(dirname "${BASH_SOURCE[0]}")/../shared/postgres.sh"

: "${MUSTER_PORT_DB:?}" "${MUSTER_PORT_REDIS:?}" "${MUSTER_PORT_PROXY:?}" "${MUSTER_PORT_HEALTH:?}"
: "${MUSTER_PORT_APP1:?}" "${MUSTER_PORT_APP2:?}" "${MUSTER_PORT_APP3:?}"
: "${MUSTER_PORT_SIDECAR1:?}" "${MUSTER_PORT_SIDECAR2:?}" "${MUSTER_PORT_ADMIN1:?}" "${MUSTER_PORT_ADMIN2:?}"
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${MUSTER_PARAM_PYTHON:-/usr/bin/python3}
spare_without=${MUSTER_PARAM_SPAREWITHOUT:-}
sidecar=${MUSTER_PARAM_SIDECAR:-}  # a program; empty: users reach the application servers directly
apps='app1 app2 app3'
sidecars=${sidecar:+sidecar1 sidecar2}

# What HAProxy leads to when it starts: whoever runs.
proxy_servers=$apps
proxy_leads_to() {
  ! daemon_gone "$1"
}

data_of() {
  echo "$MUSTER_DIR/$1"
}

# app_port APP
app_port() {
  local name=MUSTER_PORT_${1^^}
  case " $apps " in *" $1 "*) echo "${!name}" ;; *) die "no application server named '$1': $apps" ;; esac
}

# front_port APP: where users reach it: at its sidecar, if it has one.
front_port() {
  case $sidecar:$1 in
    ?*:app1) echo "$MUSTER_PORT_SIDECAR1" ;;
    ?*:app2) echo "$MUSTER_PORT_SIDECAR2" ;;
    *) app_port "$1" ;;
  esac
}

# admin_port SIDECAR
admin_port() {
  local name=MUSTER_PORT_ADMIN${1#sidecar}
  case " $sidecars " in *" $1 "*) echo "${!name}" ;; *) die "no sidecar named '$1': parameter sidecar" ;; esac
}

# The argument by which a daemon's command line is known to be ours.
mark_of() {
  case $1 in
    redis) echo "$MUSTER_DIR/conf/redis.conf" ;;
    sidecar*) echo "--admin-listen=127.0.0.1:$(admin_port "$1")" ;;
    *) echo "--listen=127.0.0.1:$(app_port "$1")" ;;
  esac
}

# page PORT PATH: what is there, if it is answered 200 to 299.
page() {
  curl -s -f -m 3 "http://127.0.0.1:$1$2"
}

# figure ADMIN_PORT SERIES: the sum of all figures of a sidecar that begin so.
figure() {
  page "$1" /metrics | awk -v series="$2" 'index($0, series) == 1 { sum += $NF } END { print sum + 0 }'
}

redis_answers() {
  [ "$(timeout 3 redis-cli -p "$MUSTER_PORT_REDIS" ping 2>/dev/null)" = PONG ]
}

# routed APP: UP, MAINT …, as HAProxy calls it; users reach those that are UP.
routed() {
  page "$MUSTER_PORT_HEALTH" '/stats;csv' |
    awk -F, -v app="$1" '$1 == "shop" && $2 == app { sub(/^no check$/, "UP", $18); print $18 }'
}
