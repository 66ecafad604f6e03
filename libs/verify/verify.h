// An auditor's look at a bundle: every figure of its report is computed again from the raw records
// and compared. This library is written from docs/measurement.md and shares with the engine the
// reader of bundles and the types of its data, and no code that computes: cmake/MusterLayers.cmake
// refuses an include of anything else of drill. A mistake would have to be made twice, in two
// shapes, to go unseen; tests/verify compares the two over thousands of drawn drills.
//
// Sentences (reasons, details) are not compared: what they say stands beside them as figures. Nor
// is `history`, which speaks of other drills.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"
#include "verify/recompute.h"

namespace verify {

/// A figure that does not follow from the records.
struct Difference {
  std::string figure;  // its place in report.json: "rto.service.upperSeconds"
  std::string reported, recomputed;
};

struct Verification {
  std::uint64_t compared = 0;  // figures
  std::vector<Difference> differences;
  /// Places of report.json that were not compared, without the numbers of list items.
  std::set<std::string> not_compared;
  Recomputed recomputed;
};

/// Errors: InvalidArgument: no plan or no report in the bundle, stamps that cannot be.
base::Result<Verification> verify(const bundle::Bundle& bundle);

/// Every value of `recomputed`, looked for in `reported`.
void compare(const api::Node& recomputed, const api::Node& reported, Verification& out);

}  // namespace verify
