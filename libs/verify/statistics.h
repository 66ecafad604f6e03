// Nearest-rank percentiles and the mean.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace verify {

/// "Mean", "P50", "P95", "P99" or "Max"; another word counts as P95, as in plans. Reorders its
/// argument. Nothing: there are no values.
std::optional<double> statistic(std::vector<double>& values, std::string_view which);

}  // namespace verify
