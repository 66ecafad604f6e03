// The last 1,000 samples (83 minutes at one every five seconds), and what can be asked of them: the
// newest, those of a range, their means, and a timeline of equal steps. The memory is taken once
// and never grows. A figure that some samples lack is the mean of those that have it, and missing
// where none has.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sampling/sample.h"

namespace sampling {

inline constexpr std::size_t kSamplesKept = 1000;

/// One figure over a range.
struct FigureSummary {
  std::size_t count = 0;  // samples that have it
  double mean = 0;
  double least = 0;
  double greatest = 0;
};

/// From the first moment to before the last.
struct TimeRange {
  base::TimePoint from = base::TimePoint::min();
  base::TimePoint until = base::TimePoint::max();
};

/// Thread: one at a time.
class History {
 public:
  explicit History(std::size_t kept = kSamplesKept);

  /// Takes in a sample, and lets go of the oldest when full. Samples come in the order of their
  /// times; one that is older than the newest is refused: false.
  bool add(const Sample& sample);

  std::size_t size() const { return ring_.size(); }
  /// The newest; nothing: there is none.
  std::optional<Sample> current() const;
  /// The samples of a range, oldest first.
  std::vector<Sample> range(TimeRange range) const;
  /// The last `count` values of a figure, oldest first, without those that lack it.
  std::vector<double> recent(Figure figure, std::size_t count) const;
  /// Nothing: no sample of the range has the figure.
  std::optional<FigureSummary> summary(Figure figure, TimeRange range) const;
  /// Every figure's mean over a range, at the time of its last sample; nothing: it has no sample.
  std::optional<Sample> average(TimeRange range) const;
  /// The means of each step of a range that has samples, at the beginning of the step: never more
  /// of them than samples. A step is at least one nanosecond.
  std::vector<Sample> timeline(TimeRange range, base::Duration step) const;

 private:
  const Sample& at(std::size_t index) const;  // 0: the oldest
  std::size_t first_from(base::TimePoint when) const;
  Sample mean_of(std::size_t from, std::size_t until) const;

  std::size_t kept_;
  std::vector<Sample> ring_;  // never larger than kept_, for which it has its memory
  std::size_t oldest_ = 0;
};

}  // namespace sampling
