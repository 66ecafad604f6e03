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
  bool blind = false;  // it stood still across an end of the outage
};

/// One vantage, and what came of it.
struct Seat {
  const Evidence* evidence = nullptr;
  std::optional<Duration> unsure;  // its clock against the runner's; nothing: not known
  std::vector<drill::Stall> silences;
  std::vector<Outages> outages;   // parallel to its streams
  std::vector<Verdict> verdicts;  // of deciding streams
  Instrument instrument;
  TimePoint judged_from = kNever, judged_until = kNever;  // its outage
  bool fit = true;                                        // it can decide
  std::optional<std::size_t> worst;                       // of its deciding streams
  std::optional<StreamVerdict> judged;                    // that one
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
        rules_(rules),
        vantages_(bundle.evidence),
        e_(vantages_.seen_by(0)),
        rows_(vantages_.all()),
        origin_(e_.anchors.empty() ? TimePoint{} : e_.anchors.front().steady),
        tree_(origin_) {
    for (std::size_t k = 0; k < vantages_.count(); ++k) {
      Seat seat;
      seat.evidence = &vantages_.seen_by(k);
      seat.unsure = vantages_.between(k, std::size_t{0});
      seat.silences = silences(*seat.evidence);
      streams_.push_back(streams_of(*seat.evidence, seat.silences));
      seats_.push_back(std::move(seat));
    }
  }

  Recomputed run() {
    out_ = tree_.about(bundle_, rules_);
    find();
    judge_instrument();
    judge_rto();
    show_vantages();
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
    judgement_.healthy = seats_[decider_].instrument.healthy;
    out_.set("samplePeriodSeconds", seconds(rules_.sample))
        .set("samples", samples(e_, streams_.front(), periods, origin_))
        .set("monitoring", list_of(judgement_.watched, ReportTree::signal));
  }

  void find() {
    for (std::size_t k = 0; k < seats_.size(); ++k) find(seats_[k], k);
  }

  void find(Seat& seat, std::size_t k) {
    const std::vector<drill::StreamInfo>& all = seat.evidence->streams;
    const bool named = std::any_of(all.begin(), all.end(),
                                   [](const drill::StreamInfo& info) { return info.decides; });
    const std::string prefix = k == 0 ? "" : drill::vantage_name(k) + "/";
    // As early as it may have been by that vantage's clock.
    const auto early = [&](TimePoint at) { return shifted(at, -seat.unsure.value_or(Duration{})); };
    for (Stream& stream : streams_[k]) {
      const drill::StreamInfo& info = *stream.info;
      const std::vector<std::string>& chosen = rules_.decided_by;
      if (!chosen.empty()) {
        const bool own = info.name.starts_with(prefix);
        const std::string in_plan = own ? info.name.substr(prefix.size()) : info.name;
        stream.decides = std::find(chosen.begin(), chosen.end(), in_plan) != chosen.end();
      } else {
        stream.decides = named ? info.decides : info.kind == StreamKind::Ledger;
      }
      // The reference goes away when it wants to, not when the fault does.
      const bool own = info.kind == StreamKind::Reference || !seat.unsure;
      seat.outages.push_back(find_outages(
          stream, own ? Watch{rules_.hold, kNever, kNever}
                      : Watch{rules_.hold, early(e_.fault_begun), early(began(Phase::Failback))}));
    }
  }

  void judge_instrument() {
    for (std::size_t k = 0; k < seats_.size(); ++k) {
      Seat& seat = seats_[k];
      seat.judged_from = seat.judged_until = kNever;
      for (std::size_t i = 0; i < streams_[k].size(); ++i) {
        if (!streams_[k][i].decides || seat.outages[i].lasting.empty()) continue;
        const Outage& first = seat.outages[i].lasting.front();
        const TimePoint back =
            streams_[k][i].operations[first.good_after_last.value_or(first.last)].at;
        seat.judged_until = seat.judged_from == kNever ? back : std::max(seat.judged_until, back);
        seat.judged_from = std::min(seat.judged_from, first.away_from_early);
      }
      seat.instrument = check_instrument(*seat.evidence, streams_[k], seat.silences,
                                         seat.judged_from, seat.judged_until);
      const bool here = k == 0 || bundle_.evidence.vantages[k - 1].missing.empty();
      seat.fit = here && seat.unsure && seat.instrument.healthy;
    }
  }

  /// Nothing of this drill can be judged.
  bool void_drill() const {
    const bool ran = e_.ending == Ending::Completed || e_.ending == Ending::NotRecovered ||
                     e_.ending == Ending::NotWhole;
    const bool any = std::any_of(seats_.begin(), seats_.end(), [](const Seat& s) { return s.fit; });
    return !ran || e_.fault_begun == kNever || e_.fault_effective == kNever || !any;
  }

