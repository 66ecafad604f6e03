#include "sampling/history.h"

#include <algorithm>

namespace sampling {

History::History(std::size_t kept) : kept_(std::max<std::size_t>(kept, 1)) {
  ring_.reserve(kept_);
}

bool History::add(const Sample& sample) {
  if (!ring_.empty() && sample.at < at(ring_.size() - 1).at) return false;
  if (ring_.size() < kept_) {
    ring_.push_back(sample);
    return true;
  }
  ring_[oldest_] = sample;
  oldest_ = (oldest_ + 1) % kept_;
  return true;
}

const Sample& History::at(std::size_t index) const {
  return ring_[(oldest_ + index) % ring_.size()];
}

std::size_t History::first_from(base::TimePoint when) const {
  std::size_t low = 0;
  std::size_t high = ring_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (at(middle).at < when) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<Sample> History::current() const {
  return ring_.size() > 0 ? std::optional(at(ring_.size() - 1)) : std::nullopt;
}

std::vector<Sample> History::range(TimeRange range) const {
  std::vector<Sample> out;
  const std::size_t until = first_from(range.until);
  for (std::size_t index = first_from(range.from); index < until; ++index) {
    out.push_back(at(index));
  }
  return out;
}

std::vector<double> History::recent(Figure figure, std::size_t count) const {
  std::vector<double> out;
  for (std::size_t index = ring_.size(); index > 0 && out.size() < count; --index) {
    if (const auto value = at(index - 1)[figure]) out.push_back(*value);
  }
  std::ranges::reverse(out);
  return out;
}

std::optional<FigureSummary> History::summary(Figure figure, TimeRange range) const {
  FigureSummary out;
  double sum = 0;
  const std::size_t until = first_from(range.until);
  for (std::size_t index = first_from(range.from); index < until; ++index) {
    const auto value = at(index)[figure];
    if (!value) continue;
    out.least = out.count == 0 ? *value : std::min(out.least, *value);
    out.greatest = out.count == 0 ? *value : std::max(out.greatest, *value);
    sum += *value;
    ++out.count;
  }
  if (out.count == 0) return std::nullopt;
  out.mean = sum / static_cast<double>(out.count);
  return out;
}

Sample History::mean_of(std::size_t from, std::size_t until) const {
  Sample out = at(until - 1);
  for (std::size_t number = 0; number < kFigures; ++number) {
    const auto figure = static_cast<Figure>(number);
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t index = from; index < until; ++index) {
      const auto value = at(index)[figure];
      sum += value.value_or(0);
      count += value ? 1 : 0;
    }
    out.set(figure, count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt);
  }
  return out;
}

std::optional<Sample> History::average(TimeRange range) const {
  const std::size_t from = first_from(range.from);
  const std::size_t until = first_from(range.until);
  if (from >= until) return std::nullopt;
  return mean_of(from, until);
}

std::vector<Sample> History::timeline(TimeRange range, base::Duration step) const {
  std::vector<Sample> out;
  std::size_t from = first_from(range.from);
  const std::size_t until = first_from(range.until);
  if (from >= until) return out;
  // Steps are counted from the range's beginning, or from the first sample where it has none to
  // speak of (a steady clock has nothing before its zero).
  const base::TimePoint begin = range.from < base::TimePoint{} ? at(from).at : range.from;
  step = std::max(step, base::Duration(1));
  while (from < until) {
    const std::int64_t number = (at(from).at - begin) / step;
    std::size_t end = from;
    while (end < until && (at(end).at - begin) / step == number) ++end;
    out.push_back(mean_of(from, end));
    out.back().at = begin + number * step;
    from = end;
  }
  return out;
}

}  // namespace sampling
