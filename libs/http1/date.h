// Dates of HTTP fields (RFC 9110, 5.6.7): read in the three forms that there are, written in the
// one that is left.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace http1 {

/// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT" or "Sun Nov  6 08:49:37 1994".
/// A year of two digits is the one that ends so and is at most 50 years after `now`. What no
/// WallTime can tell (years up to 9999) is its latest or earliest. The name of the day is not
/// checked. Nothing: none of these forms, or a day that no calendar has.
std::optional<base::WallTime> parse_date(std::string_view text, base::WallTime now);

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string format_date(base::WallTime time);
/// The same as a whole line: "Date: …" with its CRLF.
std::string date_line(base::WallTime time);

}  // namespace http1
