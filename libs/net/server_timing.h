// The Server-Timing header (W3C), in which a server says what its time went into:
//   Server-Timing: cache;desc="hit, warm";dur=0.2, db;dur=12.3
// Of it the load takes the time in the database.
#pragma once

#include <string_view>

namespace net {

/// The sum of `dur` of every metric of this name; 0 where there is none, or none that is a number.
/// Units: milliseconds.
double server_timing_millis(std::string_view header, std::string_view metric);

}  // namespace net
