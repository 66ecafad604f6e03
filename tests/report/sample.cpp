#include "sample.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace sample {
namespace {

using namespace drill;
using base::millis;
using base::seconds;

const TimePoint kStart = TimePoint(seconds(812'345) + Duration(123'456'789));
const TimePoint kFault = kStart + millis(40'010);
const TimePoint kOnset = kStart + millis(40'031);
const TimePoint kBack = kStart + millis(52'441);
const TimePoint kEnd = kStart + millis(176'200);

StreamInfo stream(std::uint16_t id, const char* name, StreamKind kind, const char* instance = "") {
  StreamInfo info{StreamId(id),      name,        "orders",     kind, instance,
                  "127.0.0.1:35432", millis(100), millis(1500), false};
  if (kind == StreamKind::Ledger) {
    info.interval = millis(10);
    info.decides = true;
  }
  return info;
}

bool is_bad(StreamKind kind, const std::string& instance, TimePoint at) {
  if (kind == StreamKind::Control || kind == StreamKind::Reference) return false;
  if (instance == "a") return at >= kFault && at < kStart + millis(150'000);
  if (instance == "b") return false;
  return at >= kOnset && at < kBack;
}

Series series(const StreamInfo& info, base::Random& random) {
  Series out{info.name, (kEnd - kStart) / 240, {}};
  const double per_bucket = base::to_seconds(out.width) / base::to_seconds(info.interval);
  for (int i = 0; i < 240; ++i) {
    SeriesPoint point;
    point.at = kStart + out.width * i;
    const auto n = static_cast<std::uint32_t>(per_bucket);
    const bool bad = is_bad(info.kind, info.instance, point.at);
    const bool warm = point.at > kBack && point.at < kBack + seconds(6);
    if (bad) {
      point.info = n > 20 ? static_cast<std::uint32_t>(random.below(3)) : 0;
      point.bad = n;
    } else {
      point.good = n;
      point.p50_millis = static_cast<float>(1.4 + random.unit() * 0.4 + (warm ? 6 : 0));
      point.p95_millis = *point.p50_millis * static_cast<float>(1.8 + random.unit());
      point.max_millis = *point.p95_millis * static_cast<float>(1.5 + random.exponential(1.5));
    }
    out.points.push_back(point);
  }
  return out;
}

StreamResult result(const StreamInfo& info) {
  StreamResult out;
  out.stream = info;
  out.attempts = info.kind == StreamKind::Ledger ? 17'620 : 1'762;
  out.downtime = Bounds{};
  out.largest_gap = info.interval + Duration(1'204'000);
  out.baseline_latency_max = Duration(11'310'000);
  out.p50 = Duration(1'512'000);
  out.p95 = Duration(3'120'000);
  out.p99 = Duration(6'480'000);
  if (is_bad(info.kind, info.instance, kOnset + seconds(1))) {
    const TimePoint end = info.instance == "a" ? kStart + millis(150'090) : kBack;
    const Duration length = end - kOnset;
    OutageWindow window{
        kOnset,
        end,
        {length - info.interval, length + info.interval},
        {length - info.interval - *out.baseline_latency_max, length + info.interval + millis(2)},
        static_cast<std::uint64_t>(length / info.interval)};
    out.bad = window.bad;
    out.fail = out.bad - 9;
    out.info = 9;
    out.bad_by_cause = {{Cause::Refused, out.bad - 20}, {Cause::Reset, 9}, {Cause::ReadOnly, 11}};
    out.outage = window;
    out.windows = {window};
    out.downtime = window.service;
    out.first_success = length - millis(40);
  }
  out.ok = out.attempts - out.bad;
  if (info.decides) out.verdict = Verdict::Met;
  return out;
}

std::vector<StreamInfo> streams() {
  return {stream(1, "orders/W", StreamKind::Ledger),
          stream(2, "orders/A", StreamKind::ServiceNew),
          stream(3, "orders/B", StreamKind::ServiceOpen),
          stream(4, "orders/R", StreamKind::ReadService),
          stream(5, "orders/C/a", StreamKind::PinnedOpen, "a"),
          stream(6, "orders/D/b", StreamKind::PinnedNew, "b"),
          stream(7, "reference", StreamKind::Reference),
          stream(8, "control", StreamKind::Control)};
}

void add_timeline(Report& r) {
  using Kind = TimelineEvent::Kind;
  const auto at = [](std::int64_t ms) { return kStart + millis(ms); };
  r.phase_began = {{Phase::Preflight, kStart},      {Phase::Baseline, at(4'200)},
                   {Phase::Injection, at(40'000)},  {Phase::Recovery, at(40'120)},
                   {Phase::Validation, at(62'500)}, {Phase::Failback, at(122'500)},
                   {Phase::Reporting, at(171'300)}};
  r.timeline = {
      {at(0), Kind::PhaseBegan, "Preflight", "standby streams, 0 bytes behind; undo journal empty"},
      {at(4'200), Kind::PhaseBegan, "Baseline", "steady state wanted for 10 s"},
      {at(40'000), Kind::PhaseBegan, "Injection", ""},
      {at(40'010), Kind::FaultBegun, "primary-dies",
       "SIGKILL to the postmaster of a and 9 children"},
      {at(40'050), Kind::FaultProven, "primary-dies", "all 10 processes are gone"},
      {at(40'060), Kind::StateChanged, "Degraded", "writes through the service fail"},
      {at(40'120), Kind::PhaseBegan, "Recovery", ""},
      {at(40'130), Kind::StepBegan, "assess", "wait until instance a is down"},
      {at(43'310), Kind::StepDone, "assess", "a refused 3 connections in a row"},
      {at(43'311), Kind::StateChanged, "FailoverInProgress", ""},
      {at(43'320), Kind::StepBegan, "fence", "route proxy: remove a"},
      {at(43'520), Kind::StepDone, "fence", ""},
      {at(43'530), Kind::StepBegan, "promote", "select pg_promote()"},
      {at(50'880), Kind::Promoted, "b", "first acknowledged operation on b, timeline 2"},
      {at(50'910), Kind::StepDone, "promote", ""},
      {at(50'920), Kind::StepBegan, "synced", "wait until instance b is Primary"},
      {at(51'150), Kind::StepDone, "synced", ""},
      {at(51'160), Kind::StepBegan, "switch", "route proxy: to b"},
      {at(52'390), Kind::StepDone, "switch", ""},
      {at(52'441), Kind::StateChanged, "DisasterRecoveryActive",
       "every stream through the service is good"},
      {at(62'500), Kind::PhaseBegan, "Validation", ""},
      {at(98'000), Kind::Warning, "clock",
       "the wall clock stepped by -0.8 s; figures use the steady clock"},
      {at(122'500), Kind::PhaseBegan, "Failback", ""},
      {at(122'600), Kind::FinalRead, "survivor", "15,870 rows in 84 ms"},
      {at(124'000), Kind::FinalRead, "old primary", "15,874 rows, read on its private socket"},
      {at(124'500), Kind::RestoreBegan, "rejoin", "pg_rewind, then start as standby"},
      {at(150'000), Kind::RestoreDone, "rejoin", ""},
      {at(158'000), Kind::RedundancyRestored, "a", "streaming, 0 bytes behind"},
      {at(160'000), Kind::FinalRead, "rejoined", "15,870 rows"},
      {at(171'300), Kind::PhaseBegan, "Reporting", ""}};
}

void add_assessment(Report& r) {
  r.phases = {
      {"onset→detected", millis(3'280), seconds(30), true, false, "step assess ended"},
      {"detected→decided", millis(9), {}, {}, false, "step fence began"},
      {"decided→promoted", millis(7'560), seconds(180), true, false, "first ok on b"},
      {"promoted→redirected", millis(1'530), seconds(60), true, false, "first ok on orders/A"},
      {"redirected→sustained", millis(31), {}, {}, false, "every operation good for 10 s"},
      {"warmed up", millis(6'100), {}, {}, false, "p95 within 10 % of the baseline"},
      {"redundancy restored", millis(117'969), seconds(120), true, false, "a streams from b"}};
  r.steps = {{"assess", millis(3'180), seconds(30), true, false, "FailureAssessment"},
             {"fence", millis(200), millis(150), false, false, "ServiceIsolation"},
             {"promote", millis(7'380), seconds(180), true, false, "BackupActivation"},
             {"synced", millis(230), seconds(120), true, false, "DataSynchronization"},
             {"switch", millis(1'230), seconds(60), true, false, "ServiceRestoration"}};
  const auto criterion = [](const char* window, const char* metric, bool at_most, double target,
                            std::optional<double> measured, Verdict verdict, const char* reason) {
    return CriterionResult{window,  metric, "",       "P95",
                           at_most, target, measured, measured ? 240U : 0U,
                           verdict, reason};
  };
  r.criteria = {criterion("degraded", "ApiResponseMillis", true, 1500, 412.5, Verdict::Met, ""),
                criterion("degraded", "QueryMillis", true, 500, 96.1, Verdict::Met, ""),
                criterion("degraded", "Users", false, 6, 6, Verdict::Met, ""),
                criterion("degraded", "RequestsPerSecond", false, 10, 12.1, Verdict::Met, ""),
                criterion("validation", "ApiResponseMillis", true, 1000, 18.4, Verdict::Met, ""),
                criterion("validation", "QueryMillis", true, 400, 645.25, Verdict::Missed,
                          "61 % above the target"),
                criterion("validation", "ConsistencyPercent", false, 100, 100, Verdict::Met, ""),
                criterion("validation", "RenderMillis", true, 100, std::nullopt, Verdict::Missed,
                          "NotMeasured: no application reports render times")};
  r.compliance = {100,
                  100,
                  75,
                  100,
                  93.75,
                  {{"QueryMillis", "high", "645 ms in validation, target at most 400 ms"},
                   {"step fence", "low", "200 ms, target 150 ms"}}};
  r.recommendations = {{"high",
                        "QueryMillis",
                        645.25,
                        400,
                        "Queries take 61 % longer than the target after the failover.",
                        {"Warm the caches of the standby (pg_prewarm) before traffic is switched.",
                         "Compare plans on both instances: ANALYZE runs on the primary alone."}}};
}

void add_ledger(Report& r) {
  LedgerResult& ledger = r.ledger;
  ledger.attempts = 17'620;
  ledger.ok = 15'874;
  ledger.fail = 1'737;
  ledger.info = 9;
  ledger.kept = 15'870;
  ledger.lost = 4;
  ledger.delayed = 0;
  ledger.recovered_unknown = 2;
  ledger.lost_found_on_old_primary = 4;
  ledger.cross_check_agrees = true;
  ledger.lost_seqs = {4001, 4002, 4003, 4004};
  ledger.first_lost = kOnset - millis(52);
  ledger.last_lost = kOnset - millis(21);
  ledger.resolution = millis(12);
}

void add_instrument(Report& r) {
  r.consistency.fencing_latency = millis(19);
  r.consistency.score_of = 15'870;
  r.instrument.reference = {
      {{ReferenceOutage::Kind::Refuse, kStart + seconds(12), Duration(2'418'000'000)},
       {millis(2'321), millis(2'512)},
       {millis(2'310), millis(2'514)},
       true},
      {{ReferenceOutage::Kind::Hang, kStart + seconds(24), Duration(3'105'000'000)},
       {millis(1'540), millis(1'711)},
       {millis(3'040), millis(3'214)},
       true}};
  r.instrument.control_detail = "1,762 of 1,762 operations good";
  r.instrument.stalls = {{kStart + millis(98'000), kStart + millis(98'340)}};
  r.instrument.stalled = {1, millis(340), millis(340), {}};
  r.instrument.wall_steps = {millis(-800)};
  r.instrument.detail = "Both known outages lie inside the measured bounds.";
}

void add_objectives(Report& r) {
  const Duration length = kBack - kOnset;
  r.rto = {"RTO",
           seconds(300),
           Bounds{length - millis(10), length + millis(10)},
           Bounds{length - millis(21), length + millis(13)},
           Verdict::Met,
           "The service was away for at most 12.5 s of the 5 min allowed.",
           "orders/W",
           "Onset"};
  r.rpo = {"RPO",
           seconds(60),
           Bounds{millis(31), millis(52)},
           Bounds{millis(31), millis(52)},
           Verdict::Met,
           "4 acknowledged writes of the last 52 ms before the fault are gone.",
           "orders/W",
           "Onset"};
}

void add_samples(Report& r) {
  r.sample_period = seconds(10);
  for (int i = 0; i < 11; ++i) {
    Sample s;
    s.from = kStart + millis(4'200) + seconds(10) * i;
    s.phase = i < 4 ? Phase::Baseline : i < 6 ? Phase::Recovery : Phase::Validation;
    s.good = i == 4 ? 120 : 1'000;
    s.bad = 1'000 - s.good;
    s.load_operations = 20;
    if (i != 4) s.load_p95_millis = 18.25;
    s.primary = i < 4 ? "a" : "b";
    s.standbys = i < 4 ? 1 : 0;
    if (i < 4) s.lag_bytes = 3'424;
    s.pool_busy = 2;
    s.pool_waiting = 0;
    r.samples.push_back(s);
  }
  r.monitoring = {{"ReplicationLag", 10, 11, 1000.0 / 11, true, "seen in 10 of 11 samples of 10 s"},
                  {"PoolHealth", 1, 11, 100.0 / 11, false, "seen in 1 of 11 samples of 10 s"},
                  {"Consistency", 2, 2, 100, true, "2 of 2 final reads"}};
}

}  // namespace

Report database_failover() {
  Report r;
  r.drill_id = "database-failover-20261121-044224-9f3a";
  r.plan = "database-failover";
  r.failure_type = "DatabasePrimaryFailure";
  r.description = "The primary dies by SIGKILL under load; the standby is promoted and takes over.";
  r.profile = "quick";
  r.mode = "Orchestrate";
  r.versions = {{"muster", "0.1.0 (86368ed)"},
                {"postgres", "15.14"},
                {"haproxy", "2.6.12"},
                {"kernel", "6.1.0"}};
  r.overrides = "spec.timing.baselineSeconds=40";
  r.spec_digest = "9f3a07bc";
  r.load_seed = 2'871'336'001;
  r.history =
      HistorySummary{3,
                     2,
                     {3, 3, 1, 0.368, seconds(12), seconds(13), false, Trend::Stable},
                     {2, 3, 2.0 / 3, 0.135, millis(40), std::nullopt, true, Trend::Degrading}};
  r.started = WallTime(seconds(1'795'236'144) + Duration(123'456'789));
  r.finished = r.started + (kEnd - kStart);
  r.steady_start = kStart;
  r.verdict = Verdict::Missed;
  r.reasons = {"QueryMillis was 645 ms in validation; the target is at most 400 ms.",
               "RenderMillis was not measured."};
  add_objectives(r);
  r.rpo_records = 4;
  r.final_state = SystemState::Normal;
  base::Random random(7);
  for (const StreamInfo& info : streams()) {
    r.streams.push_back(result(info));
    r.series.push_back(series(info, random));
  }
  auto& last = r.series[0].points[54];
  last.lost = 4;
  add_ledger(r);
  add_instrument(r);
  r.lag_at_fault = {{kFault, 3'424, millis(48)}};
  r.names = {{"names/N", "www.shop.test at 127.0.0.1:5353", "198.18.0.1", "198.18.0.2", seconds(5),
              drill::Bounds{seconds(4), millis(4'020)}, millis(9'020)},
             {"names/M", "db.shop.test at 127.0.0.1:5353", "", "", {}, {}, {}}};
  add_timeline(r);
  add_samples(r);
  add_assessment(r);
  r.fault_begun = kFault;
  r.onset = kOnset;
  r.sustained = kBack;
  r.ended = kEnd;
  r.plan_yaml =
      "apiVersion: muster.dev/v1alpha1\nkind: RecoveryPlan\nmetadata: {name: "
      "database-failover}\nspec:\n  objectives: {rtoSeconds: 300, rpoSeconds: 60}\n";
  r.directory = "/var/lib/muster/drills/" + r.drill_id;
  return r;
}

Report not_recovered() {
  Report r = database_failover();
  r.drill_id = "database-failover-20261121-051502-07bc";
  r.verdict = Verdict::Missed;
  r.ending = Ending::NotRecovered;
  r.ending_reason = "the deadline of 3 min passed and no write was acknowledged";
  r.reasons = {"The service was still away after 2 min 16 s; the objective is 1 min.",
               "The promotion failed: server closed the connection."};
  const Bounds forever{millis(136'169), std::nullopt};
  r.rto = {"RTO",      seconds(60),     forever,
           forever,    Verdict::Missed, "The service was still away when the drill ended.",
           "orders/W", "Onset"};
  r.rpo.verdict = Verdict::Inconclusive;
  r.rpo.user_visible = r.rpo.service = std::nullopt;
  r.rpo_records.reset();
  r.ledger.kept = r.ledger.lost = r.ledger.delayed = r.ledger.recovered_unknown = std::nullopt;
  r.rpo.reason = "The survivor could not be read, so no write is known to be kept.";
  r.final_state = SystemState::FailoverInProgress;
  r.sustained = kNever;
  r.phases.resize(3);
  r.phases[2] = {"decided→promoted", std::nullopt, seconds(180), false, false, "never seen"};
  r.steps.resize(3);
  r.steps[2] = {"promote", std::nullopt, seconds(180), false, false, "BackupActivation: failed"};
  StreamResult& writes = r.streams[0];
  writes.outage->until = kNever;
  writes.outage->service = writes.outage->user_visible = forever;
  writes.downtime = forever;
  writes.windows = {*writes.outage};
  writes.first_success.reset();
  for (std::size_t s = 0; s < 4; ++s) {
    for (SeriesPoint& point : r.series[s].points) {
      if (point.at < kOnset) continue;
      point.bad += point.good;
      point.good = 0;
      point.p50_millis = point.p95_millis = point.max_millis = std::nullopt;
    }
  }
  r.ledger.cross_check_agrees.reset();
  r.ledger.identities_hold = false;
  r.ledger.problems = {"no final read of the survivor"};
  std::erase_if(r.timeline, [](const TimelineEvent& e) {
    return e.at > kStart + millis(45'000) && e.kind != TimelineEvent::Kind::PhaseBegan;
  });
  r.timeline.push_back({kStart + millis(60'000), TimelineEvent::Kind::StepFailed, "promote",
                        "server closed the connection unexpectedly"});
  std::ranges::sort(r.timeline, {}, &TimelineEvent::at);
  r.compliance.rto = 0;
  r.compliance.performance.reset();
  r.compliance.score = 43.75;
  return r;
}

Report without_rpo() {
  Report r = database_failover();
  r.rpo.objective.reset();
  r.rpo.verdict.reset();
  r.rpo.user_visible = r.rpo.service = std::nullopt;
  r.rpo.reason = "the plan asks for none";
  r.rpo_records.reset();
  r.compliance.rpo.reset();
  if (r.history) r.history->rpo = {};
  return r;
}

Report two_vantages() {
  Report r = database_failover();
  VantageResult a;
  a.name = "a";
  a.place = "node-1";
  a.decided = true;
  a.detail = r.instrument.detail;
  a.stream = r.rto.decided_by;
  a.user_visible = r.rto.user_visible;
  a.service = r.rto.service;
  a.verdict = r.rto.verdict;
  a.clock_uncertainty = Duration{};
  a.attempts = a.ok = 8'000;
  a.kept = 7'996;
  a.lost = 4;
  a.delayed = 0;
  a.instrument = r.instrument;
  VantageResult b = a;
  b.name = "b";
  b.place = "node-2";
  b.decided = b.healthy = b.instrument.healthy = b.instrument.control_healthy = false;
  b.detail = "b/control failed too (Timeout)";
  b.stream = "b/orders/W";
  b.verdict = Verdict::Invalid;
  b.clock_uncertainty = std::chrono::microseconds(1'250);
  b.clock_drift = std::chrono::microseconds(-40);
  b.clock_exchanges = 61;
  b.kept = 8'000;
  b.lost = 0;
  r.vantages = {a, b};
  return r;
}

Report empty() {
  return {};
}

Report hostile() {
  Report r = two_vantages();
  const std::string evil = "<script>alert('x')</script>&\"]]>--><!--\x01\x1b[31m\xff\xc3(";
  const std::string wide(300, 'W');
  r.plan = evil;
  r.drill_id = evil;
  r.description = wide;
  r.directory = "javascript:alert(1)";
  r.reasons = {evil, wide};
  r.plan_yaml = evil;
  r.versions[evil] = evil;
  for (auto& event : r.timeline) event.text = event.subject = evil;
  for (auto& criterion : r.criteria) criterion.metric = criterion.reason = evil;
  for (auto& stream : r.streams) stream.stream.name = stream.reason = evil;
  for (auto& series : r.series) series.stream = evil;
  for (auto& phase : r.phases) phase.name = phase.detail = evil;
  for (auto& step : r.steps) step.name = step.detail = evil;
  for (auto& v : r.vantages) v.name = v.place = v.detail = evil;
  r.rto.reason = evil;
  r.criteria[0].measured = std::nan("");
  return r;
}

}  // namespace sample
