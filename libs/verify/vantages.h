// The evidence of several vantages, sorted out and put on the runner's time axis (measurement.md
// §10). Written from the document: every exchange is held against every other one.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "verify/operations.h"

namespace verify {

/// Another vantage's clock against the runner's.
struct Clock {
  bool known = false;
  Duration ahead{}, unsure{};
  Duration drift{};
  std::size_t exchanges = 0;
};
Clock clock_of(const std::vector<drill::ClockExchange>& exchanges, TimePoint first, TimePoint last);

class Vantages {
 public:
  /// Lifetime: the evidence outlives it, and is what it shows where there is one vantage only.
  explicit Vantages(const drill::Evidence& evidence);

  std::size_t count() const { return clocks_.size(); }
  const Clock& clock(std::size_t k) const { return clocks_[k]; }
  std::size_t of(drill::StreamId stream) const {
    return count() == 1 ? 0 : drill::vantage_of(stream);
  }
  /// What is not known of a difference of times of these two; nothing: all of it.
  std::optional<Duration> between(std::size_t a, std::size_t b) const;
  std::optional<Duration> between(drill::StreamId a, std::size_t b) const {
    return between(of(a), b);
  }
  /// [0]: the whole drill with the runner's own records; else what that vantage measured.
  const drill::Evidence& seen_by(std::size_t k) const {
    return count() == 1 ? *evidence_ : seen_by_[k];
  }
  /// Streams, records and final reads of all.
  const drill::Evidence& all() const { return count() == 1 ? *evidence_ : all_; }

 private:
  void unite(const drill::Evidence& evidence);
  void add_instrument(std::size_t k);

  const drill::Evidence* evidence_;
  std::vector<Clock> clocks_;
  std::vector<drill::Evidence> seen_by_;
  drill::Evidence all_;
};

/// kNever stays.
TimePoint shifted(TimePoint at, Duration by);

}  // namespace verify