  TimePoint zero() const {
    if (rules_.zero_point == "FaultBegun") return e_.fault_begun;
    if (rules_.zero_point == "FaultEffective") return e_.fault_effective;
    if (rules_.zero_point == "Declared") return e_.declared;
    return kNever;
  }

  StreamVerdict judge_outage(std::size_t k, std::size_t stream, std::size_t index) const {
    const Outage& outage = seats_[k].outages[stream].lasting[index];
    StreamVerdict out{Verdict::Inconclusive, outage.users, outage.service, index};
    if (index == 0 && rules_.zero_point != "Onset") {
      if (zero() == kNever) return out;
      count_from(zero(), streams_[k][stream], outage, seats_[k].unsure.value_or(Duration::zero()),
                 out);
    }
    if (outage.blind) {
      out.blind = true;
      out.verdict = Verdict::Invalid;
    } else if (rules_.rto) {
      out.verdict = judge(out.users, out.service, *rules_.rto);
    }
    return out;
  }

  static void count_from(TimePoint zero, const Stream& stream, const Outage& outage,
                         Duration unsure, StreamVerdict& out) {
    const auto least = [&](TimePoint when) {
      return std::max(Duration::zero(), when - zero - unsure);
    };
    const auto most = [&](TimePoint when) {
      return std::max(Duration::zero(), when - zero + unsure);
    };
    out.users = {least(stream.operations[outage.last].at), std::nullopt};
    out.service = {least(outage.away_until), std::nullopt};
    if (!outage.good_after_last) return;
    const Operation& back = stream.operations[*outage.good_after_last];
    out.users.upper = most(back.at);
    out.service.upper = most(back.done);
  }

