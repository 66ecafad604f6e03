#!/usr/bin/env bash
# Everything that is checked without running the product: formatting, bans and norms, the layer
# law (and that it still bites), clang-tidy, scripts and data files that parse. One line per check;
# the details of a failed one follow it. All checks run, so that one run shows all that is wrong.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
scratch=$(mktemp -d)
trap 'rm -rf "$log" "$scratch"' EXIT
failed=0

# check NAME COMMAND...: the last line a check prints is its summary.
check() {
  local name=$1 start=$SECONDS
  shift
  if "$@" >"$log" 2>&1; then
    printf 'ok    %-12s %s (%d s)\n' "$name" "$(tail -n 1 "$log")" $((SECONDS - start))
  else
    failed=1
    printf 'FAIL  %-12s (%d s)\n' "$name" $((SECONDS - start))
    sed 's/^/      /' "$log"
  fi
}

sources() { git ls-files -co --exclude-standard -- "$@" | while read -r f; do [ -f "$f" ] && echo "$f"; done; }

formatting() {
  local list
  mapfile -t list < <(sources '*.h' '*.cpp')
  clang-format-19 --dry-run -Werror "${list[@]}" && echo "${#list[@]} files"
}

layers() {
  cmake --preset default --fresh >"$scratch/configure" 2>&1 || { cat "$scratch/configure"; return 1; }
  echo "no include points up or sideways"
}

# A copy of the law with one upward include: CMake has to refuse it, and to say where.
layers_bite() {
  local tree=$scratch/tree
  mkdir -p "$tree/libs/base" "$tree/libs/net" "$tree/cmake"
  cp cmake/MusterLayers.cmake "$tree/cmake/"
  printf '#include "net/http.h"\n' >"$tree/libs/base/up.cpp"
  cat >"$tree/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(law LANGUAGES NONE)
include(cmake/MusterLayers.cmake)
muster_check_includes(base ${PROJECT_SOURCE_DIR}/libs/base/up.cpp)
END
  if cmake -S "$tree" -B "$tree/build" >"$scratch/refused" 2>&1; then
    echo "CMake accepted an upward include"
    return 1
  fi
  tr -s ' \n' ' ' <"$scratch/refused" | grep -q 'up.cpp:.*may not include layer' || {
    cat "$scratch/refused"
    return 1
  }
  echo "an upward include is refused"
}

scripts() {
  local n=0 file
  while read -r file; do
    bash -n "$file" || return 1
    n=$((n + 1))
  done < <(git grep -lIE '^#!.*\b(ba)?sh\b' -- . ':!*.md'; sources '*.sh')
  echo "$n files parse"
}

data() {
  python3 - <<'END'
import json, subprocess, sys, xml.dom.minidom
listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", "*.json", "*.svg", "*.yaml", "*.yml"],
                        check=True, capture_output=True, text=True).stdout.split("\n")
# Templates of the chart are YAML only once they are rendered; its own tests do that.
paths = [p for p in listed if p and not p.startswith(("tests/corpus/", "helm/templates/"))]
bad = 0
for path in paths:
    try:
        if path.endswith((".yaml", ".yml")):
            import yaml
            with open(path, encoding="utf-8") as file:
                list(yaml.compose_all(file, Loader=yaml.SafeLoader))
        elif path.endswith(".svg"):
            xml.dom.minidom.parse(path)
        else:
            with open(path, encoding="utf-8") as file:
                json.load(file)
    except Exception as error:
        print(f"{path}: {error}")
        bad += 1
print(f"{len(paths)} JSON, YAML and SVG files parse")
sys.exit(1 if bad else 0)
END
}

check format formatting
check tidy python3 ci/tidy.py
check layers layers
check layer-law layers_bite
check mutations python3 ci/mutate.py --stale
check scripts scripts
check data data
check clang-tidy python3 ci/clang_tidy.py build/default
exit $failed
