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
  Samples samples;
  const std::vector<std::string>& names = evidence.load_operations;
  for (const LoadSample& s : evidence.load) {
    const bool wanted = demand.operation.empty() ||
                        (s.operation < names.size() && names[s.operation] == demand.operation);
    if (wanted && window.holds(s.intended)) samples.push_back(&s);
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
