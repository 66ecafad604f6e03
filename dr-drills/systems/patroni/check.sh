#!/usr/bin/env bash
# Succeeds if the system is whole: one primary, one standby that streams from it, and a service
# address that answers. Says what is wrong otherwise.
. "$(dirname "$0")/cluster.sh"

primary= standby=
for node in a b; do
  if rest_is $node primary; then
    [ -z "$primary" ] || die "both nodes are primaries"
    primary=$node
  elif rest_is $node replica; then
    standby=$node
  else
    die "Patroni does not report node $node as running"
  fi
done
[ -n "$primary" ] || die "there is no primary"
[ -n "$(sql "$primary" "select 1 from pg_stat_replication
                        where state = 'streaming' and application_name = '$standby'
                        and ('$synchronous' = 'off' or sync_state <> 'async')")" ] ||
  die "node $standby does not stream from $primary"
served=$(PGCONNECT_TIMEOUT=3 as_owner "$pg_bin/psql" -X -A -t -U muster -d app -h 127.0.0.1 \
  -p "$MUSTER_PORT_PROXY" -c "select inet_server_port()" 2>&1) ||
  die "the service address 127.0.0.1:$MUSTER_PORT_PROXY does not answer: $served"
[ "$served" = "$(port_of '' "$primary")" ] ||
  die "the service leads to port $served, the primary is $primary"
