// Condition `postgres`: what a client sees of an instance. An instance that cannot be asked is
// Down.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Condition> make_postgres_condition();

}  // namespace targets
