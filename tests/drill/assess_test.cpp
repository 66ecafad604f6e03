// Evidence in, report out: one whole drill, and what each thing that can go wrong does to it.
#include "drill/assess.h"

#include <gtest/gtest.h>

#include "drill/compliance.h"
#include "drill/edn.h"
#include "drill/instrument.h"
#include "drill/monitoring.h"
#include "drill/samples.h"
#include "drill/series.h"
#include "drill/summary.h"
#include "history_builder.h"

namespace drill::test {
namespace {

using base::millis;

constexpr std::int64_t kFault = 50;
constexpr std::size_t kWrites = 400;

void add(Evidence& evidence, StreamInfo info, std::string_view letters) {
  for (const Record& record : records(letters, info.id)) evidence.records.push_back(record);
  evidence.streams.push_back(std::move(info));
}

/// 30 operations (300 ms) of refusal; the last two acknowledged writes before it were lost.
Evidence whole_drill() {
  Evidence e;
  e.drill_id = "database-failover-1";
  e.profile = "quick";
  e.servers = {"", "a@1", "b@1"};
  e.server_instances = {"", "a", "b"};
  e.old_primary = "a";
  e.new_primary = "b";
  const std::string outage = times(50, 'o') + times(30, 'x') + times(320, 'o');
  add(e, stream(StreamKind::Ledger, 0), outage);
  for (Record& record : e.records) {
    if (record.seq <= 80) continue;
    record.server_id = record.server_term = 2;
  }
  StreamInfo pinned = stream(StreamKind::PinnedNew, 1);
  pinned.instance = "b";
  add(e, pinned, times(70, 'x') + times(330, 'o'));
  for (Record& record : e.records) {
    if (record.stream == StreamId(1)) record.server_id = record.server_term = 2;
  }
  add(e, stream(StreamKind::Reference, 2), times(20, 'o') + times(5, 'x') + times(375, 'o'));
  add(e, stream(StreamKind::Control, 3), times(400, 'o'));
  e.reference_outages = {{ReferenceOutage::Kind::Refuse, due(20) - millis(2), millis(50), {}}};
  for (const auto which : {FinalRead::Which::Survivor, FinalRead::Which::Rejoined}) {
    FinalRead read;
    read.which = which;
    read.began = due(500);
    read.ended = due(501);
    read.complete = true;
    for (std::uint64_t seq = 1; seq <= kWrites; ++seq) {
      if (seq <= 48 || seq > 80) read.rows.push_back({StreamId(0), seq, true});
    }
    e.final_reads.push_back(read);
  }
  e.load_operations = {"read"};
  for (int k = 0; k < 300; ++k) {
    LoadSample sample;
    sample.user = static_cast<std::uint16_t>(k % 6);
    sample.ok = true;
    sample.intended = due(k);
    sample.completed = sample.intended + millis(4);
    sample.service_time = millis(2);
    e.load.push_back(sample);
  }
  e.anchors = {{kStart, WallTime{}}, {due(600), WallTime{} + 600 * kInterval}};
  e.fault_begun = due(kFault) - millis(3);
  e.fault_effective = due(kFault);
  e.declared = due(60);
  e.decided = due(61);
  e.phase_began = {
      {Phase::Baseline, due(0)}, {Phase::Validation, due(150)}, {Phase::Failback, due(300)}};
  e.ended = due(600);
  return e;
}

AssessConfig config() {
  AssessConfig c;
  c.plan = "database-failover";
  c.rto = millis(500);
  c.rpo = millis(100);
  c.hold = 10 * kInterval;
  c.sample = 10 * kInterval;
  c.phase_targets = {{"detected", millis(100)}};
  c.degraded = {{"ApiResponseMillis", 10, true, Statistic::P95, ""}};
  c.validation = {{"ApiResponseMillis", 5, true, Statistic::P95, ""},
                  {"ConsistencyPercent", 100, false, Statistic::P95, ""}};
  return c;
}

TEST(Assess, AWholeDrill) {
  const Report r = assess(config(), whole_drill());
  EXPECT_EQ(r.verdict, Verdict::Met) << (r.reasons.empty() ? "" : r.reasons.front());
  EXPECT_TRUE(r.reasons.empty());
  EXPECT_EQ(r.rto.decided_by, "orders/Ledger");
  EXPECT_EQ(r.rto.user_visible, (Bounds{millis(290), millis(310)}));
  EXPECT_EQ(r.rto.service, (Bounds{millis(289), millis(311)}));
  EXPECT_EQ(r.onset, due(50));
  EXPECT_EQ(r.sustained, due(80));
  EXPECT_EQ(r.rpo_records, 2U);
  // From due(48): [due(49) - (due(48) + 1), due(50) + 1 - due(48)].
  EXPECT_EQ(r.rpo.service, (Bounds{millis(9), millis(21)}));
  EXPECT_EQ(r.rpo.verdict, Verdict::Met);
  EXPECT_DOUBLE_EQ(r.consistency.score_percent, 100);
  EXPECT_EQ(r.consistency.score_of, 368U);
  ASSERT_EQ(r.phases.size(), 7U);
  EXPECT_EQ(r.phases[0].took, millis(100));
  EXPECT_EQ(r.phases[2].took, millis(90)) << "promoted at due(70)";
  EXPECT_TRUE(r.instrument.healthy) << r.instrument.detail;
  EXPECT_DOUBLE_EQ(r.compliance.score, 100);
  EXPECT_TRUE(r.compliance.violations.empty());
  EXPECT_TRUE(r.recommendations.empty());
  ASSERT_EQ(r.series.size(), 4U);
  EXPECT_EQ(r.series[0].points.size(), kSeriesBuckets);
  EXPECT_EQ(r.criteria[0].samples, 70U) << "degraded: from g1 until validation";
  EXPECT_EQ(r.criteria[1].samples, 150U) << "validation until failback";
}

TEST(Assess, TheSameEvidenceGivesTheSameReport) {
  EXPECT_EQ(assess(config(), whole_drill()), assess(config(), whole_drill()));
}

TEST(Assess, WhatGoesWrongAndWhatItDoes) {
  struct Case {
    const char* name;
    void (*change)(AssessConfig&, Evidence&);
    Verdict rto, rpo, whole;
  };
  using C = AssessConfig;
  using E = Evidence;
  constexpr auto kMet = Verdict::Met;
  constexpr auto kMissed = Verdict::Missed;
  constexpr auto kUnsure = Verdict::Inconclusive;
  constexpr auto kInvalid = Verdict::Invalid;
  const Case cases[] = {
      {"objective at the upper bound", [](C& c, E&) { c.rto = millis(311); }, kMet, kMet, kMet},
      {"between the bounds", [](C& c, E&) { c.rto = millis(310); }, kUnsure, kMet, kUnsure},
      {"at the lower bound", [](C& c, E&) { c.rto = millis(290); }, kUnsure, kMet, kUnsure},
      {"below it", [](C& c, E&) { c.rto = millis(289); }, kMissed, kMet, kMissed},
      {"RPO between", [](C& c, E&) { c.rpo = millis(20); }, kMet, kUnsure, kUnsure},
      {"RPO missed", [](C& c, E&) { c.rpo = millis(8); }, kMet, kMissed, kMissed},
      {"not proven", [](C&, E& e) { e.fault_effective = kNever; }, kInvalid, kInvalid, kInvalid},
      {"aborted", [](C&, E& e) { e.ending = Ending::Aborted; }, kInvalid, kInvalid, kInvalid},
      {"control failed too",
       [](C&, E& e) {
         for (Record& r : e.records) {
           if (r.stream != StreamId(3) || r.seq < 60 || r.seq > 65) continue;
           r.outcome = Outcome::Fail;
           r.cause = Cause::Refused;
         }
       },
       kInvalid, kInvalid, kInvalid},
      {"the reference contradicts", [](C&, E& e) { e.reference_outages[0].length = millis(200); },
       kInvalid, kInvalid, kInvalid},
      {"no reference", [](C&, E& e) { e.reference_outages.clear(); }, kInvalid, kInvalid, kInvalid},
      {"no steady state", [](C&, E& e) { e.records[45] = operation('x', 45); }, kInvalid, kMet,
       kInvalid},
      {"a record was dropped", [](C&, E& e) { e.records.erase(e.records.begin() + 10); }, kMet,
       kInvalid, kInvalid},
      {"a final read failed", [](C&, E& e) { e.final_reads[1].complete = false; }, kMet, kUnsure,
       kUnsure},
      {"a row twice, and no criterion that sees it",
       [](C& c, E& e) {
         c.validation.clear();
         e.final_reads[0].rows.push_back({StreamId(0), 7, true});
       },
       kMet, kMet, kMissed},
      {"not made whole", [](C&, E& e) { e.ending = Ending::NotWhole; }, kMet, kMet, kMissed},
      {"a criterion is not measured", [](C&, E& e) { e.load.clear(); }, kMet, kMet, kMissed},
      {"a phase over its target", [](C& c, E&) { c.phase_targets["detected"] = millis(99); }, kMet,
       kMet, kMissed},
      {"back only after the undo", [](C&, E& e) { e.phase_began[Phase::Failback] = due(85); },
       kUnsure, kMet, kMissed},
      {"another zero point",
       [](C& c, E&) {
         c.zero_point = ZeroPoint::Declared;
         c.rto = millis(201);
       },
       kMet, kMet, kMet},
  };
  for (const Case& c : cases) {
    AssessConfig plan = config();
    Evidence evidence = whole_drill();
    c.change(plan, evidence);
    const Report r = assess(plan, evidence);
    EXPECT_EQ(r.rto.verdict, c.rto) << c.name << ": " << r.rto.reason;
    EXPECT_EQ(r.rpo.verdict, c.rpo) << c.name << ": " << r.rpo.reason;
    EXPECT_EQ(r.verdict, c.whole) << c.name;
    EXPECT_EQ(r.reasons.empty(), c.whole == Verdict::Met) << c.name;
    EXPECT_EQ(r.compliance.violations.empty(), c.whole == Verdict::Met) << c.name;
  }
}

TEST(Assess, TheWorstDecidingStreamIsTheHeadline) {
  Evidence e = whole_drill();
  StreamInfo reads = stream(StreamKind::ReadService, 4);
  reads.decides = true;
  add(e, reads, times(50, 'o') + times(60, 'x') + times(290, 'o'));
  const Report r = assess(config(), e);
  EXPECT_EQ(r.rto.decided_by, "orders/ReadService");
  EXPECT_EQ(r.rto.verdict, Verdict::Missed);
  AssessConfig named = config();
  named.deciding = {"orders/Ledger"};
  EXPECT_EQ(assess(named, e).rto.decided_by, "orders/Ledger");
}

TEST(Assess, AStreamThatDoesNotDecideIsNotJudged) {
  Evidence e = whole_drill();
  e.streams.push_back(stream(StreamKind::ReadPinned, 5));  // had no operation
  const Report r = assess(config(), e);
  EXPECT_EQ(r.streams[0].verdict, Verdict::Met);
  EXPECT_EQ(r.streams[0].p95, kLatency);
  EXPECT_EQ(r.streams[3].verdict, std::nullopt) << "the control does not decide";
  EXPECT_EQ(r.streams[3].p95, kLatency);
  const StreamResult& none = r.streams[4];
  EXPECT_EQ(none.verdict, std::nullopt);
  EXPECT_EQ(none.p50, std::nullopt);
  EXPECT_EQ(none.baseline_latency_max, std::nullopt);
  EXPECT_EQ(none.largest_gap, std::nullopt);
  EXPECT_EQ(none.downtime, std::nullopt);
}

TEST(Series, ABucketWithoutAnAnswerHasNoLatency) {
  const Evidence e = whole_drill();
  const auto views = views_of(e, {});
  const Series series = series_of(views[0], RowIndex::build(e), due(55), due(75), 4);
  EXPECT_EQ(series.points[1].p50_millis, std::nullopt);
  EXPECT_GT(series.points[1].bad, 0U);
}

TEST(Assess, AStepThatFailedInTimeSaysThatItFailed) {
  Evidence e = whole_drill();
  StepRun promote;
  promote.name = "promote";
  promote.target = millis(900);
  promote.began = due(60);
  promote.ended = due(62);
  promote.detail = "interrupted";
  e.steps.push_back(promote);
  const Report r = assess(config(), e);
  EXPECT_EQ(r.verdict, Verdict::Missed);
  ASSERT_EQ(r.reasons.size(), 1U);
  EXPECT_EQ(r.reasons[0], "promote: failed after 20.0 ms: interrupted");
  ASSERT_EQ(r.compliance.violations.size(), 1U);
  EXPECT_EQ(r.compliance.violations[0].severity, "high");
  EXPECT_EQ(r.compliance.violations[0].detail, "failed after 20.0 ms: interrupted");
}

TEST(Assess, ObjectivesThatAreNotThereAreNotJudged) {
  AssessConfig c = config();
  c.rpo.reset();
  Report r = assess(c, whole_drill());
  EXPECT_EQ(r.verdict, Verdict::Met);
  EXPECT_EQ(r.rpo.objective, std::nullopt);
  EXPECT_EQ(r.rpo.verdict, std::nullopt);
  EXPECT_EQ(r.rpo.service, (Bounds{millis(9), millis(21)})) << "what was measured is shown";
  Evidence aborted = whole_drill();
  aborted.ending = Ending::Aborted;
  r = assess(c, aborted);
  EXPECT_EQ(r.rto.verdict, Verdict::Invalid);
  EXPECT_EQ(r.rpo.verdict, std::nullopt);
  for (const Violation& each : r.compliance.violations) EXPECT_NE(each.what, "RPO");
  c.rto.reset();
  r = assess(c, whole_drill());
  EXPECT_EQ(r.rto.verdict, std::nullopt);
  EXPECT_EQ(r.verdict, Verdict::Inconclusive) << "nothing was asked for at all";
}

TEST(Assess, NothingAtAllIsInvalidAndNoCrash) {
  const Report r = assess({}, {});
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_FALSE(r.reasons.empty());
}

TEST(Compliance, IsTheMeanOfItsFour) {
  AssessConfig c = config();
  c.rto = millis(150);  // half of what was measured
  c.validation.push_back({"RenderMillis", 16, true, Statistic::P95, ""});
  c.monitoring = {"ReplicationLag", "Consistency", "DatabaseConnectivity"};
  const Report r = assess(c, whole_drill());
  EXPECT_NEAR(r.compliance.rto.value_or(-1), 100.0 * 150 / 311, 1e-9);
  EXPECT_DOUBLE_EQ(r.compliance.rpo.value_or(-1), 100);
  EXPECT_DOUBLE_EQ(r.compliance.performance.value_or(-1), 75);
  EXPECT_DOUBLE_EQ(r.compliance.monitoring, 75) << "no look at the instances: no lag was seen";
  EXPECT_NEAR(r.compliance.score, (100.0 * 150 / 311 + 100 + 75 + 75) / 4, 1e-9);
  ASSERT_EQ(r.compliance.violations.size(), 3U);
  EXPECT_EQ(r.compliance.violations[0].severity, "critical");
  EXPECT_EQ(r.compliance.violations[0].what, "RTO");
  EXPECT_EQ(r.compliance.violations[2].severity, "medium");
}

TEST(Compliance, WhatThePlanDoesNotStateIsNotScored) {
  AssessConfig c = config();
  c.degraded.clear();
  c.validation.clear();
  c.rto = millis(150);
  const Report r = assess(c, whole_drill());
  EXPECT_EQ(r.compliance.performance, std::nullopt);
  EXPECT_NEAR(r.compliance.score, (100.0 * 150 / 311 + 100 + 100) / 3, 1e-9);
  c.rpo.reset();
  EXPECT_EQ(assess(c, whole_drill()).compliance.rpo, std::nullopt);
}

TEST(Assess, ADrillThatNeverBeganMeasuredNothing) {
  Evidence e = whole_drill();
  e.ending = Ending::SetupFailed;
  e.fault_begun = e.fault_effective = e.declared = e.decided = kNever;
  e.phase_began.clear();
  e.final_reads.clear();
  const Report r = assess(config(), e);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_EQ(r.rto.service, std::nullopt) << "a steady service is no recovery of 0 s";
  EXPECT_EQ(r.rpo.service, std::nullopt);
  EXPECT_EQ(r.rpo_records, std::nullopt);
  EXPECT_EQ(r.compliance.rto, 0.0) << "an objective that was not measured never passes";
  EXPECT_TRUE(r.samples.empty());
  const PastDrill past = past_drill(summarize(r));
  EXPECT_FALSE(past.rto_measured);
  EXPECT_FALSE(summarise(std::vector<PastDrill>{past}).rto.never_back);
}

TEST(Assess, WithoutAFinalReadNothingIsKnownOfTheWrites) {
  Evidence e = whole_drill();
  e.ending = Ending::Aborted;
  e.final_reads.clear();
  const Report r = assess(config(), e);
  EXPECT_EQ(r.ledger.ok, 370U);
  EXPECT_EQ(r.ledger.kept, std::nullopt);
  EXPECT_EQ(r.ledger.lost, std::nullopt);
  EXPECT_EQ(r.rpo_records, std::nullopt);
  EXPECT_EQ(r.rpo.service, std::nullopt);
  EXPECT_TRUE(r.rto.service.has_value()) << "the outage was seen all the same";
}

TEST(Monitoring, CountsTheSamplesASignalWasSeenIn) {
  Evidence e = whole_drill();  // 30 samples of 10 operations
  // Once in the whole drill is not monitored; neither is a primary seen in 26 samples of 30.
  e.pool = {{due(5), 1, 0}};
  for (int k = 0; k < 30; ++k) e.looks.push_back({due(10 * k), k < 26 ? "a" : "", 1, true});
  AssessConfig c = config();
  c.monitoring = {"PoolHealth", "ReplicationLag", "InstanceHealth", "DatabaseConnectivity",
                  "Consistency"};
  const Report r = assess(c, e);
  ASSERT_EQ(r.monitoring.size(), 5U);
  EXPECT_EQ(r.monitoring[0].seen, 1U);
  EXPECT_EQ(r.monitoring[0].samples, 30U);
  EXPECT_FALSE(r.monitoring[0].monitored);
  EXPECT_NEAR(r.monitoring[1].percent, 100.0 * 26 / 30, 1e-9);
  EXPECT_FALSE(r.monitoring[1].monitored);
  EXPECT_TRUE(r.monitoring[2].monitored);
  EXPECT_EQ(r.monitoring[3].seen, 30U) << "a refused operation is an observation";
  EXPECT_EQ(r.monitoring[4].samples, 2U);
  EXPECT_NEAR(r.compliance.monitoring, (100.0 / 30 + 100.0 * 26 / 30 + 4 * 100) / 6, 1e-9);
  ASSERT_EQ(r.compliance.violations.size(), 2U);
  EXPECT_EQ(r.compliance.violations[0].what, "monitoring of PoolHealth");
  EXPECT_EQ(r.compliance.violations[0].severity, "medium");
  EXPECT_EQ(r.compliance.violations[1].severity, "low");
  EXPECT_EQ(watch({"NoSuchThing"}, e, sample_grid(e, millis(100)))[0].percent, 0);
}

TEST(Samples, AreTakenAtTheirPeriodFromBaselineToValidation) {
  Evidence e = whole_drill();
  e.looks = {{due(52), "a", 1, true}, {due(58), "", 0, false}};
  e.lag = {{due(31), 4096, millis(2)}};
  const Report r = assess(config(), e);
  EXPECT_EQ(r.sample_period, millis(100));
  ASSERT_EQ(r.samples.size(), 30U);
  EXPECT_EQ(r.samples[4].good, 10U);
  EXPECT_EQ(r.samples[5].bad, 10U);
  EXPECT_EQ(r.samples[5].primary, "") << "the last one seen in it";
  EXPECT_EQ(r.samples[5].standbys, 0U);
  EXPECT_EQ(r.samples[3].lag_bytes, 4096U);
  EXPECT_EQ(r.samples[3].standbys, std::nullopt);
  EXPECT_EQ(r.samples[15].phase, Phase::Validation);
  EXPECT_EQ(r.samples[15].load_operations, 10U);
  EXPECT_EQ(r.samples[15].load_p95_millis, 4.0);
  AssessConfig slower = config();
  slower.sample = millis(700);
  EXPECT_EQ(assess(slower, e).samples.size(), 4U) << "what is left over belongs to the last";
}

TEST(Recommend, ByTheSizeOfTheDeviation) {
  const auto advice = [](double criterion_target) {
    AssessConfig c = config();
    c.validation = {{"ApiResponseMillis", criterion_target, true, Statistic::P95, ""}};
    return assess(c, whole_drill()).recommendations;  // 4 ms were measured
  };
  EXPECT_TRUE(advice(3.34).empty());
  ASSERT_EQ(advice(3).size(), 1U);
  EXPECT_EQ(advice(3)[0].priority, "medium");
  EXPECT_EQ(advice(2)[0].priority, "high");
  EXPECT_DOUBLE_EQ(advice(2)[0].measured, 4);
  EXPECT_DOUBLE_EQ(advice(2)[0].target, 2);
  EXPECT_FALSE(advice(2)[0].steps.empty());
}

TEST(Recommend, StandingAdviceBeyondItsLimits) {
  AssessConfig c = config();
  c.recommendations.automate_failover_beyond = millis(300);
  c.recommendations.replicate_synchronously_beyond = millis(20);
  const Report r = assess(c, whole_drill());
  ASSERT_EQ(r.recommendations.size(), 2U);
  EXPECT_NE(r.recommendations[0].text.find("synchronous replication") +
                r.recommendations[1].text.find("synchronous replication"),
            2 * std::string::npos);
  c.recommendations.automate_failover_beyond = millis(311);
  c.recommendations.replicate_synchronously_beyond = millis(21);
  EXPECT_TRUE(assess(c, whole_drill()).recommendations.empty()) << "beyond, not at";
}

TEST(Series, CountsEveryOperationOnce) {
  const Evidence e = whole_drill();
  const RowIndex rows = RowIndex::build(e);
  const auto views = views_of(e, {});
  const Series series = series_of(views[0], rows, kStart, due(400), 100);
  std::uint64_t good = 0, bad = 0, lost = 0;
  for (const SeriesPoint& point : series.points) {
    good += point.good;
    bad += point.bad;
    lost += point.lost;
  }
  EXPECT_EQ(good, 370U);
  EXPECT_EQ(bad, 30U);
  EXPECT_EQ(lost, 2U);
  EXPECT_FLOAT_EQ(series.points[0].p95_millis.value_or(0), 1);
  EXPECT_TRUE(series_of(views[0], rows, kStart, kStart, 100).points.empty());
}

TEST(Edn, IsAHistoryThatJepsenCanRead) {
  Evidence e;
  e.streams = {stream(), stream(StreamKind::ReadService, 1), stream(StreamKind::Control, 2)};
  e.anchors = {{kStart, WallTime{}}};
  e.records = records("oxto");
  Record read = operation('o', 1, StreamId(1));
  read.value = 1;
  read.invoked += millis(5);
  read.completed += millis(5);
  e.records.push_back(read);
  e.records.push_back(operation('o', 0, StreamId(2)));
  FinalRead last;
  last.began = due(10);
  last.ended = due(11);
  last.complete = true;
  last.rows = {{StreamId(0), 4, true},
               {StreamId(0), 1, true},
               {StreamId(0), 1, true},
               {StreamId(0), 2, false}};
  e.final_reads = {last};
  std::string text;
  write_edn(e, [&](std::string_view piece) { text += piece; });
  EXPECT_EQ(text, R"({:index 0, :type :invoke, :process 0, :f :add, :value [0 1], :time 0}
{:index 1, :type :ok, :process 0, :f :add, :value [0 1], :time 1000000}
{:index 2, :type :invoke, :process 0, :f :add, :value [0 2], :time 10000000}
{:index 3, :type :fail, :process 0, :f :add, :value [0 2], :time 11000000}
{:index 4, :type :invoke, :process 0, :f :max, :value nil, :time 15000000}
{:index 5, :type :ok, :process 0, :f :max, :value 1, :time 16000000}
{:index 6, :type :invoke, :process 0, :f :add, :value [0 3], :time 20000000}
{:index 7, :type :invoke, :process 1, :f :add, :value [0 4], :time 30000000}
{:index 8, :type :ok, :process 1, :f :add, :value [0 4], :time 31000000}
{:index 9, :type :info, :process 0, :f :add, :value [0 3], :time 70000000}
{:index 10, :type :invoke, :process 1, :f :read, :value nil, :time 100000000}
{:index 11, :type :ok, :process 1, :f :read, :value #{[0 1] [0 4]}, :time 110000000}
)");
}

std::uint64_t lines_with(const std::string& text, const std::string& what) {
  std::uint64_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Edn, HasTheSameAttemptsAsTheReport) {
  Evidence e = whole_drill();
  e.records.clear();
  e.streams = {stream()};
  for (const Record& r : records(times(40, 'o') + "nnn??sbxt" + times(40, 'o'))) {
    e.records.push_back(r);
  }
  const LedgerResult& ledger = assess(config(), e).ledger;
  std::string text;
  write_edn(e, [&](std::string_view piece) { text += piece; });
  EXPECT_EQ(lines_with(text, ":type :invoke, "), ledger.attempts + 2) << "and two final reads";
  EXPECT_EQ(lines_with(text, ":type :ok, "), ledger.ok + 2);
  EXPECT_EQ(lines_with(text, ":type :fail, "), ledger.fail);
  EXPECT_EQ(lines_with(text, ":type :info, "), ledger.info);
  EXPECT_EQ(ledger.attempts, ledger.ok + ledger.fail + ledger.info);
  EXPECT_EQ(ledger.fail, 5U) << "never sent, blocked, refused";
}

}  // namespace
}  // namespace drill::test
