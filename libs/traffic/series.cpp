#include "traffic/series.h"

#include <algorithm>
#include <utility>

namespace traffic {

namespace {

/// One more, by the only writer.
void count_up(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

std::size_t class_of(int status) {
  return status >= 100 && status < kStatusEnd ? static_cast<std::size_t>(status / 100) : 0;
}

void keep_newer(std::optional<Exemplar>& kept, const std::optional<Exemplar>& other) {
  if (other && (!kept || other->at > kept->at)) kept = other;
}

}  // namespace

std::size_t duration_bucket(base::Duration duration) {
  const auto bound = std::lower_bound(kDurationBounds.begin(), kDurationBounds.end(), duration);
  return static_cast<std::size_t>(bound - kDurationBounds.begin());
}

Series::~Series() {
  delete exemplars_.load(std::memory_order_relaxed);
}

void Series::add(const Ended& ended) {
  sketch_.add(ended.duration);
  count_status(ended.status);
  if (ended.bytes_in != 0) count_up(bytes_in_, ended.bytes_in);
  if (ended.bytes_out != 0) count_up(bytes_out_, ended.bytes_out);
  if (ended.trace.valid()) keep_exemplar(ended);
}

void Series::count_status(int status) {
  const std::size_t status_class = class_of(status);
  if (status_class != 0) {
    const auto code = static_cast<std::uint16_t>(status);
    for (Status& place : statuses_) {
      const std::uint16_t held = place.code.load(std::memory_order_relaxed);
      if (held == code) return count_up(place.count);
      if (held != 0) continue;
      count_up(place.count);
      // The count first: a reader that sees the code sees that it was used.
      return place.code.store(code, std::memory_order_release);
    }
  }
  count_up(beyond_[status_class]);
}

void Series::keep_exemplar(const Ended& ended) {
  Exemplars* kept = exemplars_.load(std::memory_order_relaxed);
  if (kept == nullptr) {
    kept = std::make_unique<Exemplars>().release();
    exemplars_.store(kept, std::memory_order_release);
  }
  (*kept)[duration_bucket(ended.duration)].set({ended.trace, ended.duration, ended.at});
}

void SeriesSum::clear() {
  durations_.clear();
  statuses_.fill(0);
  beyond_.fill(0);
  bytes_in_ = 0;
  bytes_out_ = 0;
  exemplars_.fill(std::nullopt);
}

void SeriesSum::add(const Series& series) {
  durations_.add(series.sketch_);
  for (const Series::Status& place : series.statuses_) {
    const std::uint16_t code = place.code.load(std::memory_order_acquire);
    if (code == 0) break;
    statuses_[code] += place.count.load(std::memory_order_relaxed);
  }
  for (std::size_t at = 0; at < kStatusClasses; ++at) {
    beyond_[at] += series.beyond_[at].load(std::memory_order_relaxed);
  }
  bytes_in_ += series.bytes_in_.load(std::memory_order_relaxed);
  bytes_out_ += series.bytes_out_.load(std::memory_order_relaxed);
  const Series::Exemplars* const kept = series.exemplars_.load(std::memory_order_acquire);
  if (kept == nullptr) return;
  for (std::size_t at = 0; at < kDurationBuckets; ++at)
    keep_newer(exemplars_[at], (*kept)[at].get());
}

void SeriesSum::add(const SeriesSum& other) {
  durations_.add(other.durations_);
  for (std::size_t at = 0; at < statuses_.size(); ++at) statuses_[at] += other.statuses_[at];
  for (std::size_t at = 0; at < kStatusClasses; ++at) beyond_[at] += other.beyond_[at];
  bytes_in_ += other.bytes_in_;
  bytes_out_ += other.bytes_out_;
  for (std::size_t at = 0; at < kDurationBuckets; ++at) {
    keep_newer(exemplars_[at], other.exemplars_[at]);
  }
}

std::uint64_t SeriesSum::requests() const {
  return errors(100) + beyond_[0];
}

std::uint64_t SeriesSum::errors(int status_least) const {
  const auto least = static_cast<std::size_t>(std::clamp(status_least, 100, kStatusEnd));
  std::uint64_t count = 0;
  for (std::size_t status = least; status < statuses_.size(); ++status) count += statuses_[status];
  for (std::size_t at = 1; at < kStatusClasses; ++at) {
    if (at * 100 >= least) count += beyond_[at];
  }
  return count;
}

std::optional<double> SeriesSum::error_rate(int status_least) const {
  const std::uint64_t all = requests();
  if (all == 0) return std::nullopt;
  return static_cast<double>(errors(status_least)) / static_cast<double>(all);
}

}  // namespace traffic
