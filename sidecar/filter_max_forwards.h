// Max-Forwards of OPTIONS and TRACE (RFC 9110, 7.6.2): who asks over how many hops a request goes
// has each of them count. At 0 the sidecar is the last: it answers itself, and the application
// does not see the request. Else what goes on says one less. Other methods are let be.
//
// The answer to TRACE shows the request as it came, of its fields only those that tell the way: a
// cookie or a token that somebody else put there is nobody's business behind it (9.3.8).
#pragma once

#include <memory>

#include "sidecar/filter.h"

namespace sidecar {

std::unique_ptr<Filter> make_max_forwards_filter();

}  // namespace sidecar
