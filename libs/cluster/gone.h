// What an undo is for may be gone: somebody deleted it in the middle of the drill, or made another
// one of its name. Then nothing is to be undone in it, and the other one is not ours to touch. The
// target is told, so that the drill says so.
//
// Which object it was, the journal knows by its UID; one without a UID is of an older program, and
// means whichever has the name.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "cluster/cluster_target.h"

namespace cluster {

/// As it is now; nothing: it is gone. Errors: what the server says.
aio::Task<base::Result<std::optional<Workload>>> workload_left(ClusterTarget& target,
                                                               std::string name, std::string uid,
                                                               std::stop_token stop);
aio::Task<base::Result<std::optional<Service>>> service_left(ClusterTarget& target,
                                                             std::string name, std::string uid,
                                                             std::stop_token stop);
/// Until as many pods are ready as the workload wants, at once where it is gone or wants none.
/// Errors: Cancelled with how many are.
aio::Task<base::Result<>> until_mended(aio::Clock& clock, ClusterTarget& target, std::string name,
                                       std::string uid, std::stop_token stop);

}  // namespace cluster
