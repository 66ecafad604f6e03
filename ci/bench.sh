#!/usr/bin/env bash
# Every figure that docs/performance.md quotes, measured now, as one table: what, target, measured.
#   BENCH=short (default)  two minutes    BENCH=full  what the document quotes, and the controller
#                          runtime and the sidecar beside their peers: an hour
#   BUILD=build/release    where the programs were built (release preset)
# Times and memory are printed, not judged: the machine may be busy. The exit code is 1 only when a
# program does not run or something is wrong on every machine: the truth outside its bounds, a
# planted loss not found, a slot of cron missed.
set -uo pipefail
cd "$(dirname "$0")/.."

case ${BENCH:-short} in
  short) outages=10000 runs=20 seconds=2 drills=200 cron='60 2020 2029' crashes=10000 points=2000 ;;
  full) outages=1000000 runs=300 seconds=10 drills=1000 cron='1 1990 2039' crashes=1000000 points=100000 ;;
  *) echo "bench: BENCH is short or full, not '$BENCH'" >&2; exit 2 ;;
esac
programs=${BUILD:-build/release}/bench
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0

for name in truth_inside real_outage responder ledger_check engine_sixhours prober_cost load_histogram \
  verify_bundle cron_oracle crash_points operator_crash_points limit_decision traffic_record http1_head sample_pod; do
  if [ ! -x "$programs/$name" ]; then
    echo "bench: $programs/$name is missing; make build PRESET=release builds it" >&2
    exit 1
  fi
done

# measure NAME COMMAND...: its output goes to $out/NAME, and to the terminal when it failed.
measure() {
  local name=$1
  shift
  if ! "$programs/$name" "$@" >"$out/$name" 2>&1; then
    failed=1
    echo "bench: $name $* failed:" >&2
    tail -n 20 "$out/$name" >&2
  fi
}

