// One record: what it says about the service, and when it says nothing.
#include <algorithm>
#include <tuple>

#include "drill/outage.h"

namespace drill {

const char* name(Sight sight) {
  switch (sight) {
    case Sight::Good: return "good";
    case Sight::Bad: return "bad";
    case Sight::Unseen: return "unseen";
  }
  return "?";
}

Duration overlap(std::span<const Stall> silences, TimePoint from, TimePoint until) {
  Duration sum{};
  auto it = std::upper_bound(silences.begin(), silences.end(), from,
                             [](TimePoint at, const Stall& stall) { return at < stall.to; });
  for (; it != silences.end() && it->from < until; ++it) {
    sum += std::min(it->to, until) - std::max(it->from, from);
  }
  return sum;
}

namespace {

/// How many connections a stream over open ones uses in turn.
std::int64_t slots_of(const StreamInfo& stream) {
  if (stream.interval <= Duration::zero()) return 1;
  const auto deadline = stream.deadline.count();
  const auto interval = stream.interval.count();
  return (deadline + interval - 1) / interval + 1;
}

/// Bad by the passing of time alone: the prober's own silence may have made it so.
bool by_time(Outcome outcome, Cause cause) {
  return outcome == Outcome::Ok || cause == Cause::Timeout || cause == Cause::ConnectTimeout ||
         cause == Cause::Stopped || cause == Cause::Blocked;
}

/// Since when its answer was awaited. A blocked one waits for the earlier one on its connection.
TimePoint awaited_since(const Record& record, const StreamInfo& stream) {
  if (record.cause != Cause::Blocked) return record.scheduled;
  return record.scheduled - slots_of(stream) * stream.interval;
}

Sight sight_of(const Record& record, const StreamInfo& stream, std::span<const Stall> silences) {
  if (record.cause == Cause::NotSent) return Sight::Unseen;
  if (record.cause == Cause::Blocked && record.completed == kNever) return Sight::Bad;
  if (record.invoked == kNever && record.cause != Cause::Blocked) return Sight::Unseen;
  if (record.completed == kNever) return Sight::Unseen;
  const bool ok = record.outcome == Outcome::Ok;
  if (ok && record.completed - record.scheduled <= stream.deadline) return Sight::Good;
  if (!by_time(record.outcome, record.cause)) return Sight::Bad;
  const TimePoint since = awaited_since(record, stream);
  const Duration silent = overlap(silences, since, record.completed);
  const bool cut_short = record.cause == Cause::Stopped;
  if (silent == Duration::zero() && !cut_short) return Sight::Bad;
  // Not-Ok at exactly D is late (the timer fired); Ok at exactly D is in time.
  const Duration waited = record.completed - since - silent;
  const bool late = ok ? waited > stream.deadline : waited >= stream.deadline;
  return late ? Sight::Bad : Sight::Unseen;
}

}  // namespace

Observation observe(const Record& record, const StreamInfo& stream,
                    std::span<const Stall> silences) {
  Observation seen;
  seen.invoked = record.invoked != kNever ? record.invoked : record.scheduled;
  seen.completed = record.completed;
  seen.outcome = record.outcome;
  seen.cause = record.cause;
  seen.sight = sight_of(record, stream, silences);
  if (record.outcome == Outcome::Ok && record.completed != kNever) {
    seen.latency = record.completed - record.scheduled;
  }
  return seen;
}

StreamView view_of(const StreamInfo& stream, std::span<const Record> records,
                   std::span<const Stall> silences) {
  StreamView view{stream, records, {}};
  view.seen.reserve(records.size());
  for (const Record& record : records) view.seen.push_back(observe(record, stream, silences));
  const auto earlier = [](const Observation& a, const Observation& b) {
    return std::tie(a.invoked, a.completed) < std::tie(b.invoked, b.completed);
  };
  if (!std::is_sorted(view.seen.begin(), view.seen.end(), earlier)) {
    std::sort(view.seen.begin(), view.seen.end(), earlier);
  }
  return view;
}

std::vector<StreamView> views_of(const Evidence& evidence, std::span<const Stall> silences) {
  std::vector<StreamView> views;
  const std::span<const Record> all = evidence.records;
  for (const StreamInfo& stream : evidence.streams) {
    const auto [first, last] =
        std::equal_range(all.begin(), all.end(), Record{.stream = stream.id},
                         [](const Record& a, const Record& b) { return a.stream < b.stream; });
    views.push_back(view_of(stream, {first, last}, silences));
  }
  return views;
}

}  // namespace drill
