// Counts every request by method, endpoint and status, with what it took and its bytes. An endpoint
// is learned at the end, when it is known how the application answered.
#pragma once

#include <memory>

#include "sidecar/filter.h"
#include "traffic/requests.h"

namespace sidecar {

/// Lifetime: both outlive the filter. Thread: `shard` is of its core.
std::unique_ptr<Filter> make_traffic_filter(traffic::Endpoints& endpoints,
                                            traffic::RequestShard& shard);

/// The trace of a sampled request by its traceparent; none: not sampled, or no valid one.
/// Source: W3C Trace Context, 3.2.
traffic::TraceId sampled_trace(std::string_view traceparent);

}  // namespace sidecar
