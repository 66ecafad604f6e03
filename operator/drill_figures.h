// The metrics of drills (D9), as a replica sees them in its copies of Drills: what the newest drill
// of a plan measured, and what happened while it looked. Every replica tells the same of the newest
// drill, also one that has just begun; counters are of what it saw happen, so that a restart counts
// nothing twice. What only a runner sees (probe latencies, steps) is in the drill's evidence.
//
// A drill's phase is told by its status once in a while: a phase is counted as long as it was seen.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/drill_object.h"
#include "drill/plan_compliance.h"
#include "metrics/drill_metrics.h"

namespace op {

class DrillFigures {
 public:
  /// Lifetime: `metrics` outlives it.
  explicit DrillFigures(metrics::DrillMetrics& metrics) : metrics_(metrics) {}

  /// A plan as it is now, with all its drills, whenever one of them changed.
  void plan(const kube::Key& plan, const drill::PlanCompliance& compliance,
            const std::vector<cluster::DrillObject>& drills, base::WallTime now);
  /// It is gone, and its series with it.
  void forget(const kube::Key& plan);

 private:
  struct Seen {
    std::string phase;
    base::WallTime since{};  // of the phase
    bool fault = false;
    bool finished = false;
    drill::SystemState state = drill::SystemState::Normal;
  };
  using Drills = std::map<std::string, Seen, std::less<>>;  // by UID

  void look(const std::string& scenario, const cluster::DrillObject& drill, Seen& seen,
            base::WallTime now);
  void tell_state();

  metrics::DrillMetrics& metrics_;
  std::map<std::string, Drills, std::less<>> plans_;
};

}  // namespace op
