// For how long a server takes the word of a pod: for a while after it is gone, or was told to end
// and is still there. As Kubernetes has it of tokens that are bound to pods.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "api/node.h"
#include "base/time.h"
#include "sim/api_server.h"

namespace op {

class PodTokens {
 public:
  /// A pod was changed. Null: it was, or is, not there.
  void changed(const sim::ApiServer::Object& before, const sim::ApiServer::Object& after,
               base::TimePoint now) {
    const api::Node& meta = (after ? *after : *before)["metadata"];
    base::TimePoint& until =
        until_.try_emplace(meta["uid"].as_string(), base::kNever).first->second;
    if (!after) until = std::min(until, now + kKept);
    if (meta.has("deletionTimestamp")) until = std::min(until, now + kDeletedKept);
  }
  base::TimePoint until(const std::string& pod_uid) const {
    const auto until = until_.find(pod_uid);
    return until == until_.end() ? base::kNever : until->second;
  }

 private:
  /// For which a server keeps what it has found out about a token.
  static constexpr base::Duration kKept = base::seconds(10);
  /// For which the token of a pod holds that was told to end and is still there.
  static constexpr base::Duration kDeletedKept = base::seconds(60) + kKept;

  std::map<std::string, base::TimePoint> until_;  // by the pod's UID
};

}  // namespace op
