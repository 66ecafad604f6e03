// Condition `probe`: what a probe of the drill has shown without interruption for some seconds.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Condition> make_probe_condition();

}  // namespace targets
