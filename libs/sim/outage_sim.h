// A service with scripted outages and an open-loop prober in front of it, both of arithmetic alone:
// one seed gives one service, one script, one set of records, and the truth about how long the
// service was away, against which the measurement is held. Nothing of libs/drill decides anything
// in here; only its record types are used.
//
// The service: an operation arrives a quarter of its latency after it was invoked, is worked on for
// half of it, and the answer takes the last quarter. Refuse: arrivals are refused and operations at
// work are cut off (a killed process). Error: arrivals are answered with an error, work goes on.
// Hang: nothing moves until it ends, then everything goes on. Slow: arrivals take longer, less and
// less so (cold caches).
//
// The truth is an interval where the question has no single answer: whether an operation is bad
// depends on its own latency, so the span in which users fail is known up to the spread of
// latencies. It is a point when all latencies are equal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "drill/evidence.h"

namespace sim {

using drill::Duration;
using drill::TimePoint;

enum class OutageKind : std::uint8_t { Refuse, Hang, Error, Flap, SlowStart, Silent };
const char* name(OutageKind kind);

/// One stretch of the script in which the service was not itself.
struct Stretch {
  enum class State : std::uint8_t { Refuse, Hang, Error, Silent };
  State state = State::Refuse;
  TimePoint from{}, until{};
};

enum class LatencyShape : std::uint8_t { Constant, Uniform, Spiky };

struct OutageScript {
  OutageKind kind = OutageKind::Refuse;
  std::vector<Stretch> stretches;  // in order, apart
  Duration slow_extra{};           // at the end of the last stretch, falling to zero …
  Duration slow_for{};             // … over this long
  LatencyShape shape = LatencyShape::Constant;
  Duration latency_min{}, latency_max{};  // spikes are at most latency_max
  bool pooled = false;                    // open connections, used in turn
  Duration interval{}, deadline{}, hold{};
  Duration ack_timeout{};
  TimePoint begins{}, ends{};  // of the probing
  TimePoint fault_begun{};
  std::vector<drill::Stall> stalls;  // the prober stood still
};

struct Span {
  Duration lo{}, hi{};
};
struct OutageTruth {
  Span user_visible;
  Span service;
};

/// A script drawn from the seed; stalls of the prober only if asked for.
OutageScript draw_outage(base::Random& random, OutageKind kind, bool stalls);
OutageTruth truth_of(const OutageScript& script);

/// What the prober would have recorded: one stream, kind Ledger, id 0.
drill::Evidence run_outage(const OutageScript& script, base::Random& random);

}  // namespace sim
