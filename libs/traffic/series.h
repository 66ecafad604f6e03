// The figures of one method and endpoint: durations, answers by status, bytes. One core writes its
// own, any thread reads, and a reader adds up those of all cores.
//
// Statuses come from the application, so a series has room for sixteen different ones; what is
// beyond them is counted by its class ("4xx"). Error rates stay exact: both bounds in use, 400 and
// 500, are bounds of classes. A status outside 100 … 599 is of class 0 and no error.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/time.h"
#include "traffic/exemplar.h"
#include "traffic/sketch.h"

namespace traffic {

/// Upper bounds of the buckets that a histogram of durations is shown in; the last one is infinity.
inline constexpr std::array<base::Duration, 13> kDurationBounds{
    std::chrono::microseconds(1000),   std::chrono::microseconds(2500),
    std::chrono::milliseconds(5),      std::chrono::milliseconds(10),
    std::chrono::milliseconds(25),     std::chrono::milliseconds(50),
    std::chrono::milliseconds(100),    std::chrono::milliseconds(250),
    std::chrono::milliseconds(500),    std::chrono::milliseconds(1000),
    std::chrono::milliseconds(2500),   std::chrono::milliseconds(5000),
    std::chrono::milliseconds(10'000),
};
inline constexpr std::size_t kDurationBuckets = kDurationBounds.size() + 1;
/// The bucket a duration is in.
std::size_t duration_bucket(base::Duration duration);

inline constexpr std::size_t kStatusesMost = 16;
inline constexpr std::size_t kStatusClasses = 6;  // 0 is what is no status
inline constexpr int kStatusEnd = 600;

/// A request that has ended.
struct Ended {
  int status = 0;
  base::Duration duration{0};
  std::uint64_t bytes_in = 0;   // of the request
  std::uint64_t bytes_out = 0;  // of the answer
  TraceId trace;                // none: no exemplar
  base::WallTime at{};          // only with a trace
};

class Series {
 public:
  Series() = default;
  ~Series();
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

  /// Counts a request. Allocates once, for the first one with a trace. Thread: one.
  void add(const Ended& ended);

 private:
  friend class SeriesSum;
  using Exemplars = std::array<ExemplarSlot, kDurationBuckets>;
  struct Status {
    std::atomic<std::uint16_t> code{0};  // 0: not in use, and nor are those after it
    std::atomic<std::uint64_t> count{0};
  };

  void count_status(int status);
  void keep_exemplar(const Ended& ended);

  Sketch sketch_;
  std::array<Status, kStatusesMost> statuses_{};
  std::array<std::atomic<std::uint64_t>, kStatusClasses> beyond_{};  // of a class, without a place
  std::atomic<std::uint64_t> bytes_in_{0};
  std::atomic<std::uint64_t> bytes_out_{0};
  std::atomic<Exemplars*> exemplars_{nullptr};  // owned
};

/// What series hold together; used again and again by a scrape.
class SeriesSum {
 public:
  void clear();
  /// Thread: any.
  void add(const Series& series);
  void add(const SeriesSum& other);

  const SketchSum& durations() const { return durations_; }
  /// Requests by the counts of statuses, which is what errors are a share of.
  std::uint64_t requests() const;
  /// Requests that were answered with this status or a higher one; 400 and 500 are exact.
  std::uint64_t errors(int status_least) const;
  /// In [0, 1]; empty without requests.
  std::optional<double> error_rate(int status_least) const;
  std::uint64_t with_status(int status) const {
    return statuses_[static_cast<std::size_t>(status)];
  }
  /// Those of a class (4 is 4xx) that had no place of their own.
  std::uint64_t beyond(std::size_t status_class) const { return beyond_[status_class]; }
  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }
  /// The newest of a bucket.
  const std::optional<Exemplar>& exemplar(std::size_t bucket) const { return exemplars_[bucket]; }

 private:
  SketchSum durations_;
  std::array<std::uint64_t, kStatusEnd> statuses_{};
  std::array<std::uint64_t, kStatusClasses> beyond_{};
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::array<std::optional<Exemplar>, kDurationBuckets> exemplars_{};
};

}  // namespace traffic
