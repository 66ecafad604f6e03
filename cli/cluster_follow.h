// Follows one drill of a cluster to its end, over watches that are begun anew as often as it takes:
// whoever looks on misses lines when the API server is away, and never the end. Effects are in the
// callbacks of whoever asked.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "aio/task.h"
#include "cli/cluster_link.h"

namespace cli {

/// Any of them may be empty.
struct Onlooker {
  std::function<void(const cluster::DrillObject&)> on_drill;  // each version that was seen
  std::function<void(const api::Node&)> on_event;             // some of them more than once
  std::function<void(const std::string&)> on_trouble;         // once, when it begins
  std::function<bool()> had_enough;                           // nobody reads any more
};

/// The drill as it ended.
/// Errors: NotFound, also of one that is deleted meanwhile; PermissionDenied: it may not be read or
/// watched; of a server that is away only at the first look; Cancelled: had enough. Cancellation:
/// Cancelled.
aio::Task<base::Result<cluster::DrillObject>> follow(ClusterLink& link, std::string drill,
                                                     Onlooker onlooker, std::stop_token stop);

}  // namespace cli
