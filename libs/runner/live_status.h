// The live status from what the engine, its story and the probes say. Pure.
#pragma once

#include <vector>

#include "api/recovery_plan.h"
#include "drill/engine.h"
#include "probes/prober.h"
#include "runner/chronicle.h"
#include "runner/status.h"

namespace runner {

struct LiveInputs {
  std::string id;
  const api::RecoveryPlan& plan;
  std::string target;
  std::int64_t pid = 0;
  base::TimePoint started{};
  base::WallTime started_wall{};
};

DrillStatus live_status(const LiveInputs& inputs, const drill::Engine& engine,
                        const Chronicle& chronicle,
                        const std::vector<probes::StreamStatus>& streams, base::TimePoint now);

}  // namespace runner
