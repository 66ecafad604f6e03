// When the service was away, of one stream (measurement.md §2): runs of bad operations, and the
// outages that lasted until the service held.
#pragma once

#include <optional>
#include <vector>

#include "verify/operations.h"

namespace verify {

/// An interval of lengths; no upper end: nothing bounds it.
struct Interval {
  Duration lower{};
  std::optional<Duration> upper = Duration{};
};

/// From one bad operation to another one, and what stands around them. Indices into operations.
struct Outage {
  std::size_t first = 0, last = 0;              // bad ones
  std::optional<std::size_t> good_before;       // the operation seen just before, if it was good
  std::optional<std::size_t> good_after_first;  // g1
  std::optional<std::size_t> good_after_last;   // g*, where it held
  TimePoint away_from_early{}, away_from_late{};
  TimePoint away_until{};
  std::uint64_t bad = 0;
  bool blind = false;  // the prober stood still across its beginning or its end
  Interval users, service;
};

struct Outages {
  bool steady = false;
  TimePoint steady_from{}, steady_until{};
  Duration slowest{};           // δ: of the good operations in the steady state
  Duration gap{};               // the longest between operations that say something
  std::vector<Outage> lasting;  // since the fault, each until the service held for S
  std::vector<Outage> runs;     // each run of bad operations of the whole stream
  Interval downtime;            // users', of the runs since the fault
};

struct Watch {
  Duration hold{};
  TimePoint fault = kNever;  // kNever: look at everything
  TimePoint until = kNever;
};

Outages find_outages(const Stream& stream, const Watch& watch);

}  // namespace verify
