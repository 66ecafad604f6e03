// Whether a workload's pods are all ready, none of them is, or there are none.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Condition> make_workload_condition();
}  // namespace cluster
