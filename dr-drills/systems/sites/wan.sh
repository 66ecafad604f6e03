#!/usr/bin/env bash
# wan.sh make|remove|cut SITE|join SITE|silent SITE: the network that the sites are in.
#   make    chooses between namespaces and loopback, and lays out the namespaces
#   remove  takes every namespace, link and route away again, in any state; may be repeated
#   cut     takes a site off the network, silently: its packets vanish, nobody is told. On loopback the
#           relays in front of the site do that (a network fault of the plan), and this does nothing
#   join    the undo of cut; may be repeated
#   silent  succeeds if the site is cut off: whoever connects gets neither an answer nor an error
#
# In namespaces: `world`, where the caller and so the prober is, and the sites are all joined to the
# router `wan`. The addresses are those that RFC 2544 keeps for tests of networks. Before the first
# link is made a route swallows the whole prefix, so that no packet to it can ever take the machine's
# default route; the router swallows whatever it has no link for.
. "$(dirname "$0")/sites.sh"

action=${1:-} site=${2:-}
wan=$(namespace_of wan)

# The metric says whose route it is, so that no other system's is ever removed.
swallow_metric=$((16#${id:0:7} + 3000000000))

# Chooses a /24 that no route of the machine knows. One system at a time.
claim_prefix() {
  local first number taken lock
  exec {lock}</run/netns
  flock "$lock"
  taken=$(ip -4 route show table all | grep -oE '198\.1[89]\.[0-9]+\.' || true)
  first=$((16#${id:0:4} % 512))
  for number in $(seq "$first" $((first + 511))); do
    number=$((number % 512))
    prefix=198.$((18 + number / 256)).$((number % 256))
    ! grep -qxF "$prefix." <<<"$taken" || continue
    record namespaces "$1"
    ip route add blackhole "$prefix.0/24" metric $swallow_metric || break
    exec {lock}<&-
    return
  done
  return 1
}

# Before the first thing is made, so that whoever comes next knows what to remove.
record() {
  printf '%s %s\n%s\n' "$1" "${prefix:--}" "$2" >"$network_file.new"
  mv "$network_file.new" "$network_file"
  read_network
}

# in_namespace NAME SCRIPT: settings of a network are files that show those of whoever reads them.
in_namespace() {
  nsenter "--net=/run/netns/$1" sh -euc "$2"
}

lay_out() {
  local name
  for name in wan a b; do
    ip netns add "$(namespace_of $name)"
    in_namespace "$(namespace_of $name)" '
      ip link set lo up
      [ ! -e /proc/sys/net/ipv6/conf/default/disable_ipv6 ] ||
        echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
  done
  in_namespace "$wan" 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  ip -n "$wan" route add blackhole default
  ip link add name "$world_link" type veth peer name world netns "$wan"
  [ ! -e "/proc/sys/net/ipv6/conf/$world_link" ] ||
    echo 1 >"/proc/sys/net/ipv6/conf/$world_link/disable_ipv6"
  ip addr add "$prefix.1/26" dev "$world_link"
  ip -n "$wan" addr add "$prefix.2/26" dev world
  ip link set "$world_link" up
  ip -n "$wan" link set world up
  ip route add "$prefix.0/24" via "$prefix.2" src "$prefix.1"
  join_site a 64
  join_site b 128
}

join_site() {
  local space
  space=$(namespace_of "$1")
  ip -n "$wan" link add name "$1" type veth peer name wan netns "$space"
  ip -n "$wan" addr add "$prefix.$(($2 + 1))/26" dev "$1"
  ip -n "$space" addr add "$prefix.$(($2 + 2))/26" dev wan
  ip -n "$wan" link set dev "$1" up
  ip -n "$space" link set wan up
  ip -n "$space" route add default via "$prefix.$(($2 + 1))"
  # Known for good: what was asked in vain while the link was down would fail just after it is up.
  ip -n "$space" neigh replace "$prefix.$(($2 + 1))" dev wan nud permanent \
    lladdr "$(ip -n "$wan" -br link show dev "$1" | awk '{ print $3 }')"
}

# Says why namespaces cannot be used; nothing if they can.
obstacle() {
  [ "$(id -u)" -eq 0 ] || { echo "network namespaces need root" && return; }
  command -v ip >/dev/null && command -v nsenter >/dev/null ||
    { echo "the program ip or nsenter is missing" && return; }
  local trial said
  trial=$(namespace_of trial)
  said=$(
    {
      ip netns add "$trial" &&
        in_namespace "$trial" 'ip link add name one type veth peer name two
                               echo 1 >/proc/sys/net/ipv4/ip_forward'
    } 2>&1
  ) || echo "network namespaces are not allowed here: ${said:-no reason was given}" | tail -n 1
  ip netns del "$trial" 2>/dev/null || true
}

make() {
  local asked=${MUSTER_PARAM_NETWORK:-auto} why='the parameter network asks for them'
  mkdir -p "$MUSTER_DIR/net"
  case $asked in
    loopback) ;;
    auto | namespaces)
      why=$(obstacle)
      [ -z "$why" ] || [ "$asked" = auto ] || die "parameter network is 'namespaces', but $why"
      ;;
    *) die "parameter network is '$asked': auto, namespaces or loopback" ;;
  esac
  if [ "$asked" = loopback ] || [ -n "$why" ]; then
    record loopback "$why"
    return
  fi
  claim_prefix "each site is in a network namespace of its own" ||
    die "no route can be made for a /24 of 198.18.0.0/15; with the parameter network=loopback none is needed"
  lay_out
}

remove() {
  local name
  # A link goes with either of its ends; that of a namespace which a process keeps alive has to be told.
  ip link del "$world_link" 2>/dev/null || true
  for name in wan a b trial; do
    [ -e "/run/netns/$(namespace_of $name)" ] || continue
    ip -n "$(namespace_of $name)" link del dev a 2>/dev/null || true
    ip -n "$(namespace_of $name)" link del dev b 2>/dev/null || true
    ip netns del "$(namespace_of $name)" || die "the namespace $(namespace_of $name) does not go"
  done
  [ "$mode" != namespaces ] || ip route del blackhole "$prefix.0/24" metric $swallow_metric 2>/dev/null || true
  rm -f "$network_file" "$network_file.new"
}

cut() {
  peer_of "$site" >/dev/null
  [ "$mode" = namespaces ] || { echo "on loopback the relays in front of the site are its cut" && return; }
  ip -n "$wan" link set dev "$site" down
  echo "the link of site $site is down"
}

join() {
  peer_of "$site" >/dev/null
  [ "$mode" = namespaces ] || return 0
  ip -n "$wan" link set dev "$site" up
}

silent() {
  local code=0
  curl -sS -o /dev/null -m 1 "http://$(address_of outside "$site"):$MUSTER_PORT_WEB/site/health" \
    2>/dev/null || code=$?
  # 28 is "no answer in time"; 0 would be an answer, 7 a refusal, 56 a reset.
  [ "$code" -eq 28 ] || die "site $site is not silent: curl ended with $code"
  echo "site $site neither answers nor refuses ($mode)"
}

case $action in
  make | remove | cut | join | silent) "$action" ;;
  *) die "usage: wan.sh make|remove, wan.sh cut|join|silent a|b" ;;
esac
