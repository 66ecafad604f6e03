// What the path of a Unix socket may be. Boost 1.74 throws at one that is longer than an address
// holds.
#pragma once

#include <string>

#include "base/result.h"

namespace aio {

/// Errors: InvalidArgument: it is too long.
base::Result<> check_unix_path(const std::string& path);

}  // namespace aio
