#!/usr/bin/env bash
# Prints a Go of 1.21 or newer, which fetches the version that ci/kubernetes/go.mod names by itself.
# Debian 12 has 1.19: where there is no other, its backports' Go is installed (root or sudo).
set -euo pipefail

new_enough() {
  local minor
  minor=$("$1" env GOVERSION 2>/dev/null | sed -nE 's/^go1\.([0-9]+).*/\1/p')
  [ "${minor:-0}" -ge 21 ]
}

find_go() {
  local candidate
  for candidate in "$(command -v go || true)" /usr/local/go/bin/go $(ls -d /usr/lib/go-*/bin/go 2>/dev/null | sort -Vr); do
    if [ -x "$candidate" ] && new_enough "$candidate"; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

find_go && exit 0

. "$(dirname "$0")/root.sh"
need_root "Go 1.21 or newer is missing, and installing it"
echo "installing: golang-go of Debian's backports" >&2
# From where this machine has its Debian.
debian=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -1)
[ -n "$debian" ] || { echo "error: apt knows no Debian 12 to take backports from" >&2; exit 1; }
printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports\nComponents: main\nSigned-By: %s\n' \
  "$debian" /usr/share/keyrings/debian-archive-keyring.gpg |
  "${sudo[@]}" tee /etc/apt/sources.list.d/muster-backports.sources >/dev/null
"${sudo[@]}" apt-get update -q >&2
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
  -t bookworm-backports golang-go >&2
find_go || { echo "error: the backports' Go is older than 1.21" >&2; exit 1; }
