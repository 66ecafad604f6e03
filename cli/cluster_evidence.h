// The evidence of a drill in a cluster, from where its status says that it is: a Secret (or a
// ConfigMap) beside the Drill, or a volume (cluster_volume.h).
#pragma once

#include <string>

#include "aio/task.h"
#include "cli/cluster_link.h"

namespace cli {

/// Why the drill has no evidence that can be fetched; empty: it can be. Pure.
std::string why_no_evidence(const cluster::DrillObject& drill);

/// The bytes of bundle.muster out of the object that holds it. Pure.
/// Errors: DataLoss: no such key, or no base64.
base::Result<std::string> bundle_in(const api::Node& holder, const std::string& key);

/// Errors: FailedPrecondition as why_no_evidence(); what the server says.
aio::Task<base::Result<std::string>> fetch_bundle(ClusterLink& link, cluster::DrillObject drill);

}  // namespace cli
