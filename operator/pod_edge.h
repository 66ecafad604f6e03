// What both programs of a drill's pods need of the cluster they are in.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task_group.h"
#include "cluster/drill_object.h"
#include "kube/client.h"
#include "net/names.h"
#include "operator/pod_options.h"
#include "runner/drill_target.h"

namespace op {

/// One line on stderr, with the time.
void say(const std::string& text);

struct PodEdge {
  kube::Config config;
  std::unique_ptr<kube::Client> client;
};
/// Errors: no configuration, or one that cannot be used.
base::Result<PodEdge> connect(aio::Clock& clock, aio::Executor executor, const PodOptions& options);

/// The name server of this machine: the first of /etc/resolv.conf, or `server`.
base::Result<std::shared_ptr<net::Names>> names_here(const aio::Clock& clock,
                                                     const std::string& server);

/// The plan that a Drill's status has. Errors: InvalidArgument with every problem.
base::Result<runner::PlanFile> plan_of(const cluster::DrillObject& drill,
                                       const targets::Catalog& catalog);

/// status.runner of this pod.
api::Node runner_node(const PodOptions& options, base::WallTime now);

}  // namespace op
