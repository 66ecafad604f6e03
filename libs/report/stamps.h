// Conversions between the program's times and those of the document. Below 2^21
// seconds (24 days) a double is finer than half a nanosecond, so stamps survive the round trip
// exactly.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace report {

/// Units: seconds, exact for durations under 24 days.
double seconds_of(base::Duration duration);
base::Duration duration_of(double seconds);

/// "2026-11-21T04:42:24.123456789Z"
std::string utc_nanos(base::WallTime time);
/// The inverse; nothing when the text is not of that form or no date.
std::optional<base::WallTime> parse_utc_nanos(std::string_view text);

}  // namespace report
