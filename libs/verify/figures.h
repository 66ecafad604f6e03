// Figures in the words and units of report.json: seconds, null for what never came.
#pragma once

#include <optional>
#include <string>

#include "api/node.h"
#include "verify/outages.h"

namespace verify {

api::Node seconds(Duration duration);
api::Node seconds(const std::optional<Duration>& duration);
/// Seconds since the origin.
api::Node stamp(TimePoint at, TimePoint origin);
api::Node bounds(const Interval& interval);
api::Node bounds(const std::optional<Interval>& interval);
api::Node count(std::uint64_t number);
api::Node count(const std::optional<std::uint64_t>& number);
/// "2026-11-21T04:42:24.123456789Z"
std::string wall(base::WallTime at);

}  // namespace verify
