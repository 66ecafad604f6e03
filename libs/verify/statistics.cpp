#include "verify/statistics.h"

#include <algorithm>
#include <numeric>

namespace verify {

std::optional<double> statistic(std::vector<double>& values, std::string_view which) {
  if (values.empty()) return std::nullopt;
  const std::size_t n = values.size();
  if (which == "Mean") {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(n);
  }
  const std::size_t percent = which == "Max" ? 100 : which == "P50" ? 50 : which == "P99" ? 99 : 95;
  // Nearest rank: the smallest r with r / n >= percent / 100, in whole numbers.
  const std::size_t rank = std::max<std::size_t>(1, (percent * n + 99) / 100);
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

}  // namespace verify
