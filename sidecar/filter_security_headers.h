// Response headers that make browsers careful and break no page that does not know of them:
// nosniff, framing by the same origin only, referrer and permissions policies, and HSTS where the
// connection is TLS. A header that the application sets itself is never touched.
#pragma once

#include <memory>

#include "sidecar/filter.h"

namespace sidecar {

std::unique_ptr<Filter> make_security_headers_filter();

}  // namespace sidecar
