#include "metrics/drill_metrics.h"

#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/enum_words.h"

namespace metrics {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

// Source: requirement D9.
const Histogram::BucketBoundaries kDrillBuckets = {30, 60, 180, 300, 600, 1200, 1800};
const Histogram::BucketBoundaries kDiskBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                                  0.05,  0.1,    0.25,  0.5,  1};
const Histogram::BucketBoundaries kProbeBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                   0.1,    0.25,  0.5,    1,     2.5,  5,     10};

/// "FaultBegun" -> "fault_begun", "onset→detected" -> "onset_to_detected", "warmed up" ->
/// "warmed_up".
std::string snake(std::string_view word) {
  constexpr std::string_view kArrow = "→";
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (word.substr(i, kArrow.size()) == kArrow) {
      out += "_to_";
      i += kArrow.size() - 1;
    } else if (c >= 'A' && c <= 'Z') {
      if (!out.empty()) out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c == ' ' ? '_' : c;
    }
  }
  return out;
}

/// Every enumerator in snake case, in order.
template <class E>
std::vector<std::string> words_of() {
  std::vector<std::string> words;
  for (const std::string_view each : base::words_of<E>()) words.push_back(snake(each));
  return words;
}

template <class E>
std::string word(E value) {
  return snake(name(value));
}

double upper_seconds(const drill::Bounds& bounds) {
  return bounds.upper ? base::to_seconds(*bounds.upper) : std::numeric_limits<double>::infinity();
}

template <class Builder>
auto& family(prometheus::Registry& registry, Builder builder, const char* name, const char* help) {
  return builder.Name(name).Help(help).Register(registry);
}

}  // namespace

struct DrillMetrics::Series {
  prometheus::Registry registry;
  std::mutex mutex;  // Family::Add is dear: hot series are looked up in `hot`

  Family<Gauge>& build = gauge("muster_build_info", "The program that is running; always 1.");
  Family<Counter>& events =
      counter("muster_disaster_recovery_events_total", "Events of drills by kind.");
  Family<Histogram>& durations = histogram("muster_disaster_recovery_duration_seconds",
                                           "How long phases of drills and of outages took.");
  Family<Gauge>& state = gauge("muster_disaster_recovery_state",
                               "State of the drilled system: 1 for the one it is in.");
  Family<Gauge>& rto_ratio = gauge("muster_rto_compliance_ratio",
                                   "Share of drills that met their recovery time objective.");
  Family<Gauge>& rto_bound = gauge("muster_rto_compliance_ratio_lower_bound",
                                   "Lower 95 % confidence bound of muster_rto_compliance_ratio.");
  Family<Gauge>& rpo_ratio = gauge("muster_rpo_compliance_ratio",
                                   "Share of drills that met their recovery point objective.");
  Family<Gauge>& rpo_bound = gauge("muster_rpo_compliance_ratio_lower_bound",
                                   "Lower 95 % confidence bound of muster_rpo_compliance_ratio.");
  Family<Counter>& drills = counter("muster_drills_total", "Finished drills by verdict.");
  Family<Gauge>& rto =
      gauge("muster_drill_rto_seconds", "Bounds of the service outage the last drill measured.");
  Family<Gauge>& rto_user = gauge("muster_drill_rto_user_visible_seconds",
                                  "Bounds of the outage as users saw it in the last drill.");
  Family<Gauge>& rpo =
      gauge("muster_drill_rpo_seconds", "Bounds of the lost time the last drill measured.");
  Family<Gauge>& objective = gauge("muster_drill_objective_seconds", "What the plan demands.");
  Family<Gauge>& verdict =
      gauge("muster_drill_verdict", "Verdicts of the last drill: 1 for the one that was given.");
  Family<Gauge>& score =
      gauge("muster_drill_compliance_score_ratio", "Compliance score of the last drill, 0 to 1.");
  Family<Gauge>& finished = gauge("muster_drill_last_finished_timestamp_seconds",
                                  "When the last drill finished, in Unix time.");
  Family<Counter>& writes =
      counter("muster_ledger_writes_total", "Ledger writes by outcome: ok, fail, info (unknown).");
  Family<Counter>& lost = counter("muster_ledger_lost_writes_total",
                                  "Acknowledged ledger writes that drills found lost.");
  Family<Counter>& operations =
      counter("muster_probe_operations_total", "Probe operations by stream and outcome.");
  Family<Histogram>& latency = histogram("muster_probe_latency_seconds",
                                         "Latency of good probe operations since they were due.");

  Family<Histogram>& audit = histogram("muster_audit_write_duration_seconds",
                                       "How long writes of the audit log took until durable.");
  Family<Counter>& audit_slow =
      counter("muster_audit_slow_writes_total", "Writes of the audit log that took over 100 ms.");
  Family<Counter>& audit_lost = counter("muster_audit_lost_entries_total",
                                        "Entries of the audit log that could not be written.");

