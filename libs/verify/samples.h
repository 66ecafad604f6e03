// The drill in equal periods, from the beginning of the baseline to the end of the validation: what
// was seen in each, and in how many each demanded signal was observed (measurement.md §6).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/node.h"
#include "verify/operations.h"
#include "verify/rules.h"

namespace verify {

struct Periods {
  TimePoint from = kNever, until = kNever;
  Duration length{};
  std::size_t count = 0;  // what is left over belongs to the last one
  std::optional<std::size_t> of(TimePoint at) const;
};
Periods periods_of(const drill::Evidence& evidence, Duration length);

struct Watched {
  std::string signal;
  std::uint64_t seen = 0, samples = 0;
  double percent = 0;
  bool monitored = false;
};
std::vector<Watched> watched(const Rules& rules, const drill::Evidence& evidence,
                             const Periods& periods);

/// As `report.json` has it under `samples`.
api::Node samples(const drill::Evidence& evidence, const std::vector<Stream>& streams,
                  const Periods& periods, TimePoint origin);

}  // namespace verify
