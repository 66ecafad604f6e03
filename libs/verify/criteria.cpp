#include "verify/criteria.h"

#include <algorithm>
#include <set>

#include "verify/statistics.h"

namespace verify {
namespace {

using drill::Evidence;
using drill::LoadSample;

using Samples = std::vector<const LoadSample*>;

double millis(Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

bool worked(const LoadSample* s) {
  return s->ok;
}

Samples samples_of(const Demand& demand, const Window& window, const Evidence& evidence) {
  Samples samples;
  const std::vector<std::string>& names = evidence.load_operations;
  for (const LoadSample& s : evidence.load) {
    const bool wanted = demand.operation.empty() ||
                        (s.operation < names.size() && names[s.operation] == demand.operation);
    if (wanted && window.holds(s.intended)) samples.push_back(&s);
  }
  return samples;
}

/// Of operations that worked, where the time is known.
Measured times(const Samples& samples, const Demand& demand, bool of_the_query) {
  std::vector<double> all;
  for (const LoadSample* s : samples) {
    if (!s->ok || s->completed == kNever) continue;
    const Duration took = of_the_query ? s->service_time : s->completed - s->intended;
    if (took > Duration::zero()) all.push_back(millis(took));
  }
  const std::uint64_t n = all.size();
  return {statistic(all, demand.statistic), n};
}

Measured share(double part, const Samples& samples) {
  if (samples.empty()) return {};
  return {100.0 * part / static_cast<double>(samples.size()), samples.size()};
}

Measured satisfaction(const Samples& samples, Duration target) {
  if (target <= Duration::zero()) return {};
  double sum = 0;
  for (const LoadSample* s : samples) {
    if (!s->ok || s->completed == kNever) continue;
    const Duration took = s->completed - s->intended;
    if (took <= target) {
      sum += 1;
    } else if (took <= 4 * target) {
      sum += 0.5;
    }
  }
  return share(sum, samples);
}

/// The most good operations of the capacity stream that ended within any 3 s of the window.
Measured capacity(const Window& window, const Evidence& evidence) {
  constexpr Duration kHeld = base::seconds(3);
  std::vector<TimePoint> ends;
  for (const drill::StreamInfo& info : evidence.streams) {
    if (info.kind != drill::StreamKind::Capacity) continue;
    const auto [first, last] = std::equal_range(
        evidence.records.begin(), evidence.records.end(), drill::Record{.stream = info.id},
        [](const auto& a, const auto& b) { return a.stream < b.stream; });
    for (auto r = first; r != last; ++r) {
      const bool good =
          r->outcome == drill::Outcome::Ok && r->completed - r->scheduled <= info.deadline;
      if (good && window.holds(r->scheduled) && window.holds(r->completed)) {
        ends.push_back(r->completed);
      }
    }
  }
  std::sort(ends.begin(), ends.end());
  std::size_t most = 0;
  for (auto begin = ends.begin(), end = ends.begin(); end != ends.end(); ++end) {
    while (*end - *begin >= kHeld) ++begin;
    if (*end - window.from < kHeld) continue;
    most = std::max(most, static_cast<std::size_t>(end - begin) + 1);
  }
  if (most == 0) return {};
  return {static_cast<double>(most) / seconds(kHeld), ends.size()};
}

/// The operations of these streams that left the prober and came to an end.
template <class Each>
void operations_of(const Evidence& evidence, drill::StreamKind kind, Each each) {
  std::set<drill::StreamId> wanted;
  for (const drill::StreamInfo& info : evidence.streams) {
    if (info.kind == kind) wanted.insert(info.id);
  }
  using enum drill::Cause;
  for (const drill::Record& r : evidence.records) {
    const bool own = r.cause == NotSent || r.cause == Blocked || r.cause == Stopped;
    if (wanted.contains(r.stream) && r.completed != kNever && !own) each(r);
  }
}

Measured part_of(std::size_t part, std::size_t whole) {
  if (whole == 0) return {};
  return {100.0 * static_cast<double>(part) / static_cast<double>(whole), whole};
}

/// Of the sessions that worked before the fault, those never denied after it and good in the
/// window.
Measured sessions_kept(const Window& window, const Evidence& evidence) {
  std::set<std::pair<drill::StreamId, std::int64_t>> had, denied, good;
  operations_of(evidence, drill::StreamKind::Session, [&](const drill::Record& r) {
    if (r.value < 0) return;
    const auto key = std::pair(r.stream, r.value);
    const bool ok = r.outcome == drill::Outcome::Ok;
    if (r.completed < evidence.fault_begun) {
      if (ok) had.insert(key);
      return;
    }
    if (r.scheduled >= window.until) return;
    if (r.outcome == drill::Outcome::Fail && r.cause == drill::Cause::Rejected) denied.insert(key);
    if (ok && window.holds(r.scheduled)) good.insert(key);
  });
  const auto kept = std::count_if(had.begin(), had.end(), [&](const auto& key) {
    return good.contains(key) && !denied.contains(key);
  });
  return part_of(static_cast<std::size_t>(kept), had.size());
}

/// Of all features, those that were called in the window and never failed in it.
Measured features(const Window& window, const Evidence& evidence) {
  std::set<drill::StreamId> called, failed;
  operations_of(evidence, drill::StreamKind::Feature, [&](const drill::Record& r) {
    if (!window.holds(r.scheduled)) return;
    called.insert(r.stream);
    if (r.outcome != drill::Outcome::Ok) failed.insert(r.stream);
  });
  if (called.empty()) return {};
  const auto all =
      std::count_if(evidence.streams.begin(), evidence.streams.end(),
                    [](const auto& info) { return info.kind == drill::StreamKind::Feature; });
  return part_of(called.size() - failed.size(), static_cast<std::size_t>(all));
}

/// Response times before the fault against those of now; less than a tenth of T counts as that.
Measured recovered(const Demand& demand, const Samples& now, const Evidence& evidence, Duration t) {
  const auto baseline = evidence.phase_began.find(drill::Phase::Baseline);
  if (baseline == evidence.phase_began.end()) return {};
  const Window steady{baseline->second, evidence.fault_begun};
  const Measured before = times(samples_of(demand, steady, evidence), demand, false);
  const Measured after = times(now, demand, false);
  if (!before.value || !after.value) return {};
  const double least = millis(t) / 10;
  const double ratio = std::max(least, *before.value) / std::max(least, *after.value);
  return {100 * std::min(1.0, ratio), after.samples};
}

Measured throughput(const Demand& demand, const Samples& samples, const Window& window,
                    const Evidence& evidence) {
  // The capacity stream reads; of one operation only its users can tell.
  const Measured held = demand.operation.empty() ? capacity(window, evidence) : Measured{};
  if (samples.empty() || window.until == kNever) return held;
  const auto good = std::count_if(samples.begin(), samples.end(), worked);
  const double rate = static_cast<double>(good) / seconds(window.until - window.from);
  if (held.value ? *held.value >= rate : good == 0) return held;
  return {rate, samples.size()};
}

}  // namespace

Measured measure(const Demand& demand, const Window& window, const Evidence& evidence,
                 const Beside& beside) {
  const std::string& metric = demand.metric;
  if (metric == "ConsistencyPercent") return {beside.consistency, beside.consistency_of};
  if (!window.came()) return {};
  if (metric == "SessionContinuityPercent") return sessions_kept(window, evidence);
  if (metric == "FeaturePercent") return features(window, evidence);
  const Samples samples = samples_of(demand, window, evidence);
  if (metric == "PerformanceRecoveryPercent") {
    return recovered(demand, samples, evidence, beside.satisfied_within);
  }
  if (metric == "ApiResponseMillis") return times(samples, demand, false);
  if (metric == "QueryMillis") return times(samples, demand, true);
  if (metric == "ErrorPercent") {
    const auto failed = std::count_if(samples.begin(), samples.end(), std::not_fn(worked));
    return share(static_cast<double>(failed), samples);
  }
  if (metric == "SatisfactionPercent") return satisfaction(samples, beside.satisfied_within);
  if (metric == "RequestsPerSecond") return throughput(demand, samples, window, evidence);
  if (metric == "Users") {
    if (samples.empty()) return {};
    std::set<std::uint16_t> active;
    for (const LoadSample* s : samples) {
      if (s->ok) active.insert(s->user);
    }
    return {static_cast<double>(active.size()), samples.size()};
  }
  return {};
}

}  // namespace verify
