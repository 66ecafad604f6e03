// What --request-timeout takes, as kubectl's: a number of seconds, or a duration of Go with units;
// 0 is no limit. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace cli {

/// "30", "1m30s", "500ms", "1.5h", "0". Errors: InvalidArgument.
base::Result<base::Duration> request_timeout_of(const std::string& text);

}  // namespace cli