row() { printf '%-58s  %-26s  %s\n' "$1" "$2" "${3:-not measured}"; }
# Of Google Benchmark's CSV: column COLUMN of benchmark NAME in the output of PROGRAM.
column() {
  awk -F, -v name="$2" -v want="$3" '
    /^name,/ { for (i = 1; i <= NF; ++i) { key = $i; gsub(/"/, "", key); at[key] = i } }
    { first = $1; gsub(/"/, "", first) }
    first == name { printf "%.3g", $at[want] }' "$out/$1"
}
cost() { awk -v name="$1" 'index($0, name) == 1 { printf "%s%s us at %s/s", sep, $6, $4; sep = ", " }' "$out/prober_cost"; }

csv=--benchmark_format=csv
measure truth_inside "$outages"
measure real_outage "$programs/responder" "$runs"
measure ledger_check $csv
measure engine_sixhours $csv
measure load_histogram $csv --benchmark_filter=^record$
measure verify_bundle "$drills"
measure prober_cost "$programs/responder" "$seconds"
# shellcheck disable=SC2086 # three arguments
measure cron_oracle $cron
measure crash_points "$crashes"
measure operator_crash_points "--points=$points"
measure limit_decision $csv '--benchmark_filter=^(fingerprint_and_decision|cached_and_decision|flood_of_new_clients)'
measure traffic_record $csv '--benchmark_filter=^record'
measure http1_head $csv '--benchmark_filter=^(request|peer_memchr)$'
measure sample_pod 20 100

row FIGURE TARGET "MEASURED (${BENCH:-short} form, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg))"
row 'truth inside the bounds, simulated outages' 'all' \
  "$(sed -n 's/^outages: truth inside \([0-9]* of [0-9]*\);.*/\1/p' "$out/truth_inside")"
row '  width of the bounds at 100 probes/s, p99' '<= 25 ms' \
  "$(sed -n 's/^outages:.*user-visible width [^;]*p99 \([0-9.]* ms\);.*/\1/p' "$out/truth_inside")"
row 'planted losses in 10^6 writes with timeouts' 'all found, no false alarm' \
  "$(awk '/planted in 10\^6/ { n++; right += /right$/ } END { print right " of " n " ledgers right" }' "$out/truth_inside")"
row 'real service in another process, refused and hung' 'all inside' \
  "$(awk '/ inside$/ { printf "%s%s %s of %s", sep, $1, $2, $4; sep = ", " }' "$out/real_outage")"
row 'ledger check of 10^6 operations' '<= 1,000 ms on one core' "$(column ledger_check check_ledger cpu_time) ms"
row '  peak memory, input included' '<= 200 MiB' "$(column ledger_check check_consistency peak_MiB) MiB"
row 'evidence of 10^6 operations, compressed' '<= 12 bytes each' \
  "$(sed -n 's/^bundle: .* \([0-9.]* bytes\) each.*/\1/p' "$out/verify_bundle")"
row '  read, chain and signature checked, all figures recomputed' '<= 2 s' \
  "$(sed -n 's/^verify: \(.*elapsed\),.*/\1/p' "$out/verify_bundle")"
row '  drawn drills on whose figures engine and verifier agree' 'all' \
  "$(sed -n 's/^drawn drills: \(.*\) agree/\1/p' "$out/verify_bundle")"
row 'six hours of engine events' '<= 100 ms' "$(column engine_sixhours engine_six_hours cpu_time) ms"
row 'prober, CPU per operation, open TCP connections' '<= 20 us' "$(cost 'tcp, of 100/s')"
row 'prober, CPU per operation, open HTTP connections' '<= 20 us' "$(cost 'http, of 100/s')"
row 'prober, one TCP stream of the whole rate' 'the floor' "$(cost 'tcp, 1 stream')"
row '  the same exchange in a bare epoll loop' '(the floor)' "$(cost 'bare epoll loop')"
row 'prober, resident memory' '<= 20 MiB' \
  "$(awk '/ rss / { for (i = 1; i < NF; ++i) if ($i == "rss" && $(i + 1) > max) max = $(i + 1) } END { print max " MiB" }' "$out/prober_cost")"
row 'latency histogram, one value recorded' '' "$(column load_histogram record cpu_time) ns"
row 'cron against a walk over every minute' 'no mismatch' "$(tail -n 1 "$out/cron_oracle")"
row 'crashes before and after each write and action of a drill' 'none broken' \
  "$(awk '$1 == "all" { print $NF " broken of " $2 " drills" }' "$out/crash_points")"
row 'crash points of operator, runner and guardian' 'no law violated' \
  "$(awk '$1 == "all" { print $NF " violated at " $3 " points" }' "$out/operator_crash_points")"
row 'fingerprint and decision over three windows' '<= 300 ns' "$(column limit_decision fingerprint_and_decision/threads:0 cpu_time) ns"
row '  with the fingerprint kept for the connection' '<= 50 ns' \
  "$(column limit_decision cached_and_decision_warm_connection/threads:0 cpu_time) ns"
row '  of clients that nobody had before, 10^6 of them' '' "$(column limit_decision flood_of_new_clients/iterations:1000000 cpu_time) ns"
row 'counting a request' '' "$(column traffic_record record cpu_time) ns ($(column traffic_record record_prometheus_cpp cpu_time) ns by prometheus-cpp)"
row 'head of a request read' '' "$(column http1_head request cpu_time) ns ($(column http1_head peer_memchr cpu_time) ns for a walk over its bytes)"
row 'sample of a pod by its cgroup' '<= 100 us' "$(awk '/^a cgroup/ { print $5 " us" }' "$out/sample_pod")"
row '  by 12 processes' '<= 100 us' "$(awk '/^12 processes/ { print $7 " us" }' "$out/sample_pod")"

# Beside their peers, each with a table of its own.
beside() {
  echo
  python3 "bench/$1" "${@:2}" || failed=1
}
if [ "${BENCH:-short}" = full ]; then
  ci/deps.sh bench && ci/kubernetes.sh >/dev/null || exit 1
  beside kube_sync.py
  beside kube_runtime.py
  beside sidecar_proxy.py
fi
exit $failed