  StreamVerdict judge_stream(std::size_t k, std::size_t i) const {
    const Stream& stream = streams_[k][i];
    const Outages& outages = seats_[k].outages[i];
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
      out = judge_outage(k, i, 0);
      for (std::size_t n = 1; n < outages.lasting.size(); ++n) {
        // Back for S and away again is not recovered.
        const StreamVerdict later = judge_outage(k, i, n);
        if (later.verdict > out.verdict) out = later;
      }
    }
    if (!outages.steady) out.verdict = Verdict::Invalid;
    return out;
  }

  void judge_streams(std::size_t k) {
    Seat& seat = seats_[k];
    seat.verdicts.resize(streams_[k].size());
    for (std::size_t i = 0; i < streams_[k].size(); ++i) {
      if (!streams_[k][i].decides) continue;
      StreamVerdict judged = judge_stream(k, i);
      if (void_drill() || !seat.fit) judged.verdict = Verdict::Invalid;
      seat.verdicts[i] = judged.verdict;
      if (seat.judged && !worse(judged, *seat.judged)) continue;
      seat.judged = judged;
      seat.worst = i;
    }
  }

  /// 2: it decides where any vantage can; 1: it is healthy and saw nothing, or stood still; 0: not.
  static int standing(const Seat& seat) {
    if (!seat.fit || !seat.judged) return 0;
    return seat.judged->measured && !seat.judged->blind ? 2 : 1;
  }

  /// The worst of those that stand best.
  void choose() {
    int best = 0;
    for (const Seat& seat : seats_) best = std::max(best, standing(seat));
    bool chosen = false;
    for (std::size_t k = 0; k < seats_.size(); ++k) {
      const Seat& seat = seats_[k];
      if (!seat.judged || !seat.unsure || standing(seat) < best) continue;
      if (chosen && !worse(*seat.judged, *seats_[decider_].judged)) continue;
      chosen = true;
      decider_ = k;
    }
  }

  const Outages* headline() const {
    const Seat& seat = seats_[decider_];
    return seat.worst ? &seat.outages[*seat.worst] : nullptr;
  }
  const Stream& decider() const { return streams_[decider_][*seats_[decider_].worst]; }

  void judge_rto() {
    Judged& rto = judgement_.rto;
    rto.objective = rules_.rto;
    for (std::size_t k = 0; k < seats_.size(); ++k) judge_streams(k);
    choose();
    const Seat& seat = seats_[decider_];
    out_.set("instrument", tree_.instrument(seat.instrument, seat.judged_from, seat.judged_until));
    const std::optional<StreamVerdict>& worst = seat.judged;
    if (!worst) {
      rto.verdict = void_drill() ? Verdict::Invalid : Verdict::Inconclusive;
    } else {
      // Without a fault nothing of a recovery was measured.
      if (worst->measured && e_.fault_begun != kNever) {
        rto.users = worst->users;
        rto.service = worst->service;
      }
      rto.verdict = worst->verdict;
      rto.decided_by = decider().info->name;
      if (!headline()->lasting.empty()) outage_ = &headline()->lasting[worst->outage];
    }
    out_.set("rto", ReportTree::objective("RTO", rto, rules_));
  }

  /// Each alone, where there are several.
  void show_vantages() {
    Node all = Node::sequence();
    for (std::size_t k = 0; seats_.size() > 1 && k < seats_.size(); ++k) {
      const Seat& seat = seats_[k];
      const Clock& clock = vantages_.clock(k);
      const Ledger ledger = check_ledger(*seat.evidence, rows_, {}, vantages_);
      adds_up_ &= ledger.attempts == ledger.ok + ledger.fail + ledger.info &&
                  (!rows_.any() || ledger.ok == ledger.kept + ledger.lost + ledger.delayed);
      std::optional<Interval> users, service;
      if (seat.judged && seat.judged->measured && seat.unsure && e_.fault_begun != kNever) {
        users = seat.judged->users;
        service = seat.judged->service;
      }
      const auto read = [&](std::uint64_t n) { return rows_.any() ? count(n) : Node(); };
      all.push(Node::map()
                   .set("name", drill::vantage_name(k))
                   .set("place", k == 0 ? e_.place : bundle_.evidence.vantages[k - 1].place)
                   .set("healthy", seat.fit)
                   .set("decided", headline() != nullptr && k == decider_)
                   .set("stream", seat.worst ? streams_[k][*seat.worst].info->name : std::string())
                   .set("userVisible", bounds(users))
                   .set("service", bounds(service))
                   .set("verdict", seat.judged ? Node(name(seat.judged->verdict)) : Node())
                   .set("clockUncertaintySeconds", seconds(seat.unsure))
                   .set("clockDriftSeconds", k > 0 && clock.known ? seconds(clock.drift) : Node())
                   .set("clockExchanges", count(clock.exchanges))
                   .set("attempts", count(ledger.attempts))
                   .set("ok", count(ledger.ok))
                   .set("fail", count(ledger.fail))
                   .set("info", count(ledger.info))
                   .set("kept", read(ledger.kept))
                   .set("lost", read(ledger.lost))
                   .set("delayed", read(ledger.delayed))
                   .set("instrument",
                        tree_.instrument(seat.instrument, seat.judged_from, seat.judged_until)));
    }
    out_.set("vantages", std::move(all));
  }

  void judge_data() {
    std::optional<Onset> onset;
    std::optional<TimePoint> first_bad;
    if (headline() != nullptr && !headline()->lasting.empty()) {
      const Outage& first = headline()->lasting.front();
      onset = Onset{first.away_from_early, first.away_from_late, decider_};
      first_bad = decider().operations[first.first].at;
    } else if (e_.fault_begun != kNever) {
      onset = Onset{e_.fault_begun, e_.fault_begun};
    }
    Ledger ledger = check_ledger(vantages_.all(), rows_, onset, vantages_);
    ledger.adds_up &= adds_up_;
    consistency_ = check_consistency(vantages_.all(), rows_, first_bad, vantages_, decider_);
    Judged& rpo = judgement_.rpo;
    rpo.objective = rules_.rpo;
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
      const std::vector<Operation>& ops = decider().operations;
      judgement_.phases = phases(e_, streams_, decider(), *outage_, rules_, vantages_, decider_);
      onset = ops[outage_->first].at;
      if (outage_->good_after_last) sustained = ops[*outage_->good_after_last].at;
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
      degraded.from = decider().operations[*outage_->good_after_first].at +
                      seats_[decider_].unsure.value_or(Duration::zero());
    } else if (outage_ == nullptr && headline() != nullptr) {
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
    for (std::size_t k = 0; k < seats_.size(); ++k) {
      for (std::size_t i = 0; i < streams_[k].size(); ++i) {
        all.push(tree_.stream(streams_[k][i], seats_[k].outages[i], seats_[k].verdicts[i]));
      }
    }
    out_.set("streams", std::move(all));
  }

  void plots() {
    TimePoint until = e_.ended;
    if (until == kNever) {
      until = origin_;
      for (const Stream& stream : streams_.front()) {
        if (!stream.operations.empty()) until = std::max(until, stream.operations.back().at);
      }
    }
    Node all = Node::sequence();
    for (const std::vector<Stream>& streams : streams_) {
      for (const Stream& stream : streams) {
        all.push(plotted(stream, rows_, origin_, until, origin_));
      }
    }
    out_.set("series", std::move(all));
  }

  const bundle::Bundle& bundle_;
  const Rules& rules_;
  Vantages vantages_;
  const Evidence& e_;  // the runner's: the whole drill, with what it measured itself
  Rows rows_;
  TimePoint origin_;
  ReportTree tree_;
  std::vector<std::vector<Stream>> streams_;  // by vantage
  std::vector<Seat> seats_;
  std::size_t decider_ = 0;         // the vantage of the headline
  bool adds_up_ = true;             // the ledger of each vantage
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
