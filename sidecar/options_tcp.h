// What may not be set in mode tcp: what is of requests would have no effect there, and who sets it,
// such as a list of those who are denied, believes that it holds.
#pragma once

#include "base/result.h"

namespace CLI {
class App;
}

namespace sidecar {

/// `app`: what was parsed, of mode tcp. Errors: InvalidArgument, naming flag, value and field of
/// the first of api::fields_of_requests() that says something else than its default.
base::Result<> fits_tcp(const CLI::App& app);

}  // namespace sidecar
