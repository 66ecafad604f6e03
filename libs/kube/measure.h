// What the parts of the runtime do, as metrics. Lifetime: the metrics outlive what is measured, and
// are not read after it is gone.
#pragma once

#include <string>

#include "kube/client.h"
#include "kube/controller.h"
#include "kube/leader_election.h"
#include "metrics/runtime_metrics.h"

namespace kube {

/// With each on_reconciled.
void measure(aio::Clock& clock, Controller& controller, metrics::RuntimeMetrics& metrics);
/// `name`: of the Lease.
void measure(LeaderElection& election, const std::string& name, metrics::RuntimeMetrics& metrics);
/// Takes on_answer.
void measure(Client& client, metrics::RuntimeMetrics& metrics);

}  // namespace kube
