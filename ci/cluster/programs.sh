#!/usr/bin/env bash
# What a cluster of real nodes runs: builds it, once, and prints the folders that hold it, one a line.
# The API server's part is that of ci/kubernetes.sh; the rest is pinned beside it.
set -euo pipefail
cd "$(dirname "$0")/.."

./kubernetes.sh
minor=$(sed -nE 's|.*\sk8s.io/kubernetes v1\.([0-9]+)\..*|\1|p' kubernetes/node/go.mod)
say=k8s.io/component-base/version
GO_LDFLAGS="-X $say.gitVersion=VERSION -X $say.gitMajor=1 -X $say.gitMinor=$minor" \
  ./go_programs.sh kubernetes/node kubernetes-node k8s.io/kubernetes \
  k8s.io/kubernetes/cmd/kube-scheduler k8s.io/kubernetes/cmd/kubelet k8s.io/kubernetes/cmd/kube-proxy
containerd=github.com/containerd/containerd/v2
GO_LDFLAGS="-X $containerd/version.Version=VERSION" ./go_programs.sh kubernetes/containerd containerd "$containerd" \
  "$containerd/cmd/containerd" "$containerd/cmd/containerd-shim-runc-v2" "$containerd/cmd/ctr"
./go_programs.sh kubernetes/coredns coredns github.com/coredns/coredns coredns=.
./go_programs.sh kubernetes/policies policies github.com/cloudnativelabs/kube-router/v2 policies=.
