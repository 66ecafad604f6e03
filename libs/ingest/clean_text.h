// Names and texts from anybody, made such that Prometheus reads them: a metric's name, a label's
// name, a label's value. What had to change is changed the same way every time, so that the same
// input is always the same series. Source: prometheus.io/docs/instrumenting/exposition_formats
// (0.0.4), data_model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingest {

/// [a-zA-Z_:][a-zA-Z0-9_:]*, cut to `bytes_max`; every other byte becomes '_'. Empty stays empty.
std::string metric_name(std::string_view name, std::size_t bytes_max);
/// [a-zA-Z_][a-zA-Z0-9_]*; never of Prometheus' own: "le" becomes "le_", "__x" becomes "x".
std::string label_name(std::string_view name, std::size_t bytes_max);
/// Valid UTF-8 without control characters, cut between characters; what is neither becomes '?'.
std::string clean_text(std::string_view text, std::size_t bytes_max);
/// Backslash, quote and line end as the format wants them in a label's value.
std::string escaped(std::string_view value);
/// A number as the format wants it: "17", "0.25", "+Inf".
std::string number_text(double value);

/// 64 well mixed bits of a text. Source: FNV-1a, finished by splitmix64's mixer.
std::uint64_t hash_of(std::string_view text);

}  // namespace ingest
