#!/usr/bin/env bash
# go_programs.sh FOLDER NAME MODULE PACKAGE...: builds programs of the Go modules that FOLDER/go.mod
# pins, once, and prints the folder that holds them: NAME/VERSION-KEY in the cache, VERSION of MODULE.
# A program has the name of its package's folder; PROGRAM=PACKAGE gives it another. GO_LDFLAGS is for
# the linker; VERSION in it is replaced.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
name=$2 module=$3
shift 3

declare -A packages
programs=()
for package in "$@"; do
  program=${package%%=*}
  program=${program##*/}
  programs+=("$program")
  packages[$program]=${package#*=}
done

missing() {
  for program in "${programs[@]}"; do [ -x "$folder/$program" ] || echo "$program"; done
}

version=$(sed -nE "s,^(require)?\s+$module (v[0-9.]+).*,\2,p" go.mod | head -1)
[ -n "$version" ] || { echo "error: $PWD/go.mod does not name $module" >&2; exit 1; }
sources=$(find . -maxdepth 1 -name '*.go' | sort)
# shellcheck disable=SC2086 # no source has a blank in its name
key=$(cat go.mod go.sum $sources | sha256sum | cut -c1-12)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/muster/$name/$version-$key
if [ -z "$(missing)" ]; then
  echo "$folder"
  exit 0
fi

go=$("$here/go.sh")
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
flags="-s -w ${GO_LDFLAGS:-}"
for program in $(missing); do
  echo "building $program $version (minutes, once)" >&2
  # Written beside and renamed: a build that was interrupted leaves no program.
  CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS=-mod=readonly nice "$go" build -p "$(nproc)" -trimpath \
    -ldflags "${flags//VERSION/$version}" -o "$folder/$program.part" "${packages[$program]}"
  mv "$folder/$program.part" "$folder/$program"
done
echo "$folder"
