#!/usr/bin/env bash
# Succeeds if the system is whole: the cluster runs on one node and the other one is empty, a restore
# is possible from a base backup of the present timeline, archiving works, and the service address
# leads to the cluster. Says what is wrong otherwise.
. "$(dirname "$0")/cluster.sh"

node=
for candidate in a b; do
  case $(role_of $candidate) in
    primary) [ -z "$node" ] || die "the cluster runs on both nodes" && node=$candidate ;;
    standby) die "node $candidate is being restored" ;;
  esac
done
[ -n "$node" ] || die "the cluster does not run"
spare=$(spare_of "$node")
node_gone "$spare" && [ ! -e "$(data_of "$spare")" ] || die "node $spare is not empty"
[ ! -e "$MUSTER_DIR/wreck/$spare" ] || die "the wreck of node $spare is not buried"
problem=$(restorable) || die "if it were lost now it could not be restored: $problem"
now=$(sql "$node" "select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int")
backed_up=$(backup_says "$(newest_backup)" 'START TIMELINE')
[ "$backed_up" = "$now" ] || die "the base backup is of timeline $backed_up, the cluster on $now"
[ "$(sql "$node" "select coalesce(last_failed_time <= last_archived_time, true)
                  from pg_stat_archiver")" = t ] ||
  die "archiving fails: $(last_words "$MUSTER_DIR/log/$node.log")"
served=$(PGCONNECT_TIMEOUT=3 as_owner "$pg_bin/psql" -X -A -t -U muster -d app -h 127.0.0.1 \
  -p "$MUSTER_PORT_PROXY" -c "select current_setting('cluster_name')") ||
  die "the service address 127.0.0.1:$MUSTER_PORT_PROXY does not answer"
[ "$served" = "$node" ] || die "the service leads to $served, the cluster is on $node"
