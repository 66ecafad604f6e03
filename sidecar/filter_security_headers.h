// Response headers that make browsers careful (security_headers.h has which). One that the
// application sets itself is kept as it is, or, where that is asked for, replaced.
//
// A nonce of the policy of contents is 128 bits from the system's random numbers, drawn for each
// request. The application is told it in a header of the request, and the browser in the policy of
// its response. Only the sidecar says it: whatever a client sends that an application could take
// for that header is left out. A 304 has no policy with a nonce: the page that the browser has was
// written with the nonce of the policy that it came with, and goes on to be judged by that.
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "sidecar/filter.h"
#include "sidecar/security_headers.h"

namespace sidecar {

/// Draws 16 bytes nobody can guess.
using Nonce = std::array<unsigned char, 16>;
using DrawNonce = std::function<Nonce()>;
/// From the system, a block of random numbers at a time. Thread: one at a time.
DrawNonce system_nonces();

std::unique_ptr<Filter> make_security_headers_filter(SecurityHeaders headers,
                                                     DrawNonce draw = system_nonces());

}  // namespace sidecar
