// Sends requests for the sidecar's own pages among the application's (browsers' figures, and the
// script that makes them) to the port where the main thread serves them, over the loopback and as
// if it were the application: bodies, their limits and their waiting are those of any request, and
// no core reads what browsers posted.
#pragma once

#include <memory>
#include <string>

#include "sidecar/filter.h"

namespace sidecar {

/// `path`: exactly this one, and with ".js".
std::unique_ptr<Filter> make_own_service_filter(std::string path);

}  // namespace sidecar
