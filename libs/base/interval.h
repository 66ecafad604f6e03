// An interval in words, for people. It is rounded outwards, so that what is printed never claims
// more than what was measured; with as many digits as keep its width visible.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace base {

/// "12.38 – 12.43 s", "31 – 52 ms", "3 s" of one without width, "≥ 136.1 s" of one without an upper
/// end, "0 s" of nothing.
std::string interval(Duration lower, std::optional<Duration> upper);

}  // namespace base
