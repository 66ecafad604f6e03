// What one configuration file says that another did not, in the words of flags: for the audit log.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sidecar {

/// Of flags as flags_of_config() gives them: "now --limits=dry-run; no more --limits=on".
std::string difference_of(std::vector<std::string> before, std::vector<std::string> now);
/// Of files. One that cannot be read says nothing.
std::string difference_of(std::string_view before, std::string_view now);

}  // namespace sidecar
