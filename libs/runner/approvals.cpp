#include "runner/approvals.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aio/file.h"
#include "api/action.h"
#include "api/problem.h"
#include "api/yaml.h"

namespace runner {

std::vector<std::string> approval_steps(const api::Node& plan) {
  std::vector<std::string> out;
  for (const char* part : {"recovery", "failback"}) {
    for (const api::Node& step : plan["spec"][part].items()) {
      if (step.has(api::kApproval)) out.push_back(step["name"].as_string());
    }
  }
  return out;
}

base::Result<> approve(const DrillDir& dir, const std::string& step) {
  TRY(const std::string text, aio::read_file(dir.plan()));
  const auto documents = api::parse_yaml(text, dir.plan());
  if (!documents || documents->empty()) {
    return base::fail(base::Code::InvalidArgument, dir.plan() + " is no plan");
  }
  const std::vector<std::string> steps = approval_steps(documents->front());
  if (std::find(steps.begin(), steps.end(), step) == steps.end()) {
    return base::fail(
        base::Code::NotFound,
        fmt::format("drill {} has no step '{}' that waits for approval; there is {}", dir.id(),
                    step, steps.empty() ? "none" : fmt::format("{}", fmt::join(steps, ", "))));
  }
  return aio::write_file_atomic(dir.approval(step), "");
}

}  // namespace runner
