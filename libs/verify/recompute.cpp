#include "verify/recompute.h"

#include <algorithm>

#include "verify/buckets.h"
#include "verify/consistency.h"
#include "verify/figures.h"
#include "verify/report_tree.h"

namespace verify {
namespace {

using api::Node;
using drill::Ending;
using drill::Evidence;
using drill::Phase;
using drill::StreamKind;

Verdict judge(const Interval& users, const Interval& service, Duration objective) {
  if (service.upper && *service.upper <= objective) return Verdict::Met;
  return users.lower > objective ? Verdict::Missed : Verdict::Inconclusive;
}

/// How one deciding stream is judged, and by which of its outages.
struct StreamVerdict {
  Verdict verdict = Verdict::Inconclusive;
  Interval users, service;
  std::size_t outage = 0;
  bool measured = true;
};

bool worse(const StreamVerdict& a, const StreamVerdict& b) {
  if (a.verdict != b.verdict) return a.verdict > b.verdict;
  if (!b.service.upper) return false;
  return !a.service.upper || *a.service.upper > *b.service.upper;
}

class Recomputation {
 public:
  Recomputation(const bundle::Bundle& bundle, const Rules& rules)
      : bundle_(bundle),
        e_(bundle.evidence),
        rules_(rules),
        silences_(silences(e_)),
        streams_(streams_of(e_, silences_)),
        rows_(e_),
        origin_(e_.anchors.empty() ? TimePoint{} : e_.anchors.front().steady),
        tree_(origin_) {}

  Recomputed run() {
    out_ = tree_.about(bundle_, rules_);
    find();
    judge_instrument();
    judge_rto();
    judge_data();
    judge_phases();
    judge_criteria();
    judge_all();
    streams();
    plots();
    watch();
    out_.set("compliance", compliance(judgement_));
    out_.set("recommendations", recommendations(judgement_));
    return {std::move(out_), std::move(judgement_)};
  }

 private:
  TimePoint began(Phase phase) const {
    const auto found = e_.phase_began.find(phase);
    return found == e_.phase_began.end() ? kNever : found->second;
  }

  void watch() {
    const Periods periods = periods_of(e_, rules_.sample);
    judgement_.watched = watched(rules_, e_, periods);
    judgement_.healthy = instrument_.healthy;
    out_.set("samplePeriodSeconds", seconds(rules_.sample))
        .set("samples", samples(e_, streams_, periods, origin_))
        .set("monitoring", list_of(judgement_.watched, ReportTree::signal));
  }

  void find() {
    const bool named = std::any_of(e_.streams.begin(), e_.streams.end(),
                                   [](const drill::StreamInfo& info) { return info.decides; });
    for (Stream& stream : streams_) {
      const drill::StreamInfo& info = *stream.info;
      const std::vector<std::string>& chosen = rules_.decided_by;
      if (!chosen.empty()) {
        stream.decides = std::find(chosen.begin(), chosen.end(), info.name) != chosen.end();
      } else {
        stream.decides = named ? info.decides : info.kind == StreamKind::Ledger;
      }
      // The reference goes away when it wants to, not when the fault does.
      const bool own = info.kind == StreamKind::Reference;
      outages_.push_back(
          find_outages(stream, own ? Watch{rules_.hold, kNever, kNever}
                                   : Watch{rules_.hold, e_.fault_begun, began(Phase::Failback)}));
    }
  }

  void judge_instrument() {
    TimePoint from = kNever, until = kNever;
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      if (!streams_[i].decides || outages_[i].lasting.empty()) continue;
      const Outage& first = outages_[i].lasting.front();
      const TimePoint back = streams_[i].operations[first.good_after_last.value_or(first.last)].at;
      until = from == kNever ? back : std::max(until, back);
      from = std::min(from, first.away_from_early);
    }
    instrument_ = check_instrument(e_, streams_, silences_, from, until);
    out_.set("instrument", tree_.instrument(instrument_, from, until));
  }

  /// Nothing of this drill can be judged.
  bool void_drill() const {
    const bool ran = e_.ending == Ending::Completed || e_.ending == Ending::NotRecovered ||
                     e_.ending == Ending::NotWhole;
    return !ran || e_.fault_begun == kNever || e_.fault_effective == kNever || !instrument_.healthy;
  }

  TimePoint zero() const {
    if (rules_.zero_point == "FaultBegun") return e_.fault_begun;
    if (rules_.zero_point == "FaultEffective") return e_.fault_effective;
    if (rules_.zero_point == "Declared") return e_.declared;
    return kNever;
  }

  StreamVerdict judge_outage(std::size_t stream, std::size_t index) const {
    const Outage& outage = outages_[stream].lasting[index];
    StreamVerdict out{Verdict::Inconclusive, outage.users, outage.service, index};
    if (index == 0 && rules_.zero_point != "Onset") {
      if (zero() == kNever) return out;
      count_from(zero(), streams_[stream], outage, out);
    }
    if (outage.blind) {
      out.verdict = Verdict::Invalid;
    } else if (rules_.rto) {
      out.verdict = judge(out.users, out.service, *rules_.rto);
    }
    return out;
  }

