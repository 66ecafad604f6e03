// Two kinds of time that never mix. TimePoint is one process's steady clock: every verdict is a
// difference of two TimePoints of the same process. WallTime is for display, file names and cron.
// Neither clock has now(): reading a clock is an effect and lives in aio/clock.h, so that every
// decision takes the time as a parameter and runs in virtual time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace base {

using Duration = std::chrono::nanoseconds;

struct SteadyClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock, Duration>;
  static constexpr bool is_steady = true;
};

struct WallClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<WallClock, Duration>;
  static constexpr bool is_steady = false;
};

using TimePoint = SteadyClock::time_point;
using WallTime = WallClock::time_point;

/// A stamp that never came: an operation without completion.
inline constexpr TimePoint kNever = TimePoint::max();

constexpr Duration seconds(std::int64_t count) {
  return std::chrono::seconds(count);
}
constexpr Duration millis(std::int64_t count) {
  return std::chrono::milliseconds(count);
}
/// Units: seconds, as a floating number for display and metrics.
constexpr double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
constexpr double to_millis(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// "1.234 s", "12.3 ms", "850 µs", "5 min 03 s": three significant digits, for people.
std::string human(Duration duration);
/// RFC 3339 in UTC with milliseconds: "2026-11-21T04:42:24.123Z".
std::string rfc3339(WallTime time);
/// "20261121-044224", UTC, for names.
std::string compact_utc(WallTime time);

}  // namespace base
