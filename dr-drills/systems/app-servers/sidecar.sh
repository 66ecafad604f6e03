#!/usr/bin/env bash
# sidecar.sh start|stop|serve|counted SIDECAR, or failing SIDECAR PERCENT.
#   start    sidecar1 stands before app1, sidecar2 before app2; returns when it answers
#   stop     what is under way is finished
#   serve    ends what faults are in force there, and leads users to its server
#   failing  succeeds if so much of its last ten seconds was answered 400 or above
#   counted  says what it has answered since its start, and what a fault did to it
# All may be repeated.
. "$(dirname "$0")/shop.sh"

action=${1:-} name=${2:-}
admin=$(admin_port "$name")
app=app${name#sidecar}
token_file=$MUSTER_DIR/conf/sidecar.token

start() {
  daemon_start "$name" "$MUSTER_DIR/app/muster-sidecar" "$(mark_of "$name")" \
    "--listen=127.0.0.1:$(front_port "$app")" "--upstream=127.0.0.1:$(app_port "$app")" \
    --limits=on --watch=none "--admin-token-file=$token_file" "--drill-key-file=$MUSTER_DIR/conf/drill.key" --drain-seconds=5
  needs=$name until_true 20 "$name to answer" page "$admin" /livez >/dev/null
}

heal() {
  local id
  for id in $(page "$admin" /api/faults | "$python" -c 'import json, sys; print(*[f["id"] for f in json.load(sys.stdin)["faults"]])'); do
    curl -s -S -o /dev/null -m 3 -X DELETE -H "Authorization: Bearer $(cat "$token_file")" "http://127.0.0.1:$admin/api/faults/$id"
  done
}

# share LENGTH: percent of bad answers, rounded down.
share() {
  page "$admin" '/api/monitoring/metrics?range=1m' |
    "$python" -c 'import json, sys; print(int(100 * (json.load(sys.stdin)["requests"][sys.argv[1]].get("errorRate") or 0)))' "$1"
}

case $action in
  start) start ;;
  stop) daemon_stop "$name" 10 ;;
  serve)
    heal
    "$home/app.sh" serve "$app"
    ;;
  failing)
    percent=$(share 10s)
    echo "$percent % of what $name answered in the last ten seconds was bad"
    [ "$percent" -ge "${3:?PERCENT}" ]
    ;;
  counted)
    echo "$name answered $(figure "$admin" 'muster_sidecar_requests_total{') requests," \
      "$(figure "$admin" 'muster_sidecar_requests_total{status="5xx"}') of them 5xx;" \
      "a fault touched $(figure "$admin" 'muster_sidecar_fault_requests_total{');" \
      "$(figure "$admin" 'muster_sidecar_drill_requests_total{signature="good"}') were signed by a drill"
    ;;
  *) die "usage: sidecar.sh start|stop|serve|counted SIDECAR, or failing SIDECAR PERCENT" ;;
esac
