// The drills of a plan that have not ended: what a slot of a schedule must not start beside, waits
// for or replaces. A copy of the cluster may be late by minutes (a watch that fell silent is not
// noticed sooner) and knows nothing then of what this operator, another replica before it or a
// person has begun; so whoever is about to start a drill asks the server.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/task.h"
#include "base/result.h"
#include "base/time.h"
#include "cluster/drill_object.h"
#include "kube/client.h"
#include "kube/store.h"

namespace op {

struct LivingDrill {
  kube::Key key;
  std::string uid, created;
  bool abort = false;  // it was asked to end already
};

std::vector<std::string> names_of(const std::vector<LivingDrill>& drills);

/// As the copy has them.
std::vector<LivingDrill> copied_drills(const kube::Store<cluster::DrillObject>& copy,
                                       const std::string& space, const std::string& plan);
/// As the server has them. Errors: what the server says.
aio::Task<base::Result<std::vector<LivingDrill>>> asked_drills(kube::Client& client,
                                                               std::string space, std::string plan,
                                                               std::stop_token stop);

/// Asks those to end that were there at `until`, if it is said; what was begun later is somebody
/// else's wish, as far as the server's clock and this one's are the same. Errors: what the server
/// says.
aio::Task<base::Result<>> abort_drills(kube::Client& client, std::vector<LivingDrill> drills,
                                       std::optional<base::WallTime> until, std::stop_token stop);

}  // namespace op
