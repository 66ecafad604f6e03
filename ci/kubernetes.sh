#!/usr/bin/env bash
# A real Kubernetes for the tests: builds etcd, kube-apiserver, kube-controller-manager and kubectl of
# the versions that ci/kubernetes/go.mod pins, once, and prints the folder that holds them.
# KUBEBUILDER_ASSETS names a folder that is used instead, as envtest does it.
set -euo pipefail
cd "$(dirname "$0")/kubernetes"

binaries=(etcd kube-apiserver kube-controller-manager kubectl)
declare -A packages=(
  [etcd]=go.etcd.io/etcd/server/v3
  [kube-apiserver]=k8s.io/kubernetes/cmd/kube-apiserver
  [kube-controller-manager]=k8s.io/kubernetes/cmd/kube-controller-manager
  [kubectl]=k8s.io/kubernetes/cmd/kubectl
)

missing_in() {
  for binary in "${binaries[@]}"; do [ -x "$1/$binary" ] || echo "$binary"; done
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  missing=$(missing_in "$KUBEBUILDER_ASSETS" | paste -sd ' ')
  [ -z "$missing" ] || { echo "error: KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks $missing" >&2; exit 1; }
  echo "$KUBEBUILDER_ASSETS"
  exit 0
fi

version=$(sed -nE 's|.*\sk8s.io/kubernetes (v[0-9.]+).*|\1|p' go.mod)
key=$(cat go.mod go.sum | sha256sum | cut -c1-12)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/muster/kubernetes/$version-$key
if [ -z "$(missing_in "$folder")" ]; then
  echo "$folder"
  exit 0
fi

go=$(../go.sh)
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
# The version that `kubectl version` and the server tell, as Kubernetes' own build sets it.
say=k8s.io/component-base/version
flags="-s -w -X $say.gitVersion=$version -X $say.gitMajor=1 -X $say.gitMinor=$(echo "$version" | cut -d. -f2)"
for binary in $(missing_in "$folder"); do
  echo "building $binary $version (minutes, once)" >&2
  # Written beside and renamed: a build that was interrupted leaves no binary.
  CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS=-mod=readonly nice "$go" build -p "$(nproc)" -trimpath -ldflags "$flags" \
    -o "$folder/$binary.part" "${packages[$binary]}"
  mv "$folder/$binary.part" "$folder/$binary"
done
echo "$folder"
