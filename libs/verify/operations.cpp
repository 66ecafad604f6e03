#include "verify/operations.h"

#include <algorithm>
#include <initializer_list>
#include <tuple>

#include <fmt/format.h>

namespace verify {
namespace {

using drill::Cause;
using drill::Evidence;
using drill::Outcome;
using drill::Record;
using drill::Stall;
using drill::StreamInfo;

// Sums and differences of a few of these stay within 64 bits.
constexpr std::int64_t kFar = std::int64_t{1} << 59;
// 146 years since 1970.
constexpr std::int64_t kWallMax = std::int64_t{1} << 62;

bool near(Duration d) {
  return d.count() > -kFar && d.count() < kFar;
}
bool near(TimePoint at) {
  return at == kNever || near(at.time_since_epoch());
}
template <class... T>
bool all_near(T... values) {
  return (near(values) && ...);
}

bool plausible(const Record& r) {
  const bool whole = r.invoked != kNever && r.completed != kNever;
  return r.scheduled != kNever && all_near(r.scheduled, r.invoked, r.completed) &&
         (whole || r.outcome != Outcome::Ok);
}

bool plausible_outage(const drill::ReferenceOutage& o) {
  return o.began != kNever && all_near(o.began, o.length, o.uncertainty);
}
bool plausible_stall(const Stall& s) {
  return s.to != kNever && s.from <= s.to && all_near(s.from, s.to);
}
bool plausible_anchor(const drill::ClockAnchor& a) {
  const std::int64_t wall = a.wall.time_since_epoch().count();
  return a.steady != kNever && near(a.steady) && wall >= 0 && wall < kWallMax;
}
bool plausible_exchange(const drill::ClockExchange& e) {
  const auto told = [](TimePoint at) { return at != kNever && near(at); };
  return told(e.asked) && told(e.theirs) && told(e.answered);
}
bool plausible_vantage(const drill::Vantage& v) {
  return std::all_of(v.exchanges.begin(), v.exchanges.end(), plausible_exchange) &&
         std::all_of(v.reference_outages.begin(), v.reference_outages.end(), plausible_outage) &&
         std::all_of(v.stalls.begin(), v.stalls.end(), plausible_stall) &&
         std::all_of(v.anchors.begin(), v.anchors.end(), plausible_anchor);
}

bool plausible_story(const Evidence& e) {
  const auto all = [](const auto& items, auto good) {
    return std::all_of(items.begin(), items.end(), good);
  };
  const auto step = [](const drill::StepRun& s) { return all_near(s.target, s.began, s.ended); };
  return all_near(e.fault_begun, e.fault_effective, e.declared, e.decided, e.redundancy_restored,
                  e.ended) &&
         all(e.streams,
             [](const StreamInfo& s) {
               return all_near(s.interval, s.deadline) && s.interval >= Duration::zero() &&
                      s.deadline >= Duration::zero();
             }) &&
         all(e.final_reads, [](const drill::FinalRead& r) { return all_near(r.began, r.ended); }) &&
         all(e.reference_outages, plausible_outage) && all(e.stalls, plausible_stall) &&
         all(e.timeline, [](const drill::TimelineEvent& t) { return near(t.at); }) &&
         all(e.lag,
             [](const drill::LagSample& l) {
               return near(l.at) && near(l.replay_heard.value_or(Duration::zero()));
             }) &&
         all(e.looks, [](const drill::InstanceLook& l) { return near(l.at); }) &&
         all(e.pool, [](const drill::PoolSample& p) { return near(p.at); }) &&
         all(e.anchors, plausible_anchor) && all(e.vantages, plausible_vantage) &&
         all(e.steps, step) && all(e.failback, step) &&
         all(e.phase_began, [](const auto& phase) { return near(phase.second); });
}

/// The span in which a stream's timetable ran.
struct Timetable {
  TimePoint first, last;
  Duration interval;
};

std::vector<Timetable> timetables(const Evidence& evidence) {
  std::vector<Timetable> out;
  for (const StreamInfo& info : evidence.streams) {
    if (info.interval > Duration::zero()) out.push_back({kNever, TimePoint::min(), info.interval});
  }
  std::size_t next = 0;
  for (const StreamInfo& info : evidence.streams) {
    if (info.interval <= Duration::zero()) continue;
    Timetable& table = out[next++];
    const auto [first, last] = std::equal_range(
        evidence.records.begin(), evidence.records.end(), Record{.stream = info.id},
        [](const Record& a, const Record& b) { return a.stream < b.stream; });
    for (auto it = first; it != last; ++it) {
      table.first = std::min(table.first, it->scheduled);
      table.last = std::max(table.last, it->scheduled);
    }
  }
  std::erase_if(out, [](const Timetable& t) { return t.first >= t.last; });
  return out;
}

/// How much of [from, to] was silent.
Duration silent_in(std::span<const Stall> silences, TimePoint from, TimePoint to) {
  Duration sum{};
  auto it = std::partition_point(silences.begin(), silences.end(),
                                 [from](const Stall& s) { return s.to <= from; });
  for (; it != silences.end() && it->from < to; ++it) {
    sum += std::min(to, it->to) - std::max(from, it->from);
  }
  return sum;
}

/// These are bad because time passed, and time may have passed for the prober alone.
bool only_late(const Record& r) {
  switch (r.cause) {
    case Cause::Timeout:
    case Cause::ConnectTimeout:
    case Cause::Stopped:
    case Cause::Blocked: return true;
    default: return r.outcome == Outcome::Ok;
  }
}

/// A stream over open connections has ceil(D/Δ) + 1 of them; a blocked operation waits for the one
/// that used its connection last.
TimePoint waits_since(const Record& r, const StreamInfo& info) {
  if (r.cause != Cause::Blocked) return r.scheduled;
  std::int64_t connections = 1;
  if (info.interval > Duration::zero()) {
    const std::int64_t whole = info.deadline / info.interval;
    connections = whole + (whole * info.interval < info.deadline ? 1 : 0) + 1;
  }
  return r.scheduled - connections * info.interval;
}

Word word_of(const Record& r, const StreamInfo& info, std::span<const Stall> silences) {
  const bool blocked = r.cause == Cause::Blocked;
  if (r.cause == Cause::NotSent) return Word::Nothing;
  if (r.completed == kNever) return blocked ? Word::Bad : Word::Nothing;
  if (r.invoked == kNever && !blocked) return Word::Nothing;
  const bool ok = r.outcome == Outcome::Ok;
  if (ok && r.completed <= r.scheduled + info.deadline) return Word::Good;
  if (!only_late(r)) return Word::Bad;
  const TimePoint since = waits_since(r, info);
  const Duration silent = silent_in(silences, since, r.completed);
  if (silent <= Duration::zero() && r.cause != Cause::Stopped) return Word::Bad;
  const Duration waited = (r.completed - since) - silent;
  // A timer that fired at D is late; an acknowledgement at D is in time.
  const bool late = waited > info.deadline || (waited == info.deadline && !ok);
  return late ? Word::Bad : Word::Nothing;
}

}  // namespace

std::string implausible(const Evidence& evidence) {
  for (const Record& r : evidence.records) {
    if (plausible(r)) continue;
    return fmt::format(
        "operation {} of stream {} lacks a stamp that it must have, or has one "
        "that cannot be",
        r.seq, r.stream.value());
  }
  for (const drill::LoadSample& s : evidence.load) {
    if (!all_near(s.intended, s.completed, s.service_time)) {
      return "a load sample has stamps that cannot be";
    }
  }
  return plausible_story(evidence) ? "" : "a stamp or a duration beside the operations cannot be";
}

std::vector<Stall> silences(const Evidence& evidence) {
  const std::vector<Timetable> tables = timetables(evidence);
  std::vector<Stall> out;
  if (tables.empty()) return out;
  std::vector<TimePoint> life;
  life.reserve(2 * evidence.records.size());
  for (const Record& r : evidence.records) {
    if (r.cause == Cause::NotSent) continue;
    for (const TimePoint at : {r.invoked, r.completed}) {
      if (at != kNever) life.push_back(at);
    }
  }
  std::sort(life.begin(), life.end());
  Duration shortest = tables.front().interval;
  for (const Timetable& t : tables) shortest = std::min(shortest, t.interval);
  for (std::size_t i = 1; i < life.size(); ++i) {
    const TimePoint from = life[i - 1];
    const TimePoint to = life[i];
    if (to - from <= 2 * shortest) continue;
    for (const Timetable& t : tables) {
      if (from < t.first || to > t.last || to - from <= 2 * t.interval) continue;
      out.push_back({from, to});
      break;
    }
  }
  return out;
}

std::vector<Stream> streams_of(const Evidence& evidence, std::span<const Stall> silences) {
  std::vector<Stream> out;
  for (const StreamInfo& info : evidence.streams) {
    const auto [first, last] = std::equal_range(
        evidence.records.begin(), evidence.records.end(), Record{.stream = info.id},
        [](const Record& a, const Record& b) { return a.stream < b.stream; });
    Stream stream{&info, {first, last}, {}, false};
    stream.operations.reserve(stream.records.size());
    for (const Record& r : stream.records) {
      Operation op;
      op.at = r.invoked == kNever ? r.scheduled : r.invoked;
      op.done = r.completed;
      op.word = word_of(r, info, silences);
      op.record = &r;
      if (r.outcome == Outcome::Ok && r.completed != kNever) op.latency = r.completed - r.scheduled;
      stream.operations.push_back(op);
    }
    std::sort(stream.operations.begin(), stream.operations.end(),
              [](const Operation& a, const Operation& b) {
                return std::tie(a.at, a.done) < std::tie(b.at, b.done);
              });
    out.push_back(std::move(stream));
  }
  return out;
}

}  // namespace verify
