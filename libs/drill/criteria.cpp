// One criterion, one window, one figure.
#include "drill/criteria.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "drill/continuity.h"

namespace drill {
namespace {

struct Measured {
  std::optional<double> value;
  std::uint64_t samples = 0;
  std::string how;  // "" or what a reader must know of it
};

bool in(const CriteriaWindow& window, TimePoint at) {
  return at >= window.from && at < window.until;
}

std::vector<const LoadSample*> samples_in(const Criterion& criterion, const CriteriaWindow& window,
                                          const Evidence& evidence) {
  std::vector<const LoadSample*> out;
  for (const LoadSample& sample : evidence.load) {
    if (!in(window, sample.intended)) continue;
    const bool known = sample.operation < evidence.load_operations.size();
    if (!criterion.operation.empty() &&
        (!known || evidence.load_operations[sample.operation] != criterion.operation)) {
      continue;
    }
    out.push_back(&sample);
  }
  return out;
}

using Samples = std::vector<const LoadSample*>;

Measured latency(const Samples& samples, Statistic statistic,
                 const std::function<Duration(const LoadSample&)>& of) {
  std::vector<double> values;
  for (const LoadSample* sample : samples) {
    if (!sample->ok || sample->completed == kNever) continue;
    const Duration took = of(*sample);
    if (took > Duration::zero()) values.push_back(base::to_millis(took));
  }
  const std::uint64_t count = values.size();
  return {statistic_of(values, statistic), count, {}};
}

/// Distinct users whose operations worked.
Measured users(const Samples& samples) {
  std::set<std::uint16_t> active;
  for (const LoadSample* sample : samples) {
    if (sample->ok) active.insert(sample->user);
  }
  if (samples.empty()) return {};
  return {static_cast<double>(active.size()), samples.size(), {}};
}

Measured errors(const Samples& samples) {
  if (samples.empty()) return {};
  const auto failed = std::count_if(samples.begin(), samples.end(),
                                    [](const LoadSample* sample) { return !sample->ok; });
  return {100.0 * static_cast<double>(failed) / static_cast<double>(samples.size()),
          samples.size(),
          {}};
}

/// 100 x Apdex: satisfied within T, tolerating within 4 T (half), frustrated or failed.
/// Source: Apdex technical specification 1.1.
Measured satisfaction(const Samples& samples, Duration target) {
  if (samples.empty() || target <= Duration::zero()) return {};
  double sum = 0;
  for (const LoadSample* sample : samples) {
    if (!sample->ok || sample->completed == kNever) continue;
    const Duration took = sample->completed - sample->intended;
    sum += took <= target ? 1.0 : took <= 4 * target ? 0.5 : 0.0;
  }
  return {100.0 * sum / static_cast<double>(samples.size()), samples.size(), {}};
}

/// The best rate that was held for this long.
constexpr Duration kHeldRate = base::seconds(3);

/// Most good operations completed in any kHeldRate of the window, per second.
Measured capacity(const CriteriaWindow& window, const Evidence& evidence) {
  std::vector<TimePoint> good;
  for (const StreamInfo& info : evidence.streams) {
    if (info.kind != StreamKind::Capacity) continue;
    for (const Record& record : evidence.records) {
      if (record.stream != info.id || record.outcome != Outcome::Ok) continue;
      if (!in(window, record.scheduled) || !in(window, record.completed)) continue;
      if (record.completed - record.scheduled <= info.deadline) good.push_back(record.completed);
    }
  }
  std::sort(good.begin(), good.end());
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    while (good[i] - good[first] >= kHeldRate) ++first;
    // A rate is only held if the whole interval lies in the window.
    if (good[i] - kHeldRate >= window.from) most = std::max(most, i - first + 1);
  }
  if (most == 0) return {};
  return {static_cast<double>(most) / base::to_seconds(kHeldRate), good.size(), "capacity stream"};
}

Measured throughput(const Criterion& criterion, const Samples& samples,
                    const CriteriaWindow& window, const Evidence& evidence) {
  // The capacity stream reads; of one operation only its users can tell.
  Measured by_capacity = criterion.operation.empty() ? capacity(window, evidence) : Measured{};
  if (samples.empty() || window.until == kNever) return by_capacity;
  const auto good = std::count_if(samples.begin(), samples.end(),
                                  [](const LoadSample* sample) { return sample->ok; });
  const double rate = static_cast<double>(good) / base::to_seconds(window.until - window.from);
  if (by_capacity.value && *by_capacity.value >= rate) return by_capacity;
  if (!by_capacity.value && good == 0) return {};
  return {rate, samples.size(), "the users' own rate"};
}

/// Below a tenth of T nobody feels a difference; without T every difference counts.
double felt(double millis, Duration apdex_target) {
  return std::max(millis, base::to_millis(apdex_target) / 10);
}

/// How much of the response times before the fault is back: 100 x before / now, at most 100.
Measured performance(const Criterion& criterion, const Samples& samples, const Evidence& evidence,
                     Duration apdex_target) {
  const auto began = evidence.phase_began.find(Phase::Baseline);
  if (began == evidence.phase_began.end()) return {};
  const auto response = [](const LoadSample& s) { return s.completed - s.intended; };
  const CriteriaWindow baseline{"baseline", began->second, evidence.fault_begun};
  const Measured before =
      latency(samples_in(criterion, baseline, evidence), criterion.statistic, response);
  const Measured now = latency(samples, criterion.statistic, response);
  if (!before.value || !now.value) return {};
  const double ratio = felt(*before.value, apdex_target) / felt(*now.value, apdex_target);
  return {100 * std::min(1.0, ratio), now.samples,
          fmt::format("{:.3g} ms before the fault, {:.3g} ms now", *before.value, *now.value)};
}

Measured measured_share(const Share& share, const char* how) {
  return {share.percent, share.of, how};
}

Measured measure(const Criterion& criterion, const CriteriaWindow& window, const Evidence& evidence,
                 const CriteriaInputs& inputs) {
  if (criterion.metric == "ConsistencyPercent") {
    return {inputs.consistency_percent, inputs.consistency_of, "writes before the recovery point"};
  }
  if (window.from >= window.until) return {};
  if (criterion.metric == "SessionContinuityPercent") {
    return measured_share(session_continuity(evidence, window.from, window.until),
                          "of the sessions had before the fault");
  }
  if (criterion.metric == "FeaturePercent") {
    return measured_share(features_working(evidence, window.from, window.until), "of all features");
  }
  const Samples samples = samples_in(criterion, window, evidence);
  if (criterion.metric == "PerformanceRecoveryPercent") {
    return performance(criterion, samples, evidence, inputs.apdex_target);
  }
  if (criterion.metric == "ApiResponseMillis") {
    return latency(samples, criterion.statistic,
                   [](const LoadSample& s) { return s.completed - s.intended; });
  }
  if (criterion.metric == "QueryMillis") {
    return latency(samples, criterion.statistic,
                   [](const LoadSample& s) { return s.service_time; });
  }
  if (criterion.metric == "Users") return users(samples);
  if (criterion.metric == "ErrorPercent") return errors(samples);
  if (criterion.metric == "SatisfactionPercent") return satisfaction(samples, inputs.apdex_target);
  if (criterion.metric == "RequestsPerSecond")
    return throughput(criterion, samples, window, evidence);
  return {};
}

bool has_statistic(const std::string& metric) {
  return metric.ends_with("Millis") || metric == "PerformanceRecoveryPercent";
}

}  // namespace

