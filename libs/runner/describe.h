// A plan in words, for --dry-run: what would be broken, in which order it would be recovered, how
// it would be undone, and what would be measured. Pure.
#pragma once

#include <string>

#include "runner/drill_target.h"

namespace runner {

std::string describe(const PlanFile& file);

}  // namespace runner
