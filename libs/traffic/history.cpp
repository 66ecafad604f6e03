#include "traffic/history.h"

#include <algorithm>
#include <utility>

namespace traffic {

namespace {

constexpr std::size_t kSlicesMost = 61;
constexpr int kHealthErrors = 400;
constexpr int kServerErrors = 500;

std::uint64_t more(std::uint64_t now, std::uint64_t before) {
  return now - std::min(now, before);
}

std::vector<std::uint32_t> narrow(const std::vector<std::uint64_t>& counts) {
  std::vector<std::uint32_t> out;
  out.reserve(counts.size());
  for (const std::uint64_t count : counts) {
    out.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX)));
  }
  return out;
}

}  // namespace

bool History::sample(const SeriesSum& totals, base::TimePoint now) {
  if (last_ && now - last_->at < kSlice * 9 / 10) return false;
  Totals seen{now, totals.requests(), totals.errors(kHealthErrors), totals.errors(kServerErrors),
              totals.durations()};
  if (last_) {
    Slice slice{last_->at,
                now,
                more(seen.count, last_->count),
                more(seen.errors, last_->errors),
                more(seen.server_errors, last_->server_errors),
                {},
                {}};
    const SketchSum between = seen.durations.since(last_->durations);
    slice.total = between.total();
    if (between.count() > 0) slice.durations = narrow(between.counts());
    slices_.push_back(std::move(slice));
    while (slices_.size() > kSlicesMost || now - slices_.front().to >= kLongestWindow) {
      slices_.pop_front();
    }
  }
  last_ = std::move(seen);
  return true;
}

WindowFigures History::window(base::Duration length, base::TimePoint now) const {
  const base::TimePoint begin = now - std::min(length, kLongestWindow);
  WindowFigures figures;
  SketchSum durations;
  std::uint64_t errors = 0, server_errors = 0;
  for (const Slice& slice : slices_) {
    const bool newest = &slice == &slices_.back() && slice.to > begin;
    if (!newest && slice.from + (slice.to - slice.from) / 2 <= begin) continue;
    figures.covered += slice.to - slice.from;
    figures.count += slice.count;
    errors += slice.errors;
    server_errors += slice.server_errors;
    durations.add(slice.durations, slice.total);
  }
  if (figures.covered.count() == 0) return figures;
  const auto count = static_cast<double>(figures.count);
  figures.per_second = count / base::to_seconds(figures.covered);
  if (figures.count > 0) {
    figures.error_rate = static_cast<double>(errors) / count;
    figures.server_error_rate = static_cast<double>(server_errors) / count;
  }
  if (durations.count() > 0) {
    figures.mean = durations.mean();
    figures.p50 = durations.quantile(0.50);
    figures.p95 = durations.quantile(0.95);
    figures.p99 = durations.quantile(0.99);
  }
  return figures;
}

}  // namespace traffic
