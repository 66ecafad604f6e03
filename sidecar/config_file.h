// The configuration file: a SidecarProfile, or its spec alone, in YAML. It has a field for each
// flag, and becomes flags: there is one place that judges values and knows defaults, and a flag on
// the command line wins over the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sidecar {

/// `headBytesMax: 4096` gives "--head-bytes-max=4096". `file` is only for messages.
/// Errors: InvalidArgument with all problems, each with its line: no YAML, an unknown field, a
/// value of the wrong type.
base::Result<std::vector<std::string>> flags_of_config(std::string_view text,
                                                       const std::string& file);

}  // namespace sidecar
