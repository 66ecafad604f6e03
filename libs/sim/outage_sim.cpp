#include "sim/outage_sim.h"

#include <algorithm>
#include <optional>

namespace sim {
namespace {

using drill::Cause;
using drill::kNever;
using drill::Outcome;
using drill::Record;
using State = Stretch::State;

constexpr Duration kLateness = std::chrono::microseconds(200);  // of the prober, at most

const Stretch* stretch_at(const OutageScript& script, TimePoint at) {
  for (const Stretch& stretch : script.stretches) {
    if (at >= stretch.from && at < stretch.until) return &stretch;
  }
  return nullptr;
}

const Stretch* next_stretch(const OutageScript& script, TimePoint after) {
  for (const Stretch& stretch : script.stretches) {
    if (stretch.from >= after) return &stretch;
  }
  return nullptr;
}

Duration slow_extra(const OutageScript& script, TimePoint arrival) {
  if (script.slow_for <= Duration::zero()) return {};
  const TimePoint from = script.stretches.back().until;
  if (arrival < from || arrival >= from + script.slow_for) return {};
  const double left = 1.0 - static_cast<double>((arrival - from).count()) /
                                static_cast<double>(script.slow_for.count());
  return Duration(static_cast<std::int64_t>(left * static_cast<double>(script.slow_extra.count())));
}

Duration draw_latency(const OutageScript& script, base::Random& random) {
  const auto between = [&](Duration low, Duration high) {
    return Duration(random.between(low.count(), high.count()));
  };
  switch (script.shape) {
    case LatencyShape::Constant: return script.latency_min;
    case LatencyShape::Uniform: return between(script.latency_min, script.latency_max);
    case LatencyShape::Spiky:
      if (random.chance(0.002)) return between(script.latency_max / 2, script.latency_max);
      return between(script.latency_min, 2 * script.latency_min);
  }
  return script.latency_min;
}

/// What became of one operation, if nobody stopped waiting for it.
struct Fate {
  TimePoint completed = kNever;
  Outcome outcome = Outcome::Ok;
  Cause cause = Cause::None;
};

Fate work(const OutageScript& script, TimePoint arrival, Duration latency) {
  Duration left = latency / 2 + slow_extra(script, arrival);
  TimePoint at = arrival;
  while (true) {
    const Stretch* next = next_stretch(script, at);
    if (next == nullptr || next->from >= at + left)
      return {at + left + latency / 4, Outcome::Ok, Cause::None};
    switch (next->state) {
      case State::Refuse: return {next->from + latency / 4, Outcome::Info, Cause::Reset};
      case State::Silent: return {kNever, Outcome::Info, Cause::Timeout};
      case State::Error: return {at + left + latency / 4, Outcome::Ok, Cause::None};
      case State::Hang: break;
    }
    left -= next->from - at;
    at = next->until;
  }
}

Fate fate_of(const OutageScript& script, TimePoint invoked, Duration latency) {
  const TimePoint arrival = invoked + latency / 4;
  const Stretch* in = stretch_at(script, arrival);
  if (in == nullptr) return work(script, arrival, latency);
  switch (in->state) {
    case State::Refuse: return {arrival + latency / 4, Outcome::Fail, Cause::Refused};
    case State::Error: return {arrival + latency / 4, Outcome::Fail, Cause::Unavailable};
    case State::Silent: return {kNever, Outcome::Info, Cause::Timeout};
    case State::Hang: return work(script, in->until, latency);
  }
  return {};
}

/// The prober: one record per due time.
class Prober {
 public:
  Prober(const OutageScript& script, base::Random& random) : script_(script), random_(random) {
    const auto slots =
        (script.deadline.count() + script.interval.count() - 1) / script.interval.count() + 1;
    if (script.pooled) busy_until_.resize(static_cast<std::size_t>(slots), TimePoint::min());
  }

  Record operate(std::uint64_t seq, TimePoint due) {
    Record record;
    record.seq = seq;
    record.scheduled = due;
    TimePoint invoked = awake(due + Duration(random_.between(0, kLateness.count())));
    if (invoked - due > std::max(2 * script_.interval, base::millis(20))) {
      record.outcome = Outcome::Fail;
      record.cause = Cause::NotSent;
      return record;
    }
    record.invoked = invoked;
    TimePoint* slot = busy_until_.empty() ? nullptr : &busy_until_[(seq - 1) % busy_until_.size()];
    if (slot != nullptr && *slot > invoked) {
      record.outcome = Outcome::Fail;
      record.cause = Cause::Blocked;
      record.completed = invoked;
      return record;
    }
    finish(record, fate_of(script_, invoked, draw_latency(script_, random_)));
    if (slot != nullptr) *slot = record.completed;
    return record;
  }

