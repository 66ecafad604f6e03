// The order in which everything is measured, and how the parts become one verdict.
#include "drill/assess.h"

#include <algorithm>
#include <span>

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
#include "drill/vantage.h"

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

/// What one vantage measured, and what came of it.
struct Seat {
  const Evidence* evidence = nullptr;
  std::size_t first = 0, count = 0;  // of all streams, these are its
  std::optional<Duration> unsure;    // its clock against the runner's; nothing: not known
  InstrumentResult instrument;
  std::string unfit;                   // why it cannot decide; empty: it can
  std::optional<std::size_t> worst;    // of its deciding streams
  std::optional<RtoJudgement> judged;  // that one
};

/// Everything that is computed once and used by several parts.
class Assessment {
 public:
  /// `parts`: the evidence of each vantage, [0] of the runner; `united`: of all together.
  Assessment(const AssessConfig& config, const Evidence& united,
             std::span<const Evidence* const> parts, const Clocks& clocks)
      : config_(config),
        evidence_(*parts.front()),
        united_(united),
        clocks_(clocks),
        rows_(RowIndex::build(united)) {
    for (std::size_t k = 0; k < parts.size(); ++k) {
      Seat seat;
      seat.evidence = parts[k];
      seat.unsure = clocks_.apart(k, std::size_t{0});
      seat.first = views_.size();
      for (StreamView& view : views_of(*parts[k], silences(*parts[k]))) {
        views_.push_back(std::move(view));
      }
      seat.count = views_.size() - seat.first;
      seats_.push_back(std::move(seat));
    }
  }

