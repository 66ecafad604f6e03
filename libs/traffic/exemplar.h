// One request as an example of a histogram's bucket: its trace, how long it took and when it ended.
// A scrape shows the last one of each bucket, which leads from a figure to a trace.
//
// Written by one thread and read by others without a lock: a reader that finds the version odd or
// changed shows no exemplar this time. A bucket gets a new one at most once a second, so that
// traffic in which every request has a trace pays for one comparison.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace traffic {

/// 16 bytes as two numbers, most significant first (W3C trace-id).
struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const TraceId&) const = default;
  /// A trace-id of zeros is none.
  bool valid() const { return (high | low) != 0; }
  /// 32 lower-case hexadecimal digits.
  std::string text() const;
};

struct Exemplar {
  TraceId trace;
  base::Duration duration{0};
  base::WallTime at{};

  bool operator==(const Exemplar&) const = default;
};

class ExemplarSlot {
 public:
  /// Keeps the exemplar, unless the one it has is less than a second older. Thread: one.
  void set(const Exemplar& exemplar);
  /// The exemplar, if there is one and it was not just being written. Thread: any.
  std::optional<Exemplar> get() const;

 private:
  std::atomic<std::uint32_t> version_{0};
  std::atomic<std::uint64_t> high_{0};
  std::atomic<std::uint64_t> low_{0};
  std::atomic<std::int64_t> nanos_{0};
  std::atomic<std::int64_t> at_{0};
};

}  // namespace traffic
