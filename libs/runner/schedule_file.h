// A DrillSchedule as a file, joined to the plan that its slots run.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "api/action.h"
#include "api/problem.h"
#include "runner/drill_target.h"
#include "scheduling/spec.h"

namespace runner {

struct ScheduleFile {
  scheduling::Spec spec;
  std::string text;  // of the file, to see whether it was changed
  PlanChoice plan;   // with the plan's path as it is found from here
  std::string plan_name;
  std::vector<std::string> warnings;
};

/// Reads and checks a schedule together with its plan. Nothing is touched.
/// Errors: every problem of the schedule with its place; of its plan too.
tl::expected<ScheduleFile, api::Problems> read_schedule(const std::string& file,
                                                        const api::ActionCatalog& catalog,
                                                        scheduling::Instant now);

}  // namespace runner
