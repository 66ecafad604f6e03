#!/usr/bin/env bash
# Succeeds if the system is whole: one site serves, by its names, its fronts and its application; the
# other one is cold and its database streams. Says which network it is in, or what is wrong.
. "$(dirname "$0")/sites.sh"

[ -n "$mode" ] || die "the system is not set up"
primary= standby=
for site in a b; do
  case $(role_of $site) in
    primary) [ -z "$primary" ] || die "the databases of both sites are primaries" && primary=$site ;;
    standby) standby=$site ;;
    *) die "the database of site $site is down" ;;
  esac
  is_fenced $site && die "site $site is fenced"
done
[ -n "$primary" ] || die "there is no primary"
streams "$standby" || die "site $standby does not stream from site $primary"
for name in www db; do
  [ "$(named $name)" = "$(address_of outside "$primary")" ] ||
    die "$name.shop.test leads to '$(named $name)', site $primary is at $(address_of outside "$primary")"
done
for site in a b; do
  page $site /site/health >/dev/null || die "site $site does not call itself well"
done
page "$primary" /readyz >/dev/null || die "the application of site $primary does not answer"
! page "$standby" /readyz >/dev/null || die "site $standby serves users, it should be cold"
served=$(PGCONNECT_TIMEOUT=3 as_owner "$pg_bin/psql" -X -A -t -U muster -d app \
  -h "$(address_of outside "$primary")" -p "$MUSTER_PORT_DB" -c "select current_setting('cluster_name')") ||
  die "the database front of site $primary does not answer"
[ "$served" = "$primary" ] || die "the database front of site $primary leads to $served"
case $mode in
  namespaces) echo "network: $reason, in $prefix.0/24" ;;
  *) echo "network: loopback addresses, because $reason" ;;
esac
