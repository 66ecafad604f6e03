// Compliance over the drills of this machine (D7): which drills there are, from the history and the
// folders, put to drill::assess_history() by plan and profile. Reads only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "report/plan_compliance.h"
#include "runner/state_dir.h"

namespace runner {

struct ComplianceQuery {
  std::vector<std::string> plans;  // names, or files of plans; empty: every plan with a drill
  std::string since;               // "2026-11-01", "2026-11-01T10:30:00Z", "90d", "12h"; empty: all
  std::string profile;             // empty: every profile by itself
};

struct ComplianceAnswer {
  report::ComplianceOverview overview;
  std::vector<std::string> warnings;
};

/// Errors: InvalidArgument (time, plan file), NotFound (a plan or profile without a drill).
base::Result<ComplianceAnswer> compliance_of(const StateDir& state, const ComplianceQuery& query,
                                             base::WallTime now);

/// The moment that `since` names.
/// Errors: InvalidArgument naming the text and what is understood.
base::Result<base::WallTime> parse_since(std::string_view text, base::WallTime now);

}  // namespace runner
