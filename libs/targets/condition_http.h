// Condition `http`: a GET is answered with the status.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Condition> make_http_condition();

}  // namespace targets
