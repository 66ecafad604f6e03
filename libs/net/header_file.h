// A field of requests whose value lies in a file, as flags and profiles say it: NAME=FILE. Pure: no
// file is looked at.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace net {

/// "api-key=/run/secrets/key", taken apart. Errors: InvalidArgument, naming the text.
base::Result<std::pair<std::string, std::string>> parse_header_file(const std::string& text);

}  // namespace net
