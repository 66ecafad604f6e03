#include "scheduling/blackout.h"

#include <algorithm>

namespace scheduling {
namespace {

constexpr Seconds kLookAhead = std::chrono::hours(24 * 400);
constexpr int kWindowsMax = 2000;  // one after the other without a gap

/// The end of the window that covers `at`, of the beginnings until `at` alone; nothing: not
/// covered.
std::optional<Instant> end_of(const Blackout::Recurring& window, Instant at) {
  const auto begin = last_within(window.cron, window.zone, at - window.length, at);
  if (!begin) return std::nullopt;
  return begin->at + window.length;
}

std::optional<Instant> end_of(const Blackout::Absolute& window, Instant at) {
  if (at < window.from || at >= window.to) return std::nullopt;
  return window.to;
}

std::optional<Instant> end_of(const Blackout& blackout, Instant at) {
  return std::visit([at](const auto& window) { return end_of(window, at); }, blackout.window);
}

}  // namespace

const Blackout* covering(const std::vector<Blackout>& windows, Instant at) {
  const auto found = std::find_if(windows.begin(), windows.end(), [at](const Blackout& window) {
    return end_of(window, at).has_value();
  });
  return found == windows.end() ? nullptr : &*found;
}

std::optional<Instant> end_of_blackout(const std::vector<Blackout>& windows, Instant at) {
  // Each step goes to the end of a window that covers where we are; windows that follow each other
  // without a gap are one.
  Instant free = at;
  for (int step = 0; step < kWindowsMax && free - at <= kLookAhead; ++step) {
    const Blackout* window = covering(windows, free);
    if (window == nullptr) return free;
    free = *end_of(*window, free);
  }
  return std::nullopt;
}

}  // namespace scheduling