 private:
  void finish(Record& record, Fate fate) {
    const TimePoint gives_up = awake(record.scheduled + script_.ack_timeout);
    const TimePoint known = fate.completed == kNever ? kNever : awake(fate.completed);
    if (known == kNever || known > gives_up) fate = {gives_up, Outcome::Info, Cause::Timeout};
    record.outcome = fate.outcome;
    record.cause = fate.cause;
    record.completed = std::min(known, gives_up);
  }

  /// When a prober that stands still in the stalls notices what happens at `at`.
  TimePoint awake(TimePoint at) const {
    for (const drill::Stall& stall : script_.stalls) {
      if (at > stall.from && at < stall.to) return stall.to;
    }
    return at;
  }

  const OutageScript& script_;
  base::Random& random_;
  std::vector<TimePoint> busy_until_;
};

/// Added to the span of the stretches at its two ends: the least and the most.
struct Edge {
  Duration lo{}, hi{};
};

Edge part(const OutageScript& script, int quarters) {
  return {script.latency_min * quarters / 4, script.latency_max * quarters / 4};
}

/// Users fail before the first stretch begins: operations that it caught at work.
Edge begin_edge(const OutageScript& script) {
  return part(script, script.stretches.front().state == State::Error ? 1 : 3);
}

/// … and until after (hang: before) the last one ends.
Edge end_edge(const OutageScript& script) {
  const State last = script.stretches.back().state;
  const Edge arrives = part(script, 1);
  if (script.slow_for > Duration::zero()) {
    const auto slow_until = [&](Duration latency) {
      const double share = static_cast<double>((script.deadline - latency).count()) /
                           static_cast<double>(script.slow_extra.count());
      const double left = std::max(0.0, 1.0 - share);
      return Duration(
          static_cast<std::int64_t>(left * static_cast<double>(script.slow_for.count())));
    };
    Edge edge{slow_until(script.latency_min) - arrives.hi,
              slow_until(script.latency_max + kLateness) + kLateness};
    // A connection that is still busy with an operation begun D ago blocks its next one.
    if (script.pooled) {
      edge.hi += script.deadline + 2 * script.interval + script.latency_max;
      edge.hi = std::max(edge.hi, script.slow_extra + script.latency_max + kLateness);
    }
    return edge;
  }
  if (last != State::Hang) return {-arrives.hi, -arrives.lo};
  const Edge answered = part(script, 3);
  Edge edge{answered.lo - script.deadline, answered.hi - script.deadline + kLateness};
  if (script.pooled) edge.hi = answered.hi;
  return edge;
}

}  // namespace

const char* name(OutageKind kind) {
  switch (kind) {
    case OutageKind::Refuse: return "refuse";
    case OutageKind::Hang: return "hang";
    case OutageKind::Error: return "error";
    case OutageKind::Flap: return "flap";
    case OutageKind::SlowStart: return "slow start";
    case OutageKind::Silent: return "silent";
  }
  return "?";
}

OutageTruth truth_of(const OutageScript& script) {
  const Duration away = script.stretches.back().until - script.stretches.front().from;
  const Edge begin = begin_edge(script);
  const Edge end = end_edge(script);
  OutageTruth truth;
  truth.user_visible = {away + begin.lo + end.lo, away + begin.hi + end.hi};
  truth.service = {away, away};
  if (script.slow_for > Duration::zero())
    truth.service = {away + end.lo, away + end.hi + part(script, 1).hi};
  return truth;
}

drill::Evidence run_outage(const OutageScript& script, base::Random& random) {
  drill::Evidence evidence;
  drill::StreamInfo stream;
  stream.name = "sim/W";
  stream.kind = drill::StreamKind::Ledger;
  stream.interval = script.interval;
  stream.deadline = script.deadline;
  stream.decides = true;
  evidence.streams.push_back(stream);
  Prober prober(script, random);
  const auto count = static_cast<std::size_t>((script.ends - script.begins) / script.interval);
  evidence.records.reserve(count);
  TimePoint due = script.begins;
  for (std::uint64_t seq = 1; due < script.ends; ++seq, due += script.interval) {
    evidence.records.push_back(prober.operate(seq, due));
  }
  evidence.fault_begun = script.fault_begun;
  evidence.fault_effective = script.fault_begun;
  evidence.ended = script.ends;
  return evidence;
}

}  // namespace sim
