// Evidence on a PersistentVolumeClaim, which no request to the API server can read: a pod of the
// drill's own image holds the volume, read-only, and a command in it prints the bundle. The pod is
// deleted again, and ends by itself where nobody is left to delete it.
#pragma once

#include <string>

#include "aio/task.h"
#include "cli/cluster_link.h"

namespace cli {

/// The pod. `runner`: the drill's own, whose image and secrets to pull it this one has. Pure.
api::Node volume_reader(const cluster::DrillObject& drill, const api::Node& runner);

/// By hand, with kubectl. Pure.
std::string how_from_volume(const cluster::DrillObject& drill);

/// The bytes of the drill's bundle. Needs the verbs create, get and delete on pods and create on
/// pods/exec in its namespace. Errors: FailedPrecondition, with the way by hand: the drill's runner
/// is gone, the pod does not start; DataLoss: no such file; what the server says.
aio::Task<base::Result<std::string>> bundle_on_volume(ClusterLink& link,
                                                      cluster::DrillObject drill);

}  // namespace cli
