#!/usr/bin/env bash
# Succeeds if the system is whole: the database takes writes, Redis answers, app1 and app2 are ready
# and users reach both, and the spare is cold. Says what is wrong otherwise.
. "$(dirname "$0")/shop.sh"

case $(role_of db) in
  primary) ;;
  *) die "the database is down" ;;
esac
redis_answers || die "Redis does not answer at 127.0.0.1:$MUSTER_PORT_REDIS"
for app in app1 app2; do
  page "$(app_port $app)" /readyz >/dev/null ||
    die "$app is not ready: $(curl -s -S -m 3 "http://127.0.0.1:$(app_port $app)/readyz" 2>&1)"
  [ "$(routed $app)" = UP ] || die "users do not reach $app: HAProxy calls it '$(routed $app)'"
done
for each in $sidecars; do
  page "$(admin_port "$each")" /readyz >/dev/null || die "$each is not ready"
  [ "$(figure "$(admin_port "$each")" muster_sidecar_faults_active)" = 0 ] || die "$each has a fault in force"
done
daemon_gone app3 || die "the spare app3 is running"
[ "$(routed app3)" = MAINT ] || die "the service leads to the spare app3: '$(routed app3)'"
page "$MUSTER_PORT_PROXY" /readyz >/dev/null ||
  die "the service address 127.0.0.1:$MUSTER_PORT_PROXY does not answer"
