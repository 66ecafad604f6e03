// What `kubectl muster watch` writes of a drill in a cluster: a line for each change of its status
// and for each Event about it, and what it came to. Phases and states are told by the status, which
// is never dropped, so Events about those are left out. Pure: lines are strings, the caller writes
// them.
#pragma once

#include <map>
#include <set>
#include <string>

#include "api/node.h"
#include "base/time.h"
#include "cli/options.h"
#include "cluster/drill_object.h"

namespace cli {

/// It goes no further by itself: it is finished, or could not be made whole.
bool has_ended(const cluster::DrillObject& drill);
/// As `muster drill run` exits (docs/cli.md), of one that has ended.
Exit exit_of(const cluster::DrillObject& drill);
/// Verdict, bounds against objectives, evidence, and the command that shows more.
std::string end_text(const cluster::DrillObject& drill, const std::string& program);

/// When an Event (events.k8s.io/v1) happened last.
base::WallTime event_time(const api::Node& event);

class DrillStory {
 public:
  /// What is new in the status. `now`: when it was seen.
  std::string status(const cluster::DrillObject& drill, base::WallTime now);
  /// An Event (events.k8s.io/v1) about it; empty: told already, or told by the status.
  std::string event(const api::Node& event);

 private:
  std::string line(base::WallTime at, const std::string& text) const;

  std::string phase_, state_, runner_;
  std::map<std::string, std::string> conditions_;  // type: status and reason
  std::set<std::string> problems_;
  std::map<std::string, std::int64_t> events_;  // name: how often it was told to have happened
};

}  // namespace cli
