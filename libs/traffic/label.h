// Values of labels in the text formats of Prometheus and OpenMetrics: a backslash, a quote and a
// line feed are escaped. Both formats are UTF-8, so a byte that is no part of a valid sequence is
// replaced by U+FFFD: one bad label would cost the whole scrape.
#pragma once

#include <string>
#include <string_view>

namespace traffic {

/// Appends the value as it stands between the quotes of a label.
void append_label(std::string& out, std::string_view value);

}  // namespace traffic
