// What is written once, in Prometheus' text format 0.0.4, as OpenMetrics 1.0 has it: there a
// counter's family is named without "_total", and an empty line or a comment is an error. Pure.
// Source: OpenMetrics 1.0, "Text Format".
#pragma once

#include <string>
#include <string_view>

namespace sidecar {

/// Of whole families, without what the page ends with.
std::string to_openmetrics(std::string_view text);

}  // namespace sidecar