  Report run() {
    head();
    streams();
    instrument();
    rto();
    vantages();
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
  void judge_rto();
  void judge_streams(Seat& seat);
  void choose_headline();
  void vantages();
  VantageResult vantage(std::size_t index) const;
  void data();
  void phases();
  void criteria();
  void watched();
  void verdict();
  void plots();

  bool decides(const StreamInfo& stream, const Evidence& evidence) const;
  std::string drill_invalid() const;
  std::string no_healthy_vantage() const;
  std::span<const StreamView> views_of_seat(const Seat& seat) const {
    return std::span(views_).subspan(seat.first, seat.count);
  }
  ObjectiveResult objective(const char* name, std::optional<Duration> objective) const;

  const AssessConfig& config_;
  const Evidence& evidence_;  // the runner's: what was done, and what it measured itself
  const Evidence& united_;
  const Clocks& clocks_;
  RowIndex rows_;
  std::vector<StreamView> views_;  // of all vantages
  std::vector<Seat> seats_;
  std::size_t decider_ = 0;               // the vantage whose figures are the headline
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

bool Assessment::decides(const StreamInfo& stream, const Evidence& evidence) const {
  if (!config_.deciding.empty()) {
    const std::string name = clocks_.of(stream.id) == 0 ? stream.name : plan_name(stream);
    return std::find(config_.deciding.begin(), config_.deciding.end(), name) !=
           config_.deciding.end();
  }
  const bool named = std::any_of(evidence.streams.begin(), evidence.streams.end(),
                                 [](const StreamInfo& info) { return info.decides; });
  return named ? stream.decides : stream.kind == StreamKind::Ledger;
}

void Assessment::streams() {
  for (const Seat& seat : seats_) {
    // What another clock says began when the fault did, at the earliest.
    const Duration unsure = seat.unsure.value_or(Duration::zero());
    const OutageRules own{config_.hold, earlier(evidence_.fault_begun, unsure),
                          earlier(phase_at(evidence_, Phase::Failback), unsure)};
    for (const StreamView& view : views_of_seat(seat)) {
      // The reference has outages of its own, whatever the fault does.
      const bool free = view.stream.kind == StreamKind::Reference || !seat.unsure;
      analyses_.push_back(analyse(view, free ? OutageRules{config_.hold, kNever, kNever} : own));
      report_.streams.push_back(summarise(view, analyses_.back()));
      report_.streams.back().stream.decides = decides(view.stream, *seat.evidence);
    }
  }
}

void Assessment::instrument() {
  for (Seat& seat : seats_) {
    InstrumentRules rules;
    rules.reference_required = config_.reference_required;
    for (std::size_t i = seat.first; i < seat.first + seat.count; ++i) {
      if (!report_.streams[i].stream.decides || analyses_[i].held.empty()) continue;
      const HeldOutage& first = analyses_[i].held.front();
      rules.judged_from = std::min(rules.judged_from, first.away_from_lo);
      const TimePoint back = first.sustained ? views_[i].seen[*first.sustained].invoked
                                             : views_[i].seen[first.last_bad].invoked;
      rules.judged_until = rules.judged_until == kNever ? back : std::max(rules.judged_until, back);
    }
    seat.instrument = check_instrument(*seat.evidence, views_of_seat(seat), rules);
  }
  for (std::size_t k = 0; k < seats_.size(); ++k) {
    Seat& seat = seats_[k];
    if (k > 0) seat.unfit = united_.vantages[k - 1].missing;
    if (seat.unfit.empty() && !seat.unsure) seat.unfit = clocks_.fit(k).why;
    if (seat.unfit.empty() && !seat.instrument.healthy) seat.unfit = seat.instrument.detail;
  }
}

/// One that is unhealthy does not decide; that none is healthy leaves nothing to judge by.
std::string Assessment::no_healthy_vantage() const {
  const bool any = std::any_of(seats_.begin(), seats_.end(),
                               [](const Seat& seat) { return seat.unfit.empty(); });
  if (any) return {};
  if (seats_.size() == 1) return seats_.front().unfit;
  std::string out = "no vantage is healthy";
  for (std::size_t k = 0; k < seats_.size(); ++k) {
    out += fmt::format("{} {}: {}", k == 0 ? ":" : ";", vantage_name(k), seats_[k].unfit);
  }
  return out;
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
  return no_healthy_vantage();
}

ObjectiveResult Assessment::objective(const char* name, std::optional<Duration> objective) const {
  ObjectiveResult out;
  out.name = name;
  out.objective = objective;
  out.zero_point = drill::name(config_.zero_point);
  if (!objective) out.reason = "no objective";
  return out;
}

void Assessment::judge_streams(Seat& seat) {
  const std::string drill = drill_invalid();
  const std::string& invalid = drill.empty() ? seat.unfit : drill;
  RtoRules rules{config_.rto, config_.zero_point, zero_of(config_, evidence_), config_.hold};
  rules.unsure = seat.unsure.value_or(Duration::zero());
  for (std::size_t i = seat.first; i < seat.first + seat.count; ++i) {
    if (!report_.streams[i].stream.decides) continue;
    RtoJudgement judged = judge_stream(views_[i], analyses_[i], rules);
    if (!invalid.empty()) {
      judged.verdict = Verdict::Invalid;
      judged.reason = invalid;
    }
    report_.streams[i].verdict = judged.verdict;
    report_.streams[i].reason = judged.reason;
    if (seat.judged && !is_worse(judged, *seat.judged)) continue;
    seat.worst = i;
    seat.judged = std::move(judged);
  }
}

/// The worst of the vantages that can say something: healthy ones, and of these, where there are
/// any, those that saw both ends of the outage.
void Assessment::choose_headline() {
  const auto healthy = [](const Seat& seat) { return seat.judged && seat.unfit.empty(); };
  const auto saw = [&](const Seat& seat) {
    return healthy(seat) && seat.judged->measured && !seat.judged->blind;
  };
  const bool any_saw = std::any_of(seats_.begin(), seats_.end(), saw);
  const bool any_healthy = std::any_of(seats_.begin(), seats_.end(), healthy);
  for (std::size_t k = 0; k < seats_.size(); ++k) {
    const Seat& seat = seats_[k];
    if (!seat.judged || !seat.unsure || (any_saw ? !saw(seat) : any_healthy && !healthy(seat)))
      continue;
    if (headline_ && !is_worse(*seat.judged, *seats_[decider_].judged)) continue;
    headline_ = seat.worst;
    decider_ = k;
  }
}

void Assessment::rto() {
  report_.rto = objective("RTO", config_.rto);
  judge_rto();
  if (!config_.rto) report_.rto.verdict.reset();
}

void Assessment::judge_rto() {
  for (Seat& seat : seats_) judge_streams(seat);
  choose_headline();
  report_.instrument = seats_[decider_].instrument;
  const std::string invalid = drill_invalid();
  const std::optional<RtoJudgement>& worst = seats_[decider_].judged;
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

VantageResult Assessment::vantage(std::size_t index) const {
  const Seat& seat = seats_[index];
  const ClockFit& clock = clocks_.fit(index);
  VantageResult out;
  out.name = vantage_name(index);
  out.place = index == 0 ? evidence_.place : united_.vantages[index - 1].place;
  out.healthy = seat.unfit.empty();
  out.detail = out.healthy ? seat.instrument.detail : seat.unfit;
  out.decided = headline_ && index == decider_;
  if (seat.judged) {
    out.stream = views_[*seat.worst].stream.name;
    out.verdict = seat.judged->verdict;
    if (seat.judged->measured && seat.unsure && evidence_.fault_begun != kNever) {
      out.user_visible = seat.judged->user_visible;
      out.service = seat.judged->service;
    }
    if (seat.judged->verdict == Verdict::Invalid) out.detail = seat.judged->reason;
  }
  out.clock_uncertainty = seat.unsure;
  if (index > 0 && seat.unsure) out.clock_drift = clock.drift;
  out.clock_exchanges = clock.exchanges;
  out.instrument = seat.instrument;
  return out;
}

/// Each vantage alone, where there are several; the identities of the ledger hold for each.
void Assessment::vantages() {
  if (seats_.size() == 1) return;
  for (std::size_t k = 0; k < seats_.size(); ++k) {
    VantageResult& result = report_.vantages.emplace_back(vantage(k));
    const LedgerResult ledger = check_ledger(*seats_[k].evidence, rows_, {}, clocks_).result;
    result.attempts = ledger.attempts;
    result.ok = ledger.ok;
    result.fail = ledger.fail;
    result.info = ledger.info;
    result.kept = ledger.kept;
    result.lost = ledger.lost;
    result.delayed = ledger.delayed;
  }
}

void Assessment::data() {
  std::optional<OnsetBounds> onset;
  std::optional<TimePoint> onset_at;
  if (headline_ && !analyses_[*headline_].held.empty()) {
    const HeldOutage& first = analyses_[*headline_].held.front();
    onset = OnsetBounds{first.away_from_lo, first.away_from_hi, decider_};
    onset_at = views_[*headline_].seen[first.first_bad].invoked;
  } else if (evidence_.fault_begun != kNever) {
    onset = OnsetBounds{evidence_.fault_begun, evidence_.fault_begun};
  }
  LedgerVerdicts ledger = check_ledger(united_, rows_, onset, clocks_);
  for (const VantageResult& v : report_.vantages) {
    const bool adds_up =
        v.attempts == v.ok + v.fail + v.info && (!v.kept || v.ok == *v.kept + *v.lost + *v.delayed);
    if (adds_up) continue;
    ledger.result.identities_hold = false;
    ledger.result.problems.push_back(fmt::format("the writes of vantage {} do not add up", v.name));
  }
  report_.consistency = check_consistency(united_, rows_, onset_at, clocks_, decider_);
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
  const Moments moments = find_moments(evidence_, views_, decider, *outage_, config_.hold, clocks_);
  report_.phases = phases_of(moments, config_.phase_targets, clocks_);
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
    // Of another vantage: surely back by then, by the clock of the load.
    const Duration unsure = seats_[decider_].unsure.value_or(Duration::zero());
    from = views_[*headline_].seen[*outage_->first_good].invoked + unsure;
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
    if (result.stream.decides && clocks_.of(result.stream.id) == 0) {
      deciding.push_back(result.stream.id);
    }
  }
  report_.samples = samples_of(evidence_, grid, deciding);
}

void Assessment::verdict() {
  Reasons reasons;
  for (const ObjectiveResult* each : {&report_.rto, &report_.rpo}) {
    if (each->verdict) reasons.add(*each->verdict, each->name + ": " + each->reason);
  }
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
    for (const StreamView& view : views_of_seat(seats_.front())) {
      if (!view.seen.empty()) until = std::max(until, view.seen.back().invoked);
    }
  }
  for (const StreamView& view : views_) {
    report_.series.push_back(series_of(view, rows_, from, until));
  }
}

}  // namespace

Report assess(const AssessConfig& config, const Evidence& evidence) {
  if (evidence.vantages.empty()) {
    const Evidence* const alone[] = {&evidence};
    return Assessment(config, evidence, alone, Clocks()).run();
  }
  const Clocks clocks(evidence);
  const Placed placed = place(evidence, clocks);
  std::vector<const Evidence*> parts;
  for (const Evidence& part : placed.parts) parts.push_back(&part);
  return Assessment(config, placed.united, parts, clocks).run();
}

}  // namespace drill
