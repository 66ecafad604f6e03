#!/usr/bin/env bash
# Installs the Debian 12 packages that building, testing and the demo need; `deps.sh cluster` those that a
# real Kubernetes cluster needs (ci/cluster), `deps.sh bench` the peers that only bench/ measures,
# `deps.sh browser` a browser without a window, in which the sidecar's script is tested. Does nothing, and
# needs neither root nor a network, when they are all there.
set -euo pipefail

packages=(
  # build
  make cmake ninja-build ccache pkg-config python3 python3-yaml clang-19 clang-tidy-19 clang-format-19 lld-19
  libclang-rt-19-dev g++
  # libraries
  libboost-dev libboost-system-dev libssl-dev libyaml-cpp-dev libpq-dev libgtest-dev libgmock-dev
  libbenchmark-dev nlohmann-json3-dev libspdlog-dev libfmt-dev libcli11-dev libexpected-dev
  libsqlite3-dev zlib1g-dev libcctz-dev tzdata libvalijson-dev prometheus-cpp-dev libc-ares-dev libhiredis-dev libsimdjson-dev
  libmnl-dev
  # real peers of the drills and tests
  postgresql-15 haproxy nginx-light patroni etcd-server etcd-client python3-psycopg2 python3-redis redis-server
  python3-etcd prometheus util-linux procps openssl curl iproute2 nftables faketime dnsmasq-base knot knot-dnsutils
  # shells whose completion is tested
  zsh fish
)
if [ "${1:-}" = cluster ]; then
  packages=(
    # nodes
    runc containernetworking-plugins iptables ipset nftables iproute2 conntrack util-linux openssl python3
    # images
    buildah binutils clang-19 libc6-dev make bzip2 libssl-dev ca-certificates tzdata postgresql-15
    python3.11-minimal libpython3.11-minimal libpython3.11-stdlib python3-psycopg2 python3-redis
    python3-async-timeout python3-packaging python3-deprecated python3-wrapt
  )
elif [ "${1:-}" = bench ]; then
  packages=(haproxy nginx-light prometheus-node-exporter)
elif [ "${1:-}" = browser ]; then
  packages=(chromium-headless-shell)
fi

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

. "$(dirname "$0")/root.sh"
need_root "these packages are missing: ${missing[*]}; installing them"
echo "installing: ${missing[*]}" >&2
# Debian starts a default database cluster and services on install; nothing here needs them.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
  "${sudo[@]}" chmod +x "$policy"
  made_policy=yes
fi
trap '[ -z "$made_policy" ] || "${sudo[@]}" rm -f "$policy"' EXIT
"${sudo[@]}" apt-get update -q >&2
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
