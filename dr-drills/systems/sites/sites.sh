# What the scripts of this system share, on top of what all PostgreSQL systems do. Sourced, never run.
# A site is `a` or `b`; it is known by the name of its PostgreSQL node. Where a site is:
#   outside  the address that names lead to
#   inside   the address its servers are bound to: the same in namespaces; on loopback, relays that
#            can be silenced lie between the two
. "$(dirname "${BASH_SOURCE[0]}")/../shared/postgres.sh"

: "${MUSTER_PORT_WEB:?}" "${MUSTER_PORT_DB:?}" "${MUSTER_PORT_APP:?}" "${MUSTER_PORT_DNS:?}"
: "${MUSTER_PORT_FROM_A:?}" "${MUSTER_PORT_FROM_B:?}" "${MUSTER_PORT_TO_A:?}" "${MUSTER_PORT_TO_B:?}"
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ttl=${MUSTER_PARAM_TTLSECONDS:-5}
network_file=$MUSTER_DIR/net/network

data_of() {
  echo "$MUSTER_DIR/$1"
}

peer_of() {
  case $1 in
    a) echo b ;;
    b) echo a ;;
    *) die "no site named '$1': a or b" ;;
  esac
}

# Names of namespaces and links come from the directory: two systems never meet, and whoever finds
# the directory knows what belongs to it, whatever state it is in.
id=$(printf '%s' "$MUSTER_DIR" | sha256sum | cut -c1-10)
world_link=mu$id

namespace_of() {
  echo "muster-$id-$1"
}

# What setup has decided: namespaces or loopback, why, and the first three numbers of the addresses.
mode= reason= prefix=
read_network() {
  [ ! -e "$network_file" ] || { read -r mode prefix && read -r reason; } <"$network_file"
}
read_network

# world | outside SITE | inside SITE
address_of() {
  case $mode/$1/${2:-} in
    namespaces/world/) echo "$prefix.1" ;;
    namespaces/*/a) echo "$prefix.66" ;;
    namespaces/*/b) echo "$prefix.130" ;;
    loopback/world/) echo 127.0.0.1 ;;
    loopback/outside/a) echo 127.0.1.1 ;;
    loopback/outside/b) echo 127.0.1.2 ;;
    loopback/inside/a) echo 127.0.2.1 ;;
    loopback/inside/b) echo 127.0.2.2 ;;
    *) die "no address of $* in network mode '$mode'" ;;
  esac
}

# at SITE COMMAND...: as the owner, in the site's network.
at() {
  local within=()
  [ "$mode" != namespaces ] || within=(nsenter "--net=/run/netns/$(namespace_of "$1")")
  shift
  if [ "$(id -u)" -eq 0 ]; then
    (cd "$MUSTER_DIR" && exec "${within[@]}" runuser -u "$owner" -- "$@")
  else
    (cd "$MUSTER_DIR" && exec "$@")
  fi
}

is_fenced() {
  [ -e "$MUSTER_DIR/fenced/$1" ]
}

# running_pid PID_FILE MARK: the recorded process, if it lives and has MARK among its arguments.
running_pid() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && case $(state_letter "$pid") in '' | Z) false ;; esac &&
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$2" && echo "$pid"
}

daemon_ended() {
  ! running_pid "$1" "$2" >/dev/null
}

# stop_daemon PID_FILE MARK: in good order, or by force; it may be suspended.
stop_daemon() {
  local pid
  if pid=$(running_pid "$1" "$2"); then
    kill -TERM "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
    for _ in $(seq 60); do
      daemon_ended "$1" "$2" && break
      sleep 0.05
    done
    daemon_ended "$1" "$2" || kill -KILL "$pid" 2>/dev/null || true
    until_true 5 "process $pid of $1 to end" daemon_ended "$1" "$2"
  fi
  rm -f "$1"
}

# start_haproxy DIRECTORY COMMAND...: HAProxy on DIRECTORY/haproxy.cfg, through `at SITE` or `as_owner`.
start_haproxy() {
  local dir=$1
  shift
  daemon_ended "$dir/haproxy.pid" "$dir/haproxy.cfg" || return 0
  rm -f "$dir/haproxy.pid"
  "$@" haproxy -D -p "$dir/haproxy.pid" -f "$dir/haproxy.cfg" \
    >"$MUSTER_DIR/log/$(basename "$dir").log" 2>&1 </dev/null ||
    die "HAProxy $(basename "$dir") does not start: $(last_words "$MUSTER_DIR/log/$(basename "$dir").log")"
}

# page SITE PATH: what a user of the site's web front gets; fails if it is no success.
page() {
  curl -fsS -m "${3:-2}" "http://$(address_of outside "$1"):$MUSTER_PORT_WEB$2" 2>/dev/null
}

# named NAME: the address that the DNS server has for it.
named() {
  kdig +short +timeout=2 +retry=1 -p "$MUSTER_PORT_DNS" @127.0.0.1 "$1.shop.test" A 2>/dev/null
}

streams() {
  local standby=$1 primary
  primary=$(peer_of "$1")
  [ "$(role_of "$standby")" = standby ] &&
    [ -n "$(sql "$primary" "select 1 from pg_stat_replication
                            where state = 'streaming' and application_name = '$standby'" 2>/dev/null)" ]
}

# copy_afresh FROM TO: TO's data become a base backup of FROM, a standby of it. Whole or not at all.
copy_afresh() {
  local new=$MUSTER_DIR/$2.new
  rm -rf "$new"
  own_dir 0700 "$new"
  at "$2" "$pg_bin/pg_basebackup" -D "$new" -U replicator -h "$(address_of world)" \
    -p "$(port_of FROM "$1")" -X stream -c fast --no-sync --no-manifest
  as_owner touch "$new/standby.signal"
  rm -rf "${MUSTER_DIR:?}/$2"
  mv "$new" "$MUSTER_DIR/$2"
}
