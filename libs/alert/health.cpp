#include "alert/health.h"

#include <utility>

namespace alert {

namespace {

/// What must not be, as a measure of 0 or 1 of which nothing above 0 is allowed.
std::optional<double> one_if(std::optional<bool> wrong) {
  return wrong ? std::optional(*wrong ? 1.0 : 0.0) : std::nullopt;
}

std::optional<bool> negated(std::optional<bool> value) {
  return value ? std::optional(!*value) : std::nullopt;
}

/// Collects issues; the number of them is the verdict.
class Judging {
 public:
  void look(const char* what, const char* unit, const Threshold& threshold,
            std::optional<double> value) {
    const Reading reading = judge(threshold, value);
    if (!reading.sampled) {
      verdict_.unmeasured.emplace_back(what);
      return;
    }
    sampled_ = true;
    if (!reading.breach) return;
    verdict_.issues.push_back(
        {what, *value, limit_of(threshold, *reading.breach), unit, *reading.breach});
  }

  Verdict end() && {
    if (sampled_) {
      const std::size_t issues = verdict_.issues.size();
      verdict_.health = issues == 0   ? Health::Healthy
                        : issues == 1 ? Health::Degraded
                                      : Health::Unhealthy;
    }
    return std::move(verdict_);
  }

 private:
  Verdict verdict_;
  bool sampled_ = false;
};

}  // namespace

const char* name(Health health) {
  switch (health) {
    case Health::Unknown: return "unknown";
    case Health::Healthy: return "healthy";
    case Health::Degraded: return "degraded";
    case Health::Unhealthy: return "unhealthy";
  }
  return "unknown";
}

int http_status(Health health) {
  return health == Health::Healthy ? 200 : 503;
}

Verdict judge_health(const Thresholds& thresholds, const Samples& samples) {
  Judging judging;
  for (std::size_t at = 0; at < kMeasures; ++at) {
    const auto measure = static_cast<Measure>(at);
    judging.look(name(measure), unit(measure), thresholds[at], samples[at]);
  }
  return std::move(judging).end();
}

Verdict judge_database(const DatabaseLimits& limits, const DatabaseSample& sample) {
  Judging judging;
  judging.look("unreachable", "", {.critical = 0}, one_if(negated(sample.answers)));
  judging.look("answer", "ms", {.warning = limits.answer_ms}, sample.answer_ms);
  judging.look("connections", "%", limits.connections, sample.connections_percent);
  judging.look("pool_exhausted", "", {.critical = 0}, sample.waiting);
  if (limits.must_be_writable) {
    judging.look("read_only", "", {.critical = 0}, one_if(negated(sample.writable)));
  }
  judging.look("replication_lag", "s", {.warning = limits.lag_seconds}, sample.lag_seconds);
  return std::move(judging).end();
}

}  // namespace alert
