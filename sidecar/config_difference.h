// What one configuration file says that another did not, in the words of flags: for the audit log.
// Names are in front of values: an entry is cut where it is long. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sidecar {

/// Of flags as flags_of_config() gives them: "--limits; now --limits=dry-run; no more --limits=on".
/// `waiting`: flags of which it is to be said that they wait for a restart.
std::string difference_of(std::vector<std::string> before, std::vector<std::string> now,
                          const std::vector<std::string>& waiting = {});
/// Of files. One that cannot be read says nothing.
std::string difference_of(std::string_view before, std::string_view now,
                          const std::vector<std::string>& waiting = {});

}  // namespace sidecar
