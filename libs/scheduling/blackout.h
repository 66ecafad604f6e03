// Times at which no drill may start: month-end closing, a release freeze. A window either recurs (a
// cron expression and how long it lasts, in real seconds) or is absolute. It includes its beginning
// and not its end.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scheduling/cron.h"

namespace scheduling {

struct Blackout {
  struct Absolute {
    Instant from, to;
  };
  struct Recurring {
    Cron cron;
    Zone zone;
    Seconds length;
  };
  std::string name;
  std::variant<Absolute, Recurring> window;
};

/// The first of the windows that covers `at`; nullptr: none.
const Blackout* covering(const std::vector<Blackout>& windows, Instant at);
/// The first instant at `at` or later that no window covers; nothing within 400 days, or within
/// 2,000 windows that follow each other.
std::optional<Instant> end_of_blackout(const std::vector<Blackout>& windows, Instant at);

}  // namespace scheduling
