#include "alert/recent.h"

#include <algorithm>
#include <cmath>

namespace alert {

bool Recent::push(double value) {
  if (!std::isfinite(value)) return false;
  if (kept_.size() == 2 * most_) {
    kept_.erase(kept_.begin(), kept_.end() - static_cast<std::ptrdiff_t>(most_));
  }
  kept_.push_back(value);
  return true;
}

std::span<const double> Recent::values() const {
  return newest(most_);
}

std::span<const double> Recent::newest(std::size_t count) const {
  const std::size_t shown = std::min({count, most_, kept_.size()});
  return std::span(kept_).last(shown);
}

}  // namespace alert
