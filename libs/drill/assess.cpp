// The order in which everything is measured, and how the parts become one verdict.
#include "drill/assess.h"

#include <algorithm>

#include <fmt/format.h>

#include "drill/compliance.h"
#include "drill/consistency.h"
#include "drill/instrument.h"
#include "drill/judgement.h"
#include "drill/ledger_check.h"
#include "drill/monitoring.h"
#include "drill/name_switch.h"
#include "drill/samples.h"
#include "drill/series.h"

namespace drill {
namespace {

TimePoint phase_at(const Evidence& evidence, Phase phase) {
  const auto found = evidence.phase_began.find(phase);
  return found == evidence.phase_began.end() ? kNever : found->second;
}

/// The moment the zero point names; kNever: it was not observed.
TimePoint zero_of(const AssessConfig& config, const Evidence& evidence) {
  switch (config.zero_point) {
    case ZeroPoint::Onset: return kNever;
    case ZeroPoint::FaultBegun: return evidence.fault_begun;
    case ZeroPoint::FaultEffective: return evidence.fault_effective;
    case ZeroPoint::Declared: return evidence.declared;
  }
  return kNever;
}

/// Everything that is computed once and used by several parts.
class Assessment {
 public:
  Assessment(const AssessConfig& config, const Evidence& evidence)
      : config_(config),
        evidence_(evidence),
        silences_(silences(evidence)),
        views_(views_of(evidence, silences_)),
        rows_(RowIndex::build(evidence)) {}

  Report run() {
    head();
    streams();
    instrument();
    rto();
    data();
    phases();
    criteria();
    verdict();
    plots();
    watched();
    report_.compliance = comply(report_);
    report_.recommendations = recommend(report_, config_.recommendations);
    return std::move(report_);
  }

 private:
  void head();
  void streams();
  void instrument();
  void rto();
  void data();
  void phases();
  void criteria();
  void watched();
  void verdict();
  void plots();

  bool decides(const StreamInfo& stream) const;
  std::string drill_invalid() const;
  ObjectiveResult objective(const char* name, std::optional<Duration> objective) const;

