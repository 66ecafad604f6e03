#include "verify/recompute.h"

#include <algorithm>

#include "verify/buckets.h"
#include "verify/consistency.h"
#include "verify/figures.h"
#include "verify/statistics.h"

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

template <class T, class Make>
Node list(const std::vector<T>& items, Make make) {
  Node out = Node::sequence();
  for (const T& item : items) out.push(make(item));
  return out;
}

class Recomputation {
 public:
  Recomputation(const bundle::Bundle& bundle, const Rules& rules)
      : bundle_(bundle),
        e_(bundle.evidence),
        rules_(rules),
        silences_(silences(e_)),
        streams_(streams_of(e_, silences_)),
        rows_(e_) {
    origin_ = e_.anchors.empty() ? TimePoint{} : e_.anchors.front().steady;
  }

  Recomputed run() {
    about();
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
  Node at(TimePoint when) const { return stamp(when, origin_); }

  TimePoint began(Phase phase) const {
    const auto found = e_.phase_began.find(phase);
    return found == e_.phase_began.end() ? kNever : found->second;
  }

  /// What is told and not computed: the report has to tell the same.
  void about() {
    Node versions = Node::map();
    for (const auto& [what, version] : e_.versions) versions.set(what, version);
    Node phases = Node::map();
    for (const auto& [phase, when] : e_.phase_began) phases.set(name_of(phase), at(when));
    out_ = Node::map()
               .set("drillId", e_.drill_id)
               .set("plan", rules_.plan)
               .set("failureType", rules_.failure_type)
               .set("description", rules_.description)
               .set("profile", e_.profile)
               .set("mode", rules_.mode)
               .set("versions", std::move(versions))
               .set("overrides", overrides())
               .set("specDigest", rules_.spec_digest)
               .set("loadSeed", count(e_.load_seed))
               .set("started", wall(bundle_.about.started))
               .set("finished", wall(bundle_.about.finished))
               .set("steadyStartNanoseconds", origin_.time_since_epoch().count())
               .set("ending", ending_name())
               .set("endingReason", e_.ending_reason)
               .set("finalState", bundle_.about.final_state)
               .set("planYaml", bundle_.documents.plan_yaml)
               .set("phaseBegan", std::move(phases))
               .set("faultBegunAtSeconds", at(e_.fault_begun))
               .set("endedAtSeconds", at(e_.ended))
               .set("timeline", list(e_.timeline, [this](const drill::TimelineEvent& event) {
                      return Node::map()
                          .set("atSeconds", at(event.at))
                          .set("kind", drill::name(event.kind))
                          .set("subject", event.subject)
                          .set("text", event.text);
                    }));
    const drill::LagSample* lag = nullptr;
    for (const drill::LagSample& sample : e_.lag) {
      if (sample.at <= e_.fault_begun) lag = &sample;
    }
    Node lags = Node::sequence();
    if (lag != nullptr) {
      lags.push(Node::map()
                    .set("atSeconds", at(lag->at))
                    .set("bytes", count(lag->bytes))
                    .set("replayHeardSeconds", seconds(lag->replay_heard)));
    }
    out_.set("lagAtFault", std::move(lags));
  }

  std::string overrides() const {
    const auto found = e_.versions.find("overrides");
    return found == e_.versions.end() ? "" : found->second;
  }

  void watch() {
    const Periods periods = periods_of(e_, rules_.sample);
    judgement_.watched = watched(rules_, e_, periods);
    judgement_.healthy = instrument_.healthy;
    out_.set("samplePeriodSeconds", seconds(rules_.sample))
        .set("samples", samples(e_, streams_, periods, origin_))
        .set("monitoring", list(judgement_.watched, [](const Watched& w) {
               return Node::map()
                   .set("signal", w.signal)
                   .set("seen", count(w.seen))
                   .set("samples", count(w.samples))
                   .set("percent", w.percent)
                   .set("monitored", w.monitored);
             }));
  }

  static const char* name_of(Phase phase) { return drill::name(phase); }
  const char* ending_name() const { return drill::name(e_.ending); }

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
    out_.set("instrument",
             Node::map()
                 .set("reference", list(instrument_.known,
                                        [this](const KnownOutage& k) {
                                          return Node::map()
                                              .set("known", known(*k.known))
                                              .set("userVisible", bounds(k.users))
                                              .set("service", bounds(k.service))
                                              .set("contained", k.contained);
                                        }))
                 .set("controlHealthy", instrument_.control_up)
                 .set("stalls", stalls_node(instrument_.stalls))
                 .set("stalled", stalled(from, until))
                 .set("wallStepsSeconds",
                      list(instrument_.wall_steps, [](Duration step) { return seconds(step); }))
                 .set("healthy", instrument_.healthy));
  }

  Node stalls_node(const std::vector<drill::Stall>& stalls) const {
    return list(stalls, [this](const drill::Stall& stall) {
      return Node::map().set("fromSeconds", at(stall.from)).set("toSeconds", at(stall.to));
    });
  }

