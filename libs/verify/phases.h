// Where the time of the outage went (measurement.md §3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/outages.h"
#include "verify/rules.h"
#include "verify/vantages.h"

namespace verify {

struct Part {
  std::string name;
  std::optional<Duration> took;
  std::optional<Interval> bounds;  // nothing: an end of it has no look before it
  Duration target{};
  std::optional<bool> met;
  bool out_of_order = false;
};

/// Without an outage: the redundancy that the fault took away.
std::vector<Part> phases_unseen(const drill::Evidence& evidence, const Rules& rules);
/// `streams`: of every vantage; `decider`: the one whose outage is judged, of the vantage `by`.
std::vector<Part> phases(const drill::Evidence& evidence,
                         const std::vector<std::vector<Stream>>& streams, const Stream& decider,
                         const Outage& outage, const Rules& rules, const Vantages& vantages,
                         std::size_t by);
std::vector<Part> steps(const std::vector<drill::StepRun>& runs);

}  // namespace verify
