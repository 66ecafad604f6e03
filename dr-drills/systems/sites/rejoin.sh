#!/usr/bin/env bash
# rejoin.sh SITE: makes SITE the cold site again, its database a streaming standby of the other site,
# which must be the primary. What SITE wrote and the other never got is taken away by pg_rewind over
# the line, or, where that cannot do it (it was killed half-way before, or the two have no timeline in
# common), by a fresh copy. May be repeated.
. "$(dirname "$0")/sites.sh"

site=${1:-}
primary=$(peer_of "$site")
rewinding=$MUSTER_DIR/$site.rewinding

# Data that a rewind has left half-way cannot be trusted, even if another rewind finds nothing to do.
rewind() {
  [ ! -e "$rewinding" ] || {
    echo "a rewind before did not end" >"$MUSTER_DIR/log/rewind.log"
    return 1
  }
  # pg_rewind compares timelines by the control file, which a promotion updates only with its first
  # checkpoint.
  sql "$primary" checkpoint || die "site $primary cannot be asked for a checkpoint"
  touch "$rewinding"
  within=$site as_owner "$pg_bin/pg_rewind" -D "$MUSTER_DIR/$site" --no-sync \
    --config-file="$MUSTER_DIR/conf/$site.conf" \
    --source-server="host=$(address_of world) port=$(port_of FROM "$primary") user=replicator dbname=postgres connect_timeout=10" \
    >"$MUSTER_DIR/log/rewind.log" 2>&1 </dev/null || return
  as_owner touch "$MUSTER_DIR/$site/standby.signal"
  rm -f "$rewinding"
}

[ "$(role_of "$primary")" = primary ] || die "site $primary is not the primary: site $site cannot join it"
"$home/wan.sh" join "$site"
if ! streams "$site"; then
  "$home/site.sh" stop "$site"
  "$home/site.sh" unfence "$site"
  rewind || {
    echo "pg_rewind: $(tail -n 1 "$MUSTER_DIR/log/rewind.log"); site $site is copied afresh" >&2
    copy_afresh "$primary" "$site"
    rm -f "$rewinding"
  }
  "$home/site.sh" start "$site"
  until_true 40 "site $site to stream from $primary" streams "$site"
fi
"$home/site.sh" unfence "$site"