  /// All of them, and those that touch the judged outage; time that several share counts once.
  Node stalled(TimePoint from, TimePoint until) const {
    Duration longest{}, total{};
    std::optional<TimePoint> counted;
    std::vector<drill::Stall> touching;
    for (const drill::Stall& stall : instrument_.stalls) {
      longest = std::max(longest, stall.to - stall.from);
      const TimePoint fresh = counted ? std::max(*counted, stall.from) : stall.from;
      if (stall.to > fresh) total += stall.to - fresh;
      counted = std::max(counted.value_or(stall.to), stall.to);
      if (stall.from <= until && stall.to >= from) touching.push_back(stall);
    }
    return Node::map()
        .set("count", count(instrument_.stalls.size()))
        .set("longestSeconds", seconds(longest))
        .set("totalSeconds", seconds(total))
        .set("inOutage", stalls_node(touching));
  }

  Node known(const drill::ReferenceOutage& outage) const {
    const bool hang = outage.kind == drill::ReferenceOutage::Kind::Hang;
    return Node::map()
        .set("kind", hang ? "Hang" : "Refuse")
        .set("beganSeconds", at(outage.began))
        .set("lengthSeconds", seconds(outage.length));
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
    out_.set("rto", objective("RTO", rto));
  }

  Node objective(const char* name, const Judged& judged) const {
    return Node::map()
        .set("name", name)
        .set("objectiveSeconds", seconds(judged.objective))
        .set("userVisible", bounds(judged.users))
        .set("service", bounds(judged.service))
        .set("verdict", verify::name(judged.verdict))
        .set("decidedBy", judged.decided_by)
        .set("zeroPoint", rules_.zero_point);
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
    out_.set("rpo", objective("RPO", rpo));
    out_.set("rpoRecords", count(judgement_.lost));
    out_.set("ledger", ledger_node(ledger));
    out_.set("consistency", consistency_node());
    judgement_.ledger = ledger;
    judgement_.split_brain = consistency_.definite;
  }

  Verdict judge_rpo(const Ledger& ledger) const {
    if (void_drill() || !ledger.adds_up) return Verdict::Invalid;
    if (!ledger.measured || !rules_.rpo) return Verdict::Inconclusive;
    if (*rules_.rpo == Duration::zero() && ledger.lost > 0) return Verdict::Missed;
    return judge(ledger.rpo, ledger.rpo, *rules_.rpo);
  }

  Node ledger_node(const Ledger& l) const {
    const auto read = [this](std::uint64_t n) { return rows_.any() ? count(n) : Node(); };
    Node lost = Node::sequence();
    for (const std::uint64_t seq : l.lost_seqs) lost.push(count(seq));
    return Node::map()
        .set("attempts", count(l.attempts))
        .set("ok", count(l.ok))
        .set("fail", count(l.fail))
        .set("info", count(l.info))
        .set("kept", read(l.kept))
        .set("lost", read(l.lost))
        .set("delayed", read(l.delayed))
        .set("recoveredUnknown", read(l.recovered_unknown))
        .set("phantom", count(l.phantom))
        .set("duplicate", count(l.duplicate))
        .set("corrupt", count(l.corrupt))
        .set("holes", count(l.holes))
        .set("lostFoundOnOldPrimary", count(l.lost_on_old_primary))
        .set("crossCheckAgrees", l.cross_check ? Node(*l.cross_check) : Node())
        .set("lostSeqs", std::move(lost))
        .set("firstLostAtSeconds", l.first_lost ? at(*l.first_lost) : Node())
        .set("lastLostAtSeconds", l.last_lost ? at(*l.last_lost) : Node())
        .set("resolutionSeconds", seconds(l.resolution))
        .set("identitiesHold", l.adds_up);
  }

  Node consistency_node() const {
    const Consistency& c = consistency_;
    return Node::map()
        .set("splitBrainDefinite", count(c.definite))
        .set("splitBrainPossible", count(c.possible))
        .set("splitBrain", c.split_brain ? bounds(*c.split_brain) : Node())
        .set("splitBrainSurvived", count(c.survived))
        .set("fencingLatencySeconds", seconds(c.fencing))
        .set("staleReads", count(c.stale))
        .set("staleAgeMaxSeconds", seconds(c.stalest))
        .set("nonMonotonicReads", count(c.backwards))
        .set("scorePercent", c.percent)
        .set("scoreOf", count(c.percent_of));
  }

  static Node part_node(const Part& part) {
    return Node::map()
        .set("name", part.name)
        .set("tookSeconds", seconds(part.took))
        .set("bounds", bounds(part.bounds))
        .set("targetSeconds", seconds(part.target))
        .set("met", part.met ? Node(*part.met) : Node())
        .set("outOfOrder", part.out_of_order);
  }

