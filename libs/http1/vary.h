// Which fields of a request choose among the stored responses to its target (RFC 9111, 4.1): a
// cache keeps the names that a response gave and makes of every request's values a key.
#pragma once

#include <string>
#include <string_view>

#include "http1/head.h"

namespace http1 {

/// What vary_names() says of a response that no other request chooses.
inline constexpr std::string_view kVaryAlways = "*";

/// The names of all Vary fields in small letters, sorted, each once, with commas; or kVaryAlways.
std::string vary_names(const Head& response);

/// The request's values of these names, in a form that is the same only for requests which are the
/// same in all of them. A field that is missing is another value than one that is empty.
std::string vary_key(std::string_view names, const Head& request);

}  // namespace http1
