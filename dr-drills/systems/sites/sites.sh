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

# as_owner COMMAND...: as everywhere, and in the network of the site that $within names.
within=
as_owner() {
  local inside=()
  [ -z "$within" ] || [ "$mode" != namespaces ] ||
    inside=(nsenter "--net=/run/netns/$(namespace_of "$within")")
  if [ "$(id -u)" -eq 0 ]; then
    (cd "$MUSTER_DIR" && exec "${inside[@]}" runuser -u "$owner" -- "$@")
  else
    (cd "$MUSTER_DIR" && exec "$@")
  fi
}

# Daemons: site-a and site-b, the fronts; app-a and app-b; line; dns.
mark_of() {
  case $1 in
    app-*) echo "--listen=$(address_of inside "${1#app-}"):$MUSTER_PORT_APP" ;;
    dns) echo "$MUSTER_DIR/dns/knot.conf" ;;
    *) echo "$MUSTER_DIR/$1/haproxy.cfg" ;;
  esac
}

is_fenced() {
  [ -e "$MUSTER_DIR/fenced/$1" ]
}

# page SITE PATH: what a user of the site's web front gets; fails if it is no success.
page() {
  curl -fsS -m 3 "http://$(address_of outside "$1"):$MUSTER_PORT_WEB$2" 2>/dev/null
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
  within=$2 as_owner "$pg_bin/pg_basebackup" -D "$new" -U replicator -h "$(address_of world)" \
    -p "$(port_of FROM "$1")" -X stream -c fast --no-sync --no-manifest
  as_owner touch "$new/standby.signal"
  rm -rf "${MUSTER_DIR:?}/$2"
  mv "$new" "$MUSTER_DIR/$2"
}
