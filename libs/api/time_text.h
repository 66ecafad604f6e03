// Times as the API server writes them: RFC 3339, whole seconds or fractions of up to nine digits,
// in UTC or with an offset. Clocks of other machines wrote them, so nothing is taken for granted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace api {

/// Nothing where the text is no time of the years 1679 to 2260.
std::optional<base::WallTime> parse_time(std::string_view text);
/// "2026-11-21T04:42:24Z", as metav1.Time is written; what is less than a second is cut off.
std::string time_text(base::WallTime time);
/// "2026-11-21T04:42:24.123456Z", as metav1.MicroTime is written.
std::string micro_time_text(base::WallTime time);

}  // namespace api