const char* name(Statistic statistic) {
  switch (statistic) {
    case Statistic::Mean: return "Mean";
    case Statistic::P50: return "P50";
    case Statistic::P95: return "P95";
    case Statistic::P99: return "P99";
    case Statistic::Max: return "Max";
  }
  return "?";
}

std::optional<double> statistic_of(std::vector<double>& values, Statistic statistic) {
  if (values.empty()) return std::nullopt;
  if (statistic == Statistic::Mean) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
  const double share = statistic == Statistic::P50   ? 0.50
                       : statistic == Statistic::P95 ? 0.95
                       : statistic == Statistic::P99 ? 0.99
                                                     : 1.0;
  // A hair less, so that 0.95 · 20, which is 19.000000000000000x, stays rank 19.
  const double exact = std::ceil(share * static_cast<double>(values.size()) - 1e-9);
  const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(exact)) - 1;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

std::string label(const CriterionResult& criterion) {
  if (criterion.operation.empty()) return criterion.metric;
  return fmt::format("{} of {}", criterion.metric, criterion.operation);
}

CriterionResult judge(const Criterion& criterion, const CriteriaWindow& window,
                      const Evidence& evidence, const CriteriaInputs& inputs) {
  const Measured measured = measure(criterion, window, evidence, inputs);
  CriterionResult out;
  out.window = window.name;
  out.metric = criterion.metric;
  out.operation = criterion.operation;
  if (has_statistic(criterion.metric)) out.statistic = name(criterion.statistic);
  out.at_most = criterion.at_most;
  out.target = criterion.target;
  out.samples = measured.samples;
  out.measured = measured.value;
  if (!measured.value) {
    out.reason = window.from >= window.until ? "NotMeasured: the window never came"
                                             : "NotMeasured: no sample";
    return out;
  }
  const bool met =
      criterion.at_most ? *measured.value <= criterion.target : *measured.value >= criterion.target;
  out.verdict = met ? Verdict::Met : Verdict::Missed;
  out.reason = fmt::format("{:.4g} against {} {:.4g}{}{}", *measured.value,
                           criterion.at_most ? "at most" : "at least", criterion.target,
                           measured.how.empty() ? "" : ", ", measured.how);
  return out;
}

}  // namespace drill
