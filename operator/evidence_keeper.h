// Where the evidence of a drill in a cluster goes when the drill has ended: into a Secret beside
// the Drill, which outlives it, or onto a volume that is mounted in the runner's pod. Where that
// volume is full or cannot be written, a Secret has it all the same.
#pragma once

#include "aio/task.h"
#include "cluster/drill_object.h"
#include "kube/client.h"
#include "operator/drill_result.h"
#include "operator/pod_options.h"
#include "runner/state_dir.h"

namespace op {

struct KeptEvidence {
  EvidencePlace place;
  std::string problem;  // why it is not where it was to be; empty: it is
};
/// Errors: ResourceExhausted where it is more than a Secret may hold; what the server or the disk
/// says.
aio::Task<base::Result<KeptEvidence>> keep_evidence(kube::Client& client,
                                                    const cluster::DrillObject& drill,
                                                    runner::DrillDir dir, PodOptions options);

}  // namespace op
