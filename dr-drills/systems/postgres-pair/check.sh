#!/usr/bin/env bash
# Succeeds if the system is whole: one primary, one standby that streams from it, and a service
# address that answers. Says what is wrong otherwise.
. "$(dirname "$0")/pair.sh"

primary= standby=
for node in a b; do
  case $(role_of $node) in
    primary) [ -z "$primary" ] || die "both nodes are primaries" && primary=$node ;;
    standby) standby=$node ;;
    *) die "node $node is down" ;;
  esac
done
[ -n "$primary" ] || die "there is no primary"
[ -n "$(sql "$primary" "select 1 from pg_stat_replication
                        where state = 'streaming' and application_name = '$standby'")" ] ||
  die "node $standby does not stream from $primary"
served=$(PGCONNECT_TIMEOUT=3 as_owner "$pg_bin/psql" -X -A -t -U muster -d app -h 127.0.0.1 \
  -p "$MUSTER_PORT_PROXY" -c "select current_setting('cluster_name')") ||
  die "the service address 127.0.0.1:$MUSTER_PORT_PROXY does not answer"
[ "$served" = "$primary" ] || die "the service leads to $served, the primary is $primary"
