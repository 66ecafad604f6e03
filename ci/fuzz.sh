#!/usr/bin/env bash
# fuzz.sh PROGRAM CORPUS SECONDS [SEED]: one fuzzer for a while. New inputs go to a scratch folder;
# an input that breaks the parser is kept in ./fuzz-failures and its path printed.
set -euo pipefail
program=$1 corpus=$2 seconds=$3 seed=${4:-0}
[ -x "$program" ] || {
  echo "error: no fuzzer $program; there are:$(cd "${program%/*}" && printf ' %s' fuzz_*)" >&2
  exit 2
}
[ -n "$(ls "$corpus")" ] || {
  echo "error: $corpus holds no input to start from" >&2
  exit 2
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p fuzz-failures
"$program" -max_total_time="$seconds" -seed="$seed" -timeout=60 -rss_limit_mb=2048 -max_len=65536 \
  -artifact_prefix=fuzz-failures/ -print_final_stats=1 "$scratch" "$corpus"
