#!/usr/bin/env bash
# The sidecar before an application, from a fresh clone: installs, builds, sends traffic, and shows figures, a refusal,
# a fault and what is said when the application dies. Everything that it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory build PRESET=release TARGET=muster-sidecar
work=$(mktemp -d)
started=()
trap 'for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$work"' EXIT

show() {
  printf '\n\033[1m%s\033[0m\n' "$*"
}

# said FILE PATTERN: the first match, once the file has it.
said() {
  for _ in $(seq 100); do
    if sed -nE "s/.*$2.*/\1/p" "$1" 2>/dev/null | head -1 | grep . ; then return; fi
    sleep 0.1
  done
  echo "error: $1 does not say $2:" >&2
  cat "$1" >&2
  exit 1
}

mkdir -p "$work/site/users"
echo '{"shop": "open"}' | tee "$work/site/open" >"$work/site/index.html"
for user in $(seq 20); do echo "{\"user\": $user}" >"$work/site/users/$user"; done
python3 -u -m http.server --bind 127.0.0.1 --directory "$work/site" 0 >"$work/application.log" 2>&1 &
application=$!
started+=("$application")
port=$(said "$work/application.log" 'port ([0-9]+)')

(umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$work/token")
build/release/sidecar/muster-sidecar --upstream "127.0.0.1:$port" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --watch "pid:$application" \
  --admin-token-file "$work/token" --unlimited-path /open --limit-rule '{"name": "demo", "limits": [{"requests": 60, "seconds": 60}]}' 2>"$work/sidecar.log" &
started+=("$!")
listen=$(said "$work/sidecar.log" '"port":"([0-9]+)"')
admin=$(said "$work/sidecar.log" '"admin_port":"([0-9]+)"')
show "muster-sidecar --upstream 127.0.0.1:$port: port $listen for clients, port $admin for people and monitors"

for user in $(seq 20) $(seq 20); do curl -s -o /dev/null "localhost:$listen/users/$user"; done
for page in a b c; do curl -s -o /dev/null "localhost:$listen/missing/$page"; done
show '40 requests for users, 3 for pages that are not there; by endpoint:'
curl -s "localhost:$admin/metrics" | grep -E '^http_requests_total|^http_request_duration_seconds_count'

show 'more than 60 in a minute from one address:'
for _ in $(seq 20); do curl -s -o /dev/null "localhost:$listen/"; done
curl -s -i "localhost:$listen/" | tr -d '\r' | grep -iE '^HTTP|^retry-after|^ratelimit|^\{'

sleep 6  # a sample is taken every five seconds
show 'how it is: of the application, and of its requests in the last minute'
curl -s "localhost:$admin/api/monitoring/metrics?range=1m" | python3 -c '
import json, sys
said = json.load(sys.stdin)
for name in ("cpu_cores", "memory_working_set_bytes", "processes"):
    print(name.ljust(26), format(said["current"][name], ".6g"))
for name in ("count", "errorRate", "p50Millis", "p99Millis"):
    print(name.ljust(26), format(said["requests"]["1m"][name], ".4g"))'
show 'and whether that is well: what was refused and what was not there are errors to those who asked'
curl -s "localhost:$admin/health"

show 'a fault for three seconds: half of the requests for /open fail, the others are 200 ms late'
fault() {
  curl -s -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $(cat "$work/token")" -d "$1" "localhost:$admin/api/faults"
}
fault '{"id": "fail", "owner": "demo", "kind": "abort", "status": 500, "percent": 50, "path": "/open", "leaseSeconds": 3}'
fault '{"id": "late", "owner": "demo", "kind": "latency", "delayMillis": 200, "path": "/open", "leaseSeconds": 3}'
for _ in $(seq 8); do curl -s -o /dev/null -w '%{http_code} in %{time_total} s\n' "localhost:$listen/open"; done
curl -s "localhost:$admin/metrics" | grep -E '^muster_sidecar_fault.*(abort|latency)'
sleep 3
show 'nobody has renewed it, and it is over'
curl -s "localhost:$admin/api/faults"
curl -s -o /dev/null -w '%{http_code} in %{time_total} s\n' "localhost:$listen/open"

show 'the application dies:'
kill -9 "$application"
wait "$application" 2>/dev/null || true
sleep 2
curl -s "localhost:$admin/readyz"
show 'it all ends with SIGTERM; nothing that was accepted is lost'
