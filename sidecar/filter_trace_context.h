// W3C trace context passes through untouched, traceparent and tracestate alike. One that is not
// valid is left out together with its tracestate, as the recommendation demands. A new one is made
// by choice only: an application whose tracer decides by its parent would take the sidecar's flag
// for a decision about sampling that nobody made.
// Source: W3C Recommendation "Trace Context", 3.2 and 4.
#pragma once

#include <memory>
#include <string_view>

#include "sidecar/filter.h"

namespace sidecar {

/// Of version 00, or of a later one as far as it can be known.
bool valid_traceparent(std::string_view text);

/// `make`: a request without a valid one gets a new one, sampled.
std::unique_ptr<Filter> make_trace_context_filter(bool make, std::uint64_t seed);

}  // namespace sidecar