  static void count_from(TimePoint zero, const Stream& stream, const Outage& outage,
                         StreamVerdict& out) {
    const auto since = [zero](TimePoint when) { return std::max(Duration::zero(), when - zero); };
    out.users = {since(stream.operations[outage.last].at), std::nullopt};
    out.service = {since(outage.away_until), std::nullopt};
    if (!outage.good_after_last) return;
    const Operation& back = stream.operations[*outage.good_after_last];
    out.users.upper = since(back.at);
    out.service.upper = since(back.done);
  }

  StreamVerdict judge_stream(std::size_t i) const {
    const Stream& stream = streams_[i];
    const Outages& outages = outages_[i];
    StreamVerdict out;
    const bool seen = std::any_of(stream.operations.begin(), stream.operations.end(),
                                  [](const Operation& op) { return op.word != Word::Nothing; });
    if (!seen) {
      out.measured = false;
      out.users.upper = out.service.upper = std::nullopt;
      return out;
    }
    if (outages.lasting.empty()) {
      out.users.upper = outages.gap;
      out.service.upper = outages.gap + stream.info->deadline;
      if (rules_.rto) out.verdict = judge(out.users, out.service, *rules_.rto);
    } else {
      out = judge_outage(i, 0);
      for (std::size_t k = 1; k < outages.lasting.size(); ++k) {
        // Back for S and away again is not recovered.
        const StreamVerdict later = judge_outage(i, k);
        if (later.verdict > out.verdict) out = later;
      }
    }
    if (!outages.steady) out.verdict = Verdict::Invalid;
    return out;
  }

  void judge_rto() {
    Judged& rto = judgement_.rto;
    rto.objective = rules_.rto.value_or(Duration::zero());
    verdicts_.resize(streams_.size());
    std::optional<StreamVerdict> worst;
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      if (!streams_[i].decides) continue;
      StreamVerdict judged = judge_stream(i);
      if (void_drill()) judged.verdict = Verdict::Invalid;
      verdicts_[i] = judged.verdict;
      if (worst && !worse(judged, *worst)) continue;
      worst = judged;
      headline_ = i;
    }
    if (!worst) {
      rto.verdict = void_drill() ? Verdict::Invalid : Verdict::Inconclusive;
    } else {
      // Without a fault nothing of a recovery was measured.
      if (worst->measured && e_.fault_begun != kNever) {
        rto.users = worst->users;
        rto.service = worst->service;
      }
      rto.verdict = worst->verdict;
      rto.decided_by = streams_[*headline_].info->name;
      if (!outages_[*headline_].lasting.empty()) {
        outage_ = &outages_[*headline_].lasting[worst->outage];
      }
    }
    out_.set("rto", ReportTree::objective("RTO", rto, rules_));
  }

  void judge_data() {
    std::optional<Onset> onset;
    std::optional<TimePoint> first_bad;
    if (headline_ && !outages_[*headline_].lasting.empty()) {
      const Outage& first = outages_[*headline_].lasting.front();
      onset = Onset{first.away_from_early, first.away_from_late};
      first_bad = streams_[*headline_].operations[first.first].at;
    } else if (e_.fault_begun != kNever) {
      onset = Onset{e_.fault_begun, e_.fault_begun};
    }
    const Ledger ledger = check_ledger(e_, rows_, onset);
    consistency_ = check_consistency(e_, rows_, first_bad);
    Judged& rpo = judgement_.rpo;
    rpo.objective = rules_.rpo.value_or(Duration::zero());
    if (rows_.any() && e_.fault_begun != kNever) rpo.users = rpo.service = ledger.rpo;
    if (rows_.any()) judgement_.lost = ledger.lost;
    rpo.verdict = judge_rpo(ledger);
    out_.set("rpo", ReportTree::objective("RPO", rpo, rules_));
    out_.set("rpoRecords", count(judgement_.lost));
    out_.set("ledger", tree_.ledger(ledger, rows_.any()));
    out_.set("consistency", ReportTree::consistency(consistency_));
    judgement_.ledger = ledger;
    judgement_.split_brain = consistency_.definite;
  }

  Verdict judge_rpo(const Ledger& ledger) const {
    if (void_drill() || !ledger.adds_up) return Verdict::Invalid;
    if (!ledger.measured || !rules_.rpo) return Verdict::Inconclusive;
    if (*rules_.rpo == Duration::zero() && ledger.lost > 0) return Verdict::Missed;
    return judge(ledger.rpo, ledger.rpo, *rules_.rpo);
  }