  const AssessConfig& config_;
  const Evidence& evidence_;
  std::vector<Stall> silences_;
  std::vector<StreamView> views_;
  RowIndex rows_;
  std::vector<OutageAnalysis> analyses_;  // parallel to views_
  std::optional<std::size_t> headline_;   // the stream that decides the RTO
  const HeldOutage* outage_ = nullptr;    // its outage
  Report report_;
};

void Assessment::head() {
  Report& r = report_;
  r.drill_id = evidence_.drill_id;
  r.plan = config_.plan;
  r.failure_type = config_.failure_type;
  r.description = config_.description;
  r.profile = evidence_.profile;
  r.mode = config_.mode;
  r.versions = evidence_.versions;
  if (const auto sets = r.versions.find("overrides"); sets != r.versions.end()) {
    r.overrides = sets->second;
  }
  r.spec_digest = config_.spec_digest;
  r.load_seed = evidence_.load_seed;
  r.plan_yaml = config_.plan_yaml;
  r.directory = config_.directory;
  r.final_state = config_.final_state;
  if (!evidence_.anchors.empty()) {
    r.started = evidence_.anchors.front().wall;
    r.finished = evidence_.anchors.back().wall;
    r.steady_start = evidence_.anchors.front().steady;
  }
  r.ending = evidence_.ending;
  r.ending_reason = evidence_.ending_reason;
  r.timeline = evidence_.timeline;
  r.phase_began = evidence_.phase_began;
  r.fault_begun = evidence_.fault_begun;
  r.ended = evidence_.ended;
  const LagSample* lag = nullptr;
  for (const LagSample& sample : evidence_.lag) {
    if (sample.at <= evidence_.fault_begun) lag = &sample;
  }
  if (lag != nullptr) r.lag_at_fault = {*lag};
  r.names = name_switches(evidence_);
}

bool Assessment::decides(const StreamInfo& stream) const {
  if (!config_.deciding.empty()) {
    return std::find(config_.deciding.begin(), config_.deciding.end(), stream.name) !=
           config_.deciding.end();
  }
  const bool named = std::any_of(evidence_.streams.begin(), evidence_.streams.end(),
                                 [](const StreamInfo& info) { return info.decides; });
  return named ? stream.decides : stream.kind == StreamKind::Ledger;
}

void Assessment::streams() {
  for (const StreamView& view : views_) {
    OutageRules rules{config_.hold, evidence_.fault_begun, phase_at(evidence_, Phase::Failback)};
    // The reference has outages of its own, whatever the fault does.
    if (view.stream.kind == StreamKind::Reference) rules = {config_.hold, kNever, kNever};
    analyses_.push_back(analyse(view, rules));
    report_.streams.push_back(summarise(view, analyses_.back()));
    report_.streams.back().stream.decides = decides(view.stream);
  }
}

void Assessment::instrument() {
  InstrumentRules rules;
  rules.reference_required = config_.reference_required;
  for (std::size_t i = 0; i < views_.size(); ++i) {
    if (!decides(views_[i].stream) || analyses_[i].held.empty()) continue;
    const HeldOutage& first = analyses_[i].held.front();
    rules.judged_from = std::min(rules.judged_from, first.away_from_lo);
    const TimePoint back = first.sustained ? views_[i].seen[*first.sustained].invoked
                                           : views_[i].seen[first.last_bad].invoked;
    rules.judged_until = rules.judged_until == kNever ? back : std::max(rules.judged_until, back);
  }
  report_.instrument = check_instrument(evidence_, views_, rules);
}

/// Why nothing of this drill can be judged; empty: it can.
std::string Assessment::drill_invalid() const {
  switch (evidence_.ending) {
    case Ending::Completed:
    case Ending::NotRecovered:
    case Ending::NotWhole: break;
    default:
      return fmt::format("the drill ended {}{}{}", name(evidence_.ending),
                         evidence_.ending_reason.empty() ? "" : ": ", evidence_.ending_reason);
  }
  if (evidence_.fault_begun == kNever) return "no fault was begun";
  if (evidence_.fault_effective == kNever) return "the fault was not proven effective";
  if (!report_.instrument.healthy) return report_.instrument.detail;
  return {};
}

ObjectiveResult Assessment::objective(const char* name, std::optional<Duration> objective) const {
  ObjectiveResult out;
  out.name = name;
  out.objective = objective.value_or(Duration::zero());
  out.zero_point = drill::name(config_.zero_point);
  if (!objective) out.reason = "no objective";
  return out;
}

void Assessment::rto() {
  report_.rto = objective("RTO", config_.rto);
  const std::string invalid = drill_invalid();
  const RtoRules rules{config_.rto, config_.zero_point, zero_of(config_, evidence_), config_.hold};
  std::optional<RtoJudgement> worst;
  for (std::size_t i = 0; i < views_.size(); ++i) {
    if (!decides(views_[i].stream)) continue;
    RtoJudgement judged = judge_stream(views_[i], analyses_[i], rules);
    if (!invalid.empty()) {
      judged.verdict = Verdict::Invalid;
      judged.reason = invalid;
    }
    report_.streams[i].verdict = judged.verdict;
    report_.streams[i].reason = judged.reason;
    if (worst && !is_worse(judged, *worst)) continue;
    headline_ = i;
    worst = std::move(judged);
  }
  if (!worst) {
    report_.rto.verdict = invalid.empty() ? Verdict::Inconclusive : Verdict::Invalid;
    report_.rto.reason = invalid.empty() ? "no deciding stream was measured" : invalid;
    return;
  }
  // Without a fault nothing of a recovery was measured, however steady the service was.
  if (worst->measured && evidence_.fault_begun != kNever) {
    report_.rto.user_visible = worst->user_visible;
    report_.rto.service = worst->service;
  }
  report_.rto.verdict = worst->verdict;
  report_.rto.reason = worst->reason;
  report_.rto.decided_by = views_[*headline_].stream.name;
  const auto& held = analyses_[*headline_].held;
  if (!held.empty()) outage_ = &held[worst->held];
}

void Assessment::data() {
  std::optional<OnsetBounds> onset;
  std::optional<TimePoint> onset_at;
  if (headline_ && !analyses_[*headline_].held.empty()) {
    const HeldOutage& first = analyses_[*headline_].held.front();
    onset = OnsetBounds{first.away_from_lo, first.away_from_hi};
    onset_at = views_[*headline_].seen[first.first_bad].invoked;
  } else if (evidence_.fault_begun != kNever) {
    onset = OnsetBounds{evidence_.fault_begun, evidence_.fault_begun};
  }
  LedgerVerdicts ledger = check_ledger(evidence_, rows_, onset);
  report_.consistency = check_consistency(evidence_, rows_, onset_at);
  report_.rpo = objective("RPO", config_.rpo);
  const RpoJudgement judged = judge_rpo(ledger, config_.rpo, drill_invalid());
  if (rows_.any_read() && evidence_.fault_begun != kNever) {
    report_.rpo.user_visible = report_.rpo.service = ledger.rpo_time;
  }
  report_.rpo.verdict = judged.verdict;
  report_.rpo.reason = judged.reason;
  report_.rpo_records = ledger.result.lost;
  report_.ledger = std::move(ledger.result);
}

void Assessment::phases() {
  report_.steps = steps_of(evidence_.steps);
  if (outage_ == nullptr) {
    report_.phases = phases_without_outage(evidence_, config_.phase_targets);
    return;
  }
  const StreamView& decider = views_[*headline_];
  const Moments moments = find_moments(evidence_, views_, decider, *outage_, config_.hold);
  report_.phases = phases_of(moments, config_.phase_targets);
  report_.onset = moments.onset.at;
  report_.sustained = moments.sustained.at;
}

void Assessment::criteria() {
  const TimePoint failback =
      std::min(phase_at(evidence_, Phase::Failback),
               std::min(phase_at(evidence_, Phase::Reporting), evidence_.ended));
  const TimePoint validation = phase_at(evidence_, Phase::Validation);
  TimePoint from = kNever;
  if (headline_ && outage_ == nullptr) from = evidence_.fault_begun;
  if (outage_ != nullptr && outage_->first_good) {
    from = views_[*headline_].seen[*outage_->first_good].invoked;
  }
  const CriteriaWindow degraded{"degraded", from, std::min(validation, failback)};
  const CriteriaWindow validating{"validation", validation, failback};
  CriteriaInputs inputs;
  inputs.apdex_target = config_.apdex_target;
  for (const Criterion& c : config_.validation) {
    if (inputs.apdex_target > Duration::zero() || c.metric != "ApiResponseMillis") continue;
    if (!c.operation.empty()) continue;
    inputs.apdex_target = Duration(static_cast<std::int64_t>(c.target * 1e6));
  }
  inputs.consistency_of = report_.consistency.score_of;
  if (inputs.consistency_of > 0) inputs.consistency_percent = report_.consistency.score_percent;
  for (const Criterion& c : config_.degraded) {
    report_.criteria.push_back(judge(c, degraded, evidence_, inputs));
  }
  for (const Criterion& c : config_.validation) {
    report_.criteria.push_back(judge(c, validating, evidence_, inputs));
  }
}

void Assessment::watched() {
  const SampleGrid grid = sample_grid(evidence_, config_.sample);
  report_.monitoring = watch(config_.monitoring, evidence_, grid);
  report_.sample_period = config_.sample;
  std::vector<StreamId> deciding;
  for (const StreamResult& result : report_.streams) {
    if (result.stream.decides) deciding.push_back(result.stream.id);
  }
  report_.samples = samples_of(evidence_, grid, deciding);
}

void Assessment::verdict() {
  Reasons reasons;
  if (config_.rto) reasons.add(report_.rto.verdict, "RTO: " + report_.rto.reason);
  if (config_.rpo) reasons.add(report_.rpo.verdict, "RPO: " + report_.rpo.reason);
  if (!config_.rto && !config_.rpo) reasons.add(Verdict::Inconclusive, "no objective to judge");
  const std::string invalid = drill_invalid();
  if (!invalid.empty()) reasons.add(Verdict::Invalid, invalid);
  if (!report_.ledger.identities_hold) {
    reasons.add(Verdict::Invalid, "ledger: " + report_.ledger.problems.front());
  }
  const std::string hurt = damage(report_.ledger, report_.consistency);
  if (!hurt.empty()) reasons.add(Verdict::Missed, "data: " + hurt);
  if (evidence_.ending == Ending::NotWhole) {
    reasons.add(Verdict::Missed, "the system was not made whole: " + evidence_.ending_reason);
  }
  for (const CriterionResult& c : report_.criteria) {
    reasons.add(c.verdict, fmt::format("{} ({}): {}", label(c), c.window, c.reason));
  }
  for (const auto* rows : {&report_.phases, &report_.steps}) {
    for (const PhaseResult& row : *rows) {
      if (!row.met || *row.met) continue;
      reasons.add(Verdict::Missed, fmt::format("{}: {}", row.name, why_missed(row)));
    }
  }
  report_.verdict = reasons.verdict();
  report_.reasons = reasons.worst_first();
}

void Assessment::plots() {
  const TimePoint from = report_.steady_start;
  TimePoint until = evidence_.ended;
  if (until == kNever) {
    until = from;
    for (const StreamView& view : views_) {
      if (!view.seen.empty()) until = std::max(until, view.seen.back().invoked);
    }
  }
  for (const StreamView& view : views_) {
    report_.series.push_back(series_of(view, rows_, from, until));
  }
}

}  // namespace

Report assess(const AssessConfig& config, const Evidence& evidence) {
  return Assessment(config, evidence).run();
}

}  // namespace drill
