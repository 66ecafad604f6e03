#!/bin/sh
# The gate of a site: parts the pods of a node from everything beyond it, and joins them again. It stands in the
# network of the node (hostNetwork, NET_ADMIN); what the node itself sends and receives is not touched.
#   gate.sh stand         joined, until it is asked to end
#   gate.sh cut SECONDS   parted, for so long at most: it joins by itself if nobody comes
#   gate.sh join          joined; may be repeated
set -eu

TABLE=muster_gate

# The interface that leads away from the node: that of the default route.
uplink() {
  while read -r name destination _; do
    if [ "$destination" = 00000000 ]; then
      echo "$name"
      return
    fi
  done </proc/net/route
  echo 'no default route: which way leads out of the site is not known' >&2
  exit 1
}

# A table that is declared before it is deleted need not be there.
join() {
  printf 'table inet %s\ndelete table inet %s\n' "$TABLE" "$TABLE" | nft -f -
}

# All of it at once. Timeout and all, the set empties itself in the kernel, whatever becomes of this pod.
cut() {
  out=$(uplink)
  nft -f - <<NFT
table inet $TABLE
delete table inet $TABLE
table inet $TABLE {
  set ways { type ifname; timeout ${1}s; elements = { "$out" } }
  chain forward {
    type filter hook forward priority -200; policy accept;
    iifname @ways counter drop
    oifname @ways counter drop
  }
}
NFT
}

case ${1:-} in
  stand)
    join
    trap 'join; exit 0' TERM INT
    sleep infinity &
    wait
    ;;
  cut) cut "${2:?SECONDS}" ;;
  join) join ;;
  *)
    echo 'gate.sh stand | cut SECONDS | join' >&2
    exit 2
    ;;
esac
