// `muster-operator pod-figures`: asks kubelets for what sidecars want to know of their pods, and
// answers them. A process of its own, with an account of its own: whoever asks a kubelet shows it
// its token, and a node that was broken into must not get the operator's. This one may read pods
// and `nodes/stats`, and change nothing. Not `nodes/proxy`, with which one can exec into every pod
// of the node.
//
// Served on one port: /pods/NAMESPACE/NAME, /metrics, /healthz and /readyz.
#pragma once

#include <cstdint>
#include <string>

namespace op {

struct PodFiguresOptions {
  std::string kubeconfig;  // empty: the pod's service account, else as kubectl
  std::string listen = ":8081";
  std::uint16_t kubelet_port = 10250;
  std::string kubelet_ca_file;  // who vouches for kubelets; empty: who does for the API server
  bool kubelet_insecure = false;
  bool any_client = false;  // see FiguresBook
};

/// The program's exit code: 0 when it was asked to end, 1 when it could not begin.
int serve_pod_figures(const PodFiguresOptions& options);

}  // namespace op
