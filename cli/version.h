// What this program is, for `muster version`, reports and muster_build_info. Values come from
// CMake.
#pragma once

#include <string>

namespace cli {

std::string version();   // "0.1.0"
std::string revision();  // git commit, "-dirty" when the tree had changes; "unknown" without git
std::string compiler();  // "clang 19.1.7"
/// "muster 0.1.0 (5d1c…, clang 19.1.7)"
std::string version_line();

}  // namespace cli
