// Tells the application who asks: X-Forwarded-For, -Proto and -Host, Forwarded where the client's
// side uses it already, and Via, which a gateway has to add to every request.
// Whom to believe is not decided here: appending keeps what a proxy in front has said, and what a
// client may have made up. What the sidecar itself concludes from it is the limits' matter.
// Source: RFC 7239; RFC 9110, 7.6.3.
#pragma once

#include <memory>

#include "sidecar/filter.h"
#include "sidecar/settings.h"

namespace sidecar {

std::unique_ptr<Filter> make_forwarded_filter(Forwarded how);

}  // namespace sidecar
