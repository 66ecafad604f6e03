// What is asked of the API server about the pods of one drill, and asked of it: by the operator,
// and by whoever ends its drills before it goes.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "aio/task.h"
#include "base/result.h"
#include "cluster/drill_object.h"
#include "kube/client.h"
#include "operator/drill_decide.h"
#include "operator/drill_pods.h"

namespace op {

struct DrillPod {
  std::string drill_uid;
  PodState state;
};
/// Errors: InvalidArgument: not JSON.
base::Result<DrillPod> parse_drill_pod(std::string_view json);

/// It was taken and is not finished.
bool is_under_way(const cluster::DrillObject& drill);

/// Of the Drill as it was read; nothing where somebody has changed it since. Errors: what the
/// server says.
aio::Task<base::Result<>> write_members(kube::Client& client, cluster::DrillObject drill,
                                        std::vector<cluster::Member> members, std::stop_token stop);

/// Of this drill's pod in this role, now. Errors: what the server says.
aio::Task<base::Result<PodState>> ask_pod(kube::Client& client, cluster::DrillObject drill,
                                          PodRole role, std::stop_token stop);
/// Ok where it is gone already, also where another has its name. Errors: what the server says.
aio::Task<base::Result<>> remove_pod(kube::Client& client, cluster::DrillObject drill,
                                     RemovePod which, std::stop_token stop);
/// The answer: of a pod that is there already, and of one that is refused, too.
aio::Task<base::Result<kube::Reply>> create_pod(kube::Client& client, cluster::DrillObject drill,
                                                PodRole role, PodSettings settings, Avoid avoid,
                                                std::int64_t grace_seconds, std::stop_token stop);
/// Whether the namespace is being deleted, or gone. False where it may not be asked for.
aio::Task<base::Result<bool>> is_space_ending(kube::Client& client, std::string ns,
                                              std::stop_token stop);

}  // namespace op
