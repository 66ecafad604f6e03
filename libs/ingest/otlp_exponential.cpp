// Exponential histograms (ingest/otlp_build.h) in the sidecar's own bounds, to which they are
// merged as any other histogram. Source: OpenTelemetry, metrics data model, "ExponentialHistogram".
#include <algorithm>
#include <cmath>
#include <limits>

#include "ingest/otlp_build.h"

namespace ingest {

namespace {
constexpr std::int64_t kScaleMin = -10;
constexpr std::int64_t kScaleMax = 20;
constexpr std::int64_t kOffsetMax = std::numeric_limits<std::int32_t>::max();
constexpr double kCountMax = 9e15;  // whole numbers are exact below

/// b^index, from 0 to what a double holds.
double bound(std::int64_t index, std::int64_t scale) {
  const double power = std::ldexp(static_cast<double>(index), static_cast<int>(-scale));
  return std::min(std::exp2(power), std::numeric_limits<double>::max());
}

bool sensible(const OtlpExponential& sent) {
  for (const auto& number : {sent.sum, sent.min, sent.max}) {
    if (number && !std::isfinite(*number)) return false;
  }
  const auto in_range = [](const OtlpExponential::Side& side) {
    return side.offset >= -kOffsetMax && side.offset <= kOffsetMax;
  };
  return !sent.none && sent.scale >= kScaleMin && sent.scale <= kScaleMax &&
         std::isfinite(sent.zero_threshold) && sent.zero_threshold >= 0 &&
         in_range(sent.positive) && in_range(sent.negative);
}

/// What is in a Distribution, and between which bounds.
class Filling {
 public:
  void add(double lower, double upper, std::uint64_t count) {
    if (count == 0) return;
    out_.add_bucket(upper, static_cast<double>(count));
    lowest_ = any_ ? std::min(lowest_, lower) : lower;
    highest_ = any_ ? std::max(highest_, upper) : upper;
    any_ = true;
  }
  double lowest() const { return lowest_; }
  double highest() const { return highest_; }
  Distribution& out() { return out_; }

 private:
  Distribution out_;
  double lowest_ = 0, highest_ = 0;
  bool any_ = false;
};
}  // namespace

std::optional<Distribution> distribution_of(const OtlpExponential& sent) {
  if (!sensible(sent)) return std::nullopt;
  Filling filling;
  filling.add(-sent.zero_threshold, sent.zero_threshold, sent.zero_count);
  std::int64_t index = sent.positive.offset;
  for (const std::uint64_t count : sent.positive.counts) {
    filling.add(bound(index, sent.scale), bound(index + 1, sent.scale), count);
    ++index;
  }
  index = sent.negative.offset;
  for (const std::uint64_t count : sent.negative.counts) {
    filling.add(-bound(index + 1, sent.scale), -bound(index, sent.scale), count);
    ++index;
  }
  const auto claimed = static_cast<double>(sent.count);
  if (claimed > kCountMax || filling.out().count() != claimed) return std::nullopt;
  filling.out().set_sum(sent.sum.value_or(0), sent.min.value_or(filling.lowest()),
                        sent.max.value_or(filling.highest()));
  return filling.out();
}

}  // namespace ingest
