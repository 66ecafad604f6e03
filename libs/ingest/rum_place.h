// Where browsers post their figures, and whose pages may: what a sidecar is told of it, judged in
// one place for the sidecar and for who delivers its settings. Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace ingest {

/// A path of the application's that is the sidecar's then: "/muster/rum".
/// Errors: InvalidArgument, naming the text.
base::Result<> check_rum_path(std::string_view path);

/// An origin of other pages, to the letter as browsers write it into the field Origin: scheme, host
/// and a port that the scheme does not have anyway, in lower case; "null"; or * for any. What is
/// written in another way would never be found there.
/// Errors: InvalidArgument, naming the text. Source: RFC 6454, 6.2 and 7.
base::Result<> check_rum_origin(std::string_view origin);

}  // namespace ingest