  struct Stream {
    Histogram* latency = nullptr;
    Counter* outcomes[3] = {};
  };
  std::map<std::pair<std::string, std::string>, Stream, std::less<>> hot;

  Family<Counter>& counter(const char* name, const char* help) {
    return family(registry, prometheus::BuildCounter(), name, help);
  }
  Family<Gauge>& gauge(const char* name, const char* help) {
    return family(registry, prometheus::BuildGauge(), name, help);
  }
  Family<Histogram>& histogram(const char* name, const char* help) {
    return family(registry, prometheus::BuildHistogram(), name, help);
  }

  /// Sets one series of a state set to 1 and the others to 0.
  static void one_of(Family<Gauge>& set, Labels labels, const std::string& key,
                     const std::vector<std::string>& words, const std::string& chosen) {
    for (const std::string& word : words) {
      labels[key] = word;
      set.Add(labels).Set(word == chosen ? 1 : 0);
    }
  }
  static void bounds(Family<Gauge>& to, const std::string& plan,
                     const std::optional<drill::Bounds>& value) {
    Gauge& lower = to.Add({{"scenario", plan}, {"bound", "lower"}});
    Gauge& upper = to.Add({{"scenario", plan}, {"bound", "upper"}});
    if (!value) {  // not measured: no figure, and none of the drill before
      to.Remove(&lower);
      to.Remove(&upper);
      return;
    }
    lower.Set(base::to_seconds(value->lower));
    upper.Set(upper_seconds(*value));
  }
  static void drop(Family<Gauge>& from, const Labels& labels) { from.Remove(&from.Add(labels)); }
  /// What an objective was and what came of it; one that was not asked for has neither.
  void judged(const Labels& labels, const drill::ObjectiveSummary& result) {
    const auto verdicts = words_of<drill::Verdict>();
    if (result.objective && result.verdict) {
      objective.Add(labels).Set(base::to_seconds(*result.objective));
      one_of(verdict, labels, "verdict", verdicts, word(*result.verdict));
      return;
    }
    drop(objective, labels);
    for (const std::string& each : verdicts) {
      Labels with = labels;
      with["verdict"] = each;
      drop(verdict, with);
    }
  }
  /// Every series of a plan; `more`: as Add() takes it.
  template <class Kind, class... More>
  static void forget(Family<Kind>& from, const std::string& plan, const More&... more) {
    for (const prometheus::MetricFamily& each : from.Collect()) {
      for (const prometheus::ClientMetric& one : each.metric) {
        Labels labels;
        for (const auto& label : one.label) labels.emplace(label.name, label.value);
        if (labels["scenario"] == plan) from.Remove(&from.Add(labels, more...));
      }
    }
  }
  Stream& stream(std::string_view plan, std::string_view name) {
    const std::pair<std::string, std::string> key{plan, name};
    const auto found = hot.find(key);
    if (found != hot.end()) return found->second;
    const Labels labels = {{"scenario", key.first}, {"stream", key.second}};
    Stream made;
    made.latency = &latency.Add(labels, kProbeBuckets);
    for (const auto outcome : {drill::Outcome::Ok, drill::Outcome::Fail, drill::Outcome::Info}) {
      Labels with = labels;
      with["outcome"] = word(outcome);
      made.outcomes[static_cast<std::size_t>(outcome)] = &operations.Add(with);
    }
    return hot.emplace(key, made).first->second;
  }
};

DrillMetrics::DrillMetrics(const Build& build) : series_(std::make_unique<Series>()) {
  series_->build
      .Add({{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}})
      .Set(1);
  state(drill::SystemState::Normal);
  series_->audit.Add({}, kDiskBuckets);
  series_->audit_slow.Add({});
  series_->audit_lost.Add({});
}

DrillMetrics::~DrillMetrics() = default;

void DrillMetrics::declare(std::string_view plan, bool has_rpo) {
  const std::string scenario(plan);
  Series& s = *series_;
  for (const std::string& kind : words_of<drill::TimelineEvent::Kind>()) {
    s.events.Add({{"scenario", scenario}, {"event_type", kind}});
  }
  for (const std::string& phase : words_of<drill::Phase>()) {
    s.durations.Add({{"scenario", scenario}, {"phase", phase}}, kDrillBuckets);
  }
  for (const std::string& outcome : words_of<drill::Outcome>()) {
    s.writes.Add({{"scenario", scenario}, {"outcome", outcome}});
  }
  for (const std::string& verdict : words_of<drill::Verdict>()) {
    s.drills.Add({{"scenario", scenario}, {"verdict", verdict}});
  }
  s.lost.Add({{"scenario", scenario}});
  // No drill has met anything yet. What only a drill can measure (its bounds) stays absent until
  // one has: an RTO of 0 s would be a claim.
  for (auto* ratio : {&s.rto_ratio, &s.rto_bound}) ratio->Add({{"scenario", scenario}});
  for (auto* ratio : {&s.rpo_ratio, &s.rpo_bound}) {
    if (has_rpo) ratio->Add({{"scenario", scenario}});
  }
}

