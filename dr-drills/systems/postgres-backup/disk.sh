#!/usr/bin/env bash
# disk.sh destroy|destroyed|return|bury NODE: what becomes of the disk of a node. All may be repeated.
#   destroy    takes the whole data directory away, WAL that was not archived included: renamed into
#              wreck/, where no server and no restore looks for it
#   destroyed  succeeds if nothing of the cluster is left on the node, neither data nor process
#   return     the undo of destroy
#   bury       deletes the wreck for good
. "$(dirname "$0")/cluster.sh"

action=${1:-} node=${2:-}
spare_of "$node" >/dev/null
data=$(data_of "$node")
wreck=$MUSTER_DIR/wreck/$node

destroy() {
  [ -e "$wreck" ] && [ ! -e "$data" ] && return
  [ ! -e "$wreck" ] || die "the wreck of an earlier drill is still there: $wreck"
  node_gone "$node" || die "node $node still runs"
  drop_locks "$node"
  mv "$data" "$wreck"
}

destroyed() {
  [ ! -e "$data" ] || die "there still is $data"
  node_gone "$node" || die "node $node still runs"
  echo "node $node has neither data nor processes"
}

# Data where they belong were never destroyed: a wreck beside them is an older one.
return_data() {
  [ -e "$wreck" ] && [ ! -e "$data" ] || return 0
  "$home/node.sh" stop "$node"
  mv "$wreck" "$data"
}

bury() {
  [ -e "$wreck" ] || return 0
  problem=$(restorable) || die "the wreck cannot go before a restore is possible: $problem"
  "$home/node.sh" stop "$node"
  rm -rf "$wreck"
}

case $action in
  destroy | destroyed | bury) "$action" ;;
  return) return_data ;;
  *) die "usage: disk.sh destroy|destroyed|return|bury a|b" ;;
esac
