// Conversions between the program's times and those of the document. A double holds every
// nanosecond count up to 2^53 exactly (104 days), so seconds survive the round trip.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace report {

/// Units: seconds, exact for durations under 104 days.
double seconds_of(base::Duration duration);
base::Duration duration_of(double seconds);

/// "2026-11-21T04:42:24.123456789Z"
std::string utc_nanos(base::WallTime time);
/// The inverse; nothing when the text is not of that form or no date.
std::optional<base::WallTime> parse_utc_nanos(std::string_view text);

}  // namespace report
