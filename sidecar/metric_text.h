// A figure as Prometheus reads it, in the text format 0.0.4: what each writer of /metrics says of
// one. Names are whole, labels none. Pure.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace sidecar {

/// HELP and TYPE; the samples follow.
std::string metric_head(std::string_view name, std::string_view type, std::string_view help);

/// A figure with one sample.
template <class Value>
std::string metric(std::string_view name, std::string_view type, std::string_view help,
                   Value value) {
  return metric_head(name, type, help) + fmt::format("{} {}\n", name, value);
}

}  // namespace sidecar