  void judge_phases() {
    judgement_.steps = steps(e_.steps);
    TimePoint onset = kNever, sustained = kNever;
    if (outage_ != nullptr) {
      const Stream& decider = streams_[*headline_];
      judgement_.phases = phases(e_, streams_, decider, *outage_, rules_);
      onset = decider.operations[outage_->first].at;
      if (outage_->good_after_last) sustained = decider.operations[*outage_->good_after_last].at;
    } else {
      judgement_.phases = phases_unseen(e_, rules_);
    }
    out_.set("steps", list_of(judgement_.steps, ReportTree::part));
    out_.set("phases", list_of(judgement_.phases, ReportTree::part));
    out_.set("onsetAtSeconds", tree_.at(onset));
    out_.set("sustainedAtSeconds", tree_.at(sustained));
  }

  void judge_criteria() {
    const TimePoint end = std::min({began(Phase::Failback), began(Phase::Reporting), e_.ended});
    const TimePoint validation = began(Phase::Validation);
    Window degraded{kNever, std::min(validation, end)};
    if (outage_ != nullptr && outage_->good_after_first) {
      degraded.from = streams_[*headline_].operations[*outage_->good_after_first].at;
    } else if (outage_ == nullptr && headline_) {
      degraded.from = e_.fault_begun;
    }
    Beside beside;
    beside.consistency_of = consistency_.percent_of;
    if (consistency_.percent_of > 0) beside.consistency = consistency_.percent;
    for (const Demand& d : rules_.validation) {
      if (d.metric != "ApiResponseMillis" || !d.operation.empty()) continue;
      beside.satisfied_within = Duration(static_cast<std::int64_t>(d.target * 1e6));
      if (beside.satisfied_within > Duration::zero()) break;
    }
    judge_demands(rules_.degraded, "degraded", degraded, beside);
    judge_demands(rules_.validation, "validation", {validation, end}, beside);
    out_.set("criteria", list_of(judgement_.demands, ReportTree::demand));
  }

  void judge_demands(const std::vector<Demand>& demands, const char* name, const Window& window,
                     const Beside& beside) {
    for (const Demand& demand : demands) {
      JudgedDemand judged{demand, name, measure(demand, window, e_, beside), false};
      if (judged.measured.value) {
        const double value = *judged.measured.value;
        judged.met = demand.at_most ? value <= demand.target : value >= demand.target;
      }
      judgement_.demands.push_back(std::move(judged));
    }
  }

  void judge_all() {
    Judgement& j = judgement_;
    j.whole = e_.ending != Ending::NotWhole;
    const auto worsen = [&j](Verdict verdict) { j.verdict = std::max(j.verdict, verdict); };
    if (rules_.rto) worsen(j.rto.verdict);
    if (rules_.rpo) worsen(j.rpo.verdict);
    if (!rules_.rto && !rules_.rpo) worsen(Verdict::Inconclusive);
    if (void_drill() || !j.ledger.adds_up) worsen(Verdict::Invalid);
    const bool harmed =
        j.ledger.corrupt + j.ledger.duplicate + j.ledger.phantom + j.split_brain > 0;
    if (harmed || !j.whole) worsen(Verdict::Missed);
    for (const JudgedDemand& demand : j.demands) {
      if (!demand.met) worsen(Verdict::Missed);
    }
    for (const std::vector<Part>* parts : {&j.phases, &j.steps}) {
      for (const Part& part : *parts) {
        if (part.met && !*part.met) worsen(Verdict::Missed);
      }
    }
    out_.set("verdict", name(j.verdict));
  }

  void streams() {
    Node all = Node::sequence();
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      all.push(tree_.stream(streams_[i], outages_[i], verdicts_[i]));
    }
    out_.set("streams", std::move(all));
  }

  void plots() {
    TimePoint until = e_.ended;
    if (until == kNever) {
      until = origin_;
      for (const Stream& stream : streams_) {
        if (!stream.operations.empty()) until = std::max(until, stream.operations.back().at);
      }
    }
    Node all = Node::sequence();
    for (const Stream& stream : streams_) {
      all.push(plotted(stream, rows_, origin_, until, origin_));
    }
    out_.set("series", std::move(all));
  }

  const bundle::Bundle& bundle_;
  const Evidence& e_;
  const Rules& rules_;
  std::vector<drill::Stall> silences_;
  std::vector<Stream> streams_;
  Rows rows_;
  TimePoint origin_;
  ReportTree tree_;
  std::vector<Outages> outages_;   // parallel to streams_
  std::vector<Verdict> verdicts_;  // of deciding streams
  Instrument instrument_;
  std::optional<std::size_t> headline_;
  const Outage* outage_ = nullptr;  // the judged one
  Consistency consistency_;
  Judgement judgement_;
  Node out_;
};

}  // namespace

std::string label(const JudgedDemand& judged) {
  const Demand& d = judged.demand;
  const std::string of = d.operation.empty() ? "" : " of " + d.operation;
  return d.metric + of + " (" + judged.window + ")";
}

const char* name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Met: return "Met";
    case Verdict::Inconclusive: return "Inconclusive";
    case Verdict::Missed: return "Missed";
    case Verdict::Invalid: return "Invalid";
  }
  return "?";
}

Recomputed recompute(const bundle::Bundle& bundle, const Rules& rules) {
  return Recomputation(bundle, rules).run();
}

}  // namespace verify
