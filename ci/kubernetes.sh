#!/usr/bin/env bash
# kubernetes.sh [oldest]: a real Kubernetes for the tests: builds etcd, kube-apiserver,
# kube-controller-manager and kubectl of the versions that ci/kubernetes/go.mod pins (of the oldest
# that Muster supports: ci/kubernetes/oldest/go.mod), once, and prints the folder that holds them.
# KUBEBUILDER_ASSETS names a folder that is used instead, as envtest does it.
set -euo pipefail
cd "$(dirname "$0")"

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  missing=$(for binary in etcd kube-apiserver kube-controller-manager kubectl; do
    [ -x "$KUBEBUILDER_ASSETS/$binary" ] || echo "$binary"
  done | paste -sd ' ')
  [ -z "$missing" ] || { echo "error: KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks $missing" >&2; exit 1; }
  echo "$KUBEBUILDER_ASSETS"
  exit 0
fi

modules=kubernetes
case ${1:-} in
  '') ;;
  oldest) modules=kubernetes/oldest ;;
  *) echo "error: no Kubernetes '$1': oldest, or none for the newest" >&2; exit 2 ;;
esac
minor=$(sed -nE 's|.*\sk8s.io/kubernetes v1\.([0-9]+)\..*|\1|p' $modules/go.mod)
# The version that `kubectl version` and the server tell, as Kubernetes' own build sets it.
say=k8s.io/component-base/version
GO_LDFLAGS="-X $say.gitVersion=VERSION -X $say.gitMajor=1 -X $say.gitMinor=$minor" \
  exec ./go_programs.sh $modules kubernetes k8s.io/kubernetes etcd=go.etcd.io/etcd/server/v3 \
  k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager k8s.io/kubernetes/cmd/kubectl
