// Every request has an ID, and so has every answer, those that the sidecar gives itself included:
// X-Request-ID of the client where it is harmless, else one that is made here. The application gets
// it in the request.
#pragma once

#include <memory>
#include <string_view>

#include "sidecar/filter.h"

namespace sidecar {

/// 1 to 128 letters, digits and `-._~+/=:@`: what can be put into a log line, a JSON text and a
/// header as it is.
bool valid_request_id(std::string_view text);

std::unique_ptr<Filter> make_request_id_filter(std::uint64_t seed);

}  // namespace sidecar
