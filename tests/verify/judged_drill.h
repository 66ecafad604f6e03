// A drawn drill with a drawn plan, judged by the engine and put into a bundle with its report: what
// the verifier is held against.
#pragma once

#include <string>

#include "bundle/bundle.h"
#include "drill/assess.h"
#include "report/json.h"
#include "sim/whole_drill.h"

namespace verify {

/// The same plan in two shapes: as the engine gets it, and as the bundle keeps it.
struct DrawnPlan {
  drill::AssessConfig config;
  api::Node document;
};

inline std::vector<drill::Criterion> draw_criteria(base::Random& random, api::Node& list) {
  constexpr std::pair<const char*, bool> kMetrics[] = {{"ApiResponseMillis", true},
                                                       {"QueryMillis", true},
                                                       {"Users", false},
                                                       {"RequestsPerSecond", false},
                                                       {"ErrorPercent", true},
                                                       {"SatisfactionPercent", false},
                                                       {"ConsistencyPercent", false},
                                                       {"RenderMillis", true},
                                                       {"FeaturePercent", false},
                                                       {"SessionContinuityPercent", false},
                                                       {"PerformanceRecoveryPercent", false}};
  constexpr drill::Statistic kStatistics[] = {drill::Statistic::Mean, drill::Statistic::P50,
                                              drill::Statistic::P95, drill::Statistic::P99,
                                              drill::Statistic::Max};
  std::vector<drill::Criterion> out;
  for (const auto& [metric, at_most] : kMetrics) {
    if (random.chance(0.3)) continue;
    drill::Criterion c;
    c.metric = metric;
    c.at_most = at_most;
    c.target = static_cast<double>(random.between(1, 100));
    c.statistic = kStatistics[random.below(5)];
    api::Node item = api::Node::map()
                         .set("metric", metric)
                         .set("statistic", drill::name(c.statistic))
                         .set(at_most ? "atMost" : "atLeast", static_cast<std::int64_t>(c.target));
    if (random.chance(0.2)) {
      c.operation = "write";
      item.set("operation", "write");
    }
    if (c.target > 90) {
      c.target += 0.9;
      item.set(at_most ? "atMost" : "atLeast", std::to_string(static_cast<int>(c.target)) + ".9");
    }
    list.push(std::move(item));
    out.push_back(std::move(c));
  }
  return out;
}

inline api::Node draw_targets(base::Random& random, drill::AssessConfig& config) {
  api::Node targets = api::Node::map();
  constexpr std::pair<const char*, const char*> kMoments[] = {
      {"detected", "detectedMillis"},   {"decided", "decidedMillis"},
      {"promoted", "promotedMillis"},   {"redirected", "redirectedMillis"},
      {"sustained", "sustainedMillis"}, {"redundancyRestored", "redundancyMillis"}};
  for (const auto& [moment, field] : kMoments) {
    if (random.chance(0.5)) continue;
    const std::int64_t millis = random.between(0, 400);
    targets.set(field, millis);
    if (millis > 0) config.phase_targets[moment] = base::millis(millis);
  }
  return targets;
}

inline DrawnPlan draw_plan(base::Random& random, const drill::Evidence& evidence) {
  DrawnPlan out;
  drill::AssessConfig& config = out.config;
  config.plan = "database-failover";
  config.failure_type = "DatabasePrimaryFailure";
  config.description = "it dies";
  config.mode = random.chance(0.5) ? "Observe" : "Orchestrate";
  config.plan_yaml = "plan: \"p\"\n";
  const std::int64_t rto = random.between(1, 3), rpo = random.between(1, 2);
  config.rto = base::seconds(rto);
  // Earlier plans state an RPO that no ledger measures.
  const bool ledger = random.chance(0.9);
  const bool stated = random.chance(0.9);
  if (ledger && stated) config.rpo = base::seconds(rpo);
  config.zero_point = static_cast<drill::ZeroPoint>(random.below(4));
  config.hold = base::seconds(1);
  config.sample = base::seconds(random.between(1, 2));
  if (random.chance(0.4)) {
    for (const drill::StreamInfo& info : evidence.streams) {
      if (random.chance(0.3)) config.deciding.push_back(info.name);
    }
  }
  api::Node targets = draw_targets(random, config);
  api::Node degraded = api::Node::sequence(), validation = api::Node::sequence();
  config.degraded = draw_criteria(random, degraded);
  config.validation = draw_criteria(random, validation);
  if (random.chance(0.5)) {
    config.monitoring = {"DatabaseConnectivity",
                         "ReplicationLag",
                         "Consistency",
                         "PoolHealth",
                         "QueryPerformance",
                         "HealthChecks",
                         "Dns",
                         "SessionContinuity",
                         "StartUp",
                         "NoSuchSignal"};
  }
  api::Node objectives = api::Node::map()
                             .set("rtoSeconds", rto)
                             .set("zeroPoint", drill::name(config.zero_point))
                             .set("decidedBy", api::Node::strings(config.deciding));
  if (stated) objectives.set("rpoSeconds", rpo);
  api::Node probe = api::Node::map().set("name", "orders");
  probe.set(ledger ? "postgres" : "tcp", api::Node::map());
  out.document =
      api::Node::map()
          .set("metadata", api::Node::map().set("name", config.plan))
          .set("spec",
               api::Node::map()
                   .set("failureType", config.failure_type)
                   .set("description", config.description)
                   .set("failover", config.mode)
                   .set("objectives", std::move(objectives))
                   .set("probes", api::Node::sequence({probe}))
                   .set("timing", api::Node::map()
                                      .set("holdSeconds", 1)
                                      .set("sampleSeconds", config.sample / base::seconds(1)))
                   .set("phaseTargets", std::move(targets))
                   .set("criteria", api::Node::map()
                                        .set("degraded", std::move(degraded))
                                        .set("validation", std::move(validation)))
                   .set("monitoring", api::Node::strings(config.monitoring)));
  api::Node compared = out.document["spec"];
  compared.erase("description");
  config.spec_digest = crypto::hex(crypto::sha256(api::to_json(compared)));
  return out;
}

inline const crypto::SigningKey& test_key() {
  static const crypto::SigningKey key = crypto::SigningKey::generate();
  return key;
}

/// Everything of one drill before it is signed, so that a test can change a part of it.
struct JudgedDrill {
  bundle::About about;
  bundle::Documents documents;
  drill::Evidence evidence;

  std::string bytes() const { return bundle::write(about, documents, evidence, test_key()); }
};

inline JudgedDrill judged_drill(std::uint64_t seed, const sim::WholeDrillShape& shape) {
  base::Random random(seed);
  JudgedDrill out;
  out.evidence = sim::draw_whole_drill(shape, random);
  const DrawnPlan plan = draw_plan(random, out.evidence);
  drill::Report report = drill::assess(plan.config, out.evidence);
  report.started = base::WallTime(base::Duration(1'795'000'000'123'456'789));
  report.finished = report.started + base::seconds(60);
  out.about.plan = plan.config.plan;
  out.about.started = report.started;
  out.about.finished = report.finished;
  out.about.final_state = drill::name(report.final_state);
  out.documents.plan_yaml = plan.config.plan_yaml;
  out.documents.plan_json = api::to_json(api::Node::map().set("document", plan.document));
  out.documents.report_json = report::to_json(report);
  return out;
}

}  // namespace verify