  void judge_phases() {
    judgement_.steps = steps(e_.steps);
    TimePoint onset = kNever, sustained = kNever;
    if (outage_ != nullptr) {
      const Stream& decider = streams_[*headline_];
      judgement_.phases = phases(e_, streams_, decider, *outage_, rules_);
      onset = decider.operations[outage_->first].at;
      if (outage_->good_after_last) sustained = decider.operations[*outage_->good_after_last].at;
    }
    out_.set("steps", list(judgement_.steps, part_node));
    out_.set("phases", list(judgement_.phases, part_node));
    out_.set("onsetAtSeconds", at(onset));
    out_.set("sustainedAtSeconds", at(sustained));
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
    out_.set("criteria", list(judgement_.demands, demand_node));
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

  static Node demand_node(const JudgedDemand& judged) {
    const Demand& demand = judged.demand;
    const bool of_times = demand.metric.ends_with("Millis");
    return Node::map()
        .set("window", judged.window)
        .set("metric", demand.metric)
        .set("operation", demand.operation)
        .set("statistic", of_times ? demand.statistic : std::string())
        .set("atMost", demand.at_most)
        .set("target", demand.target)
        .set("measured", judged.measured.value ? Node(*judged.measured.value) : Node())
        .set("samples", count(judged.measured.samples))
        .set("verdict", judged.met ? "Met" : "Missed");
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

  Node outage_node(const Stream& stream, const Outage& outage) const {
    const std::vector<Operation>& ops = stream.operations;
    return Node::map()
        .set("fromSeconds", at(ops[outage.first].at))
        .set("untilSeconds", outage.good_after_last ? at(ops[*outage.good_after_last].at) : Node())
        .set("userVisible", bounds(outage.users))
        .set("service", bounds(outage.service))
        .set("badOperations", count(outage.bad));
  }

  static Node info_node(const Stream& stream) {
    const drill::StreamInfo& info = *stream.info;
    return Node::map()
        .set("id", std::int64_t{info.id.value()})
        .set("name", info.name)
        .set("probe", info.probe)
        .set("kind", drill::name(info.kind))
        .set("instance", info.instance)
        .set("endpoint", info.endpoint)
        .set("intervalSeconds", seconds(info.interval))
        .set("deadlineSeconds", seconds(info.deadline))
        .set("decides", stream.decides);
  }

  void streams() {
    Node all = Node::sequence();
    for (std::size_t i = 0; i < streams_.size(); ++i) all.push(stream_node(i));
    out_.set("streams", std::move(all));
  }

  Node stream_node(std::size_t i) const {
    const Stream& stream = streams_[i];
    const Outages& outages = outages_[i];
    std::map<drill::Outcome, std::uint64_t> outcomes;
    for (const drill::Record& r : stream.records) ++outcomes[r.outcome];
    std::map<drill::Cause, std::uint64_t> causes;
    std::uint64_t bad = 0;
    std::vector<double> usual;
    for (const Operation& op : stream.operations) {
      if (op.bad()) {
        ++bad;
        ++causes[op.record->cause];
      } else if (op.good() && op.at >= outages.steady_from && op.at <= outages.steady_until) {
        usual.push_back(static_cast<double>(op.latency.count()));
      }
    }
    const auto quantile = [&usual](const char* which) {
      const auto nanos = statistic(usual, which);
      return nanos ? seconds(Duration(static_cast<std::int64_t>(*nanos))) : Node();
    };
    const auto seen = std::count_if(stream.operations.begin(), stream.operations.end(),
                                    [](const Operation& op) { return op.word != Word::Nothing; });
    Node by_cause = Node::map();
    for (const auto& [cause, n] : causes) by_cause.set(drill::name(cause), count(n));
    Node out =
        Node::map()
            .set("stream", info_node(stream))
            .set("attempts", count(stream.records.size()))
            .set("ok", count(outcomes[drill::Outcome::Ok]))
            .set("fail", count(outcomes[drill::Outcome::Fail]))
            .set("info", count(outcomes[drill::Outcome::Info]))
            .set("bad", count(bad))
            .set("badByCause", std::move(by_cause))
            .set("windows",
                 list(outages.runs, [&](const Outage& run) { return outage_node(stream, run); }))
            .set("downtime", seen > 0 ? bounds(outages.downtime) : Node())
            .set("largestGapSeconds", seen > 1 ? seconds(outages.gap) : Node())
            .set("baselineLatencyMaxSeconds", usual.empty() ? Node() : seconds(outages.slowest))
            .set("p50Seconds", quantile("P50"))
            .set("p95Seconds", quantile("P95"))
            .set("p99Seconds", quantile("P99"))
            .set("verdict", stream.decides ? Node(name(verdicts_[i])) : Node());
    if (outages.lasting.empty()) {
      return out.set("outage", Node()).set("firstSuccessSeconds", Node());
    }
    const Outage& first = outages.lasting.front();
    std::optional<Duration> success;
    if (first.good_after_first) {
      success = stream.operations[*first.good_after_first].at - stream.operations[first.first].at;
    }
    return out.set("outage", outage_node(stream, first))
        .set("firstSuccessSeconds", seconds(success));
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
  TimePoint origin_{};
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
