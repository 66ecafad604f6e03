#!/usr/bin/env bash
# rejoin.sh NODE: starts the Patroni of a lost node again and waits until the cluster is whole; what
# the node has to give up is Patroni's own decision (pg_rewind or a new copy). May be repeated.
. "$(dirname "$0")/cluster.sh"

"$home/node.sh" start "${1:-}"
until_true 90 "node ${1:-} to stream from the primary" "$home/check.sh" 2>/dev/null