void DrillMetrics::declare_stream(std::string_view plan, std::string_view stream) {
  const std::scoped_lock lock(series_->mutex);
  series_->stream(plan, stream);
}

void DrillMetrics::count(std::string_view plan, drill::TimelineEvent::Kind kind) {
  series_->events.Add({{"scenario", std::string(plan)}, {"event_type", word(kind)}}).Increment();
}

void DrillMetrics::phase_took(std::string_view plan, drill::Phase phase, drill::Duration took) {
  series_->durations.Add({{"scenario", std::string(plan)}, {"phase", word(phase)}}, kDrillBuckets)
      .Observe(base::to_seconds(took));
}

void DrillMetrics::state(drill::SystemState state) {
  Series::one_of(series_->state, {}, "state", words_of<drill::SystemState>(), word(state));
}

void DrillMetrics::probe(std::string_view plan, std::string_view stream, drill::Outcome outcome,
                         drill::Duration latency) {
  const std::scoped_lock lock(series_->mutex);
  const Series::Stream& to = series_->stream(plan, stream);
  to.outcomes[static_cast<std::size_t>(outcome)]->Increment();
  if (outcome == drill::Outcome::Ok) to.latency->Observe(base::to_seconds(latency));
}

void DrillMetrics::ledger_write(std::string_view plan, drill::Outcome outcome) {
  series_->writes.Add({{"scenario", std::string(plan)}, {"outcome", word(outcome)}}).Increment();
}

void DrillMetrics::finished(const drill::Summary& drill) {
  declare(drill.plan, drill.rpo.objective.has_value());
  ended(drill);
  newest(drill);
  // Of how much of the evidence was there only the drill itself knows.
  series_->score.Add({{"scenario", drill.plan}}).Set(drill.score / 100);
}

void DrillMetrics::ended(const drill::Summary& drill) {
  Series& s = *series_;
  s.drills.Add({{"scenario", drill.plan}, {"verdict", word(drill.verdict)}}).Increment();
  s.lost.Add({{"scenario", drill.plan}}).Increment(static_cast<double>(drill.lost.value_or(0)));
  for (const auto& phase : drill.phases) {
    if (!phase.took) continue;
    s.durations.Add({{"scenario", drill.plan}, {"phase", snake(phase.name)}}, kDrillBuckets)
        .Observe(base::to_seconds(*phase.took));
  }
}

void DrillMetrics::newest(const drill::Summary& drill) {
  Series& s = *series_;
  Series::bounds(s.rto, drill.plan, drill.rto.service);
  Series::bounds(s.rto_user, drill.plan, drill.rto.user_visible);
  Series::bounds(s.rpo, drill.plan, drill.rpo.service);
  s.judged({{"scenario", drill.plan}, {"objective", "rto"}}, drill.rto);
  s.judged({{"scenario", drill.plan}, {"objective", "rpo"}}, drill.rpo);
  Series::one_of(s.verdict, {{"scenario", drill.plan}, {"objective", "all"}}, "verdict",
                 words_of<drill::Verdict>(), word(drill.verdict));
  s.finished.Add({{"scenario", drill.plan}})
      .Set(base::to_seconds(drill.finished.time_since_epoch()));
}

void DrillMetrics::forget(std::string_view plan) {
  Series& s = *series_;
  const std::string scenario(plan);
  for (auto* gauges : {&s.rto_ratio, &s.rto_bound, &s.rpo_ratio, &s.rpo_bound, &s.rto, &s.rto_user,
                       &s.rpo, &s.objective, &s.verdict, &s.score, &s.finished}) {
    Series::forget(*gauges, scenario);
  }
  for (auto* counters : {&s.events, &s.drills, &s.writes, &s.lost}) {
    Series::forget(*counters, scenario);
  }
  Series::forget(s.durations, scenario, kDrillBuckets);
}

void DrillMetrics::audit_write(drill::Duration took, drill::Duration slow) {
  series_->audit.Add({}, kDiskBuckets).Observe(base::to_seconds(took));
  if (took > slow) series_->audit_slow.Add({}).Increment();
}

void DrillMetrics::audit_lost() {
  series_->audit_lost.Add({}).Increment();
}

void DrillMetrics::compliance(std::string_view plan, const ComplianceRatio& rto,
                              const std::optional<ComplianceRatio>& rpo) {
  const Labels scenario = {{"scenario", std::string(plan)}};
  series_->rto_ratio.Add(scenario).Set(rto.ratio);
  series_->rto_bound.Add(scenario).Set(rto.lower_bound);
  if (rpo) {
    series_->rpo_ratio.Add(scenario).Set(rpo->ratio);
    series_->rpo_bound.Add(scenario).Set(rpo->lower_bound);
    return;
  }
  Series::drop(series_->rpo_ratio, scenario);
  Series::drop(series_->rpo_bound, scenario);
}

std::string DrillMetrics::text() const {
  return prometheus::TextSerializer().Serialize(series_->registry.Collect());
}

}  // namespace metrics
