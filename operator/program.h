// The operator itself: leader election, the controllers, and what is served on one port:
//   /metrics   the controller runtime's and the drills' figures, unless they are kept from others
//   /healthz   the process works
//   /readyz    the copies are there; on a standby too, so that it can take over at once
// and on others, over TLS, what API servers ask (operator/admission.h), and the metrics for those
// who may read them (operator/metrics_server.h).
//
// A leader that loses its lease ends the process: whatever was under way ends with it, and a new
// process starts from what the cluster says.
#pragma once

#include <string>

#include "base/time.h"
#include "metrics/drill_metrics.h"
#include "operator/admission.h"
#include "operator/drill_controller.h"
#include "operator/metrics_server.h"

namespace op {

struct ProgramOptions {
  std::string kubeconfig;    // empty: the pod's service account, else as kubectl
  std::string pod, pod_uid;  // who this is, in the lease and in Events
  std::string lease_ns;      // empty: the namespace of the configuration
  bool elect = true;
  base::Duration lease = base::seconds(15);
  std::string listen = ":8080";
  ControllerSettings controllers;
  AdmissionOptions admission;
  MetricsOptions metrics;
  metrics::Build build;
};

/// The program's exit code: 0 when it was asked to end, 1 when it could not go on.
int run_operator(const ProgramOptions& options);

}  // namespace op
