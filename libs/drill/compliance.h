// The compliance assessment of one drill (D7): scores of 0–100, their mean, and what was violated
// how badly.
#pragma once

#include "drill/report.h"

namespace drill {

/// From the finished measurements of `report`; writes nothing into it.
Compliance comply(const Report& report);

}  // namespace drill
