// Performance criteria (measurement.md §6), from the users' load.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/operations.h"
#include "verify/rules.h"

namespace verify {

/// [from, until) of intended starts; from >= until: it never came.
struct Window {
  TimePoint from = kNever, until = kNever;
  bool came() const { return from < until; }
  bool holds(TimePoint at) const { return at >= from && at < until; }
};

struct Measured {
  std::optional<double> value;
  std::uint64_t samples = 0;
};

/// What is not in the load: the consistency score, and T of the Apdex.
struct Beside {
  std::optional<double> consistency;
  std::uint64_t consistency_of = 0;
  Duration satisfied_within{};
};

Measured measure(const Demand& demand, const Window& window, const drill::Evidence& evidence,
                 const Beside& beside);

}  // namespace verify
