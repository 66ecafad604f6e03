#include "verify/report_tree.h"

#include <algorithm>
#include <map>

#include "verify/figures.h"
#include "verify/statistics.h"

namespace verify {

using api::Node;
using drill::Evidence;

namespace {

Node stream_info(const Stream& stream) {
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
      .set("decides", stream.decides)
      .set("signal", info.signal);
}

/// From the fault to the first answer with another address than before it, and the TTL behind that.
Node name_switch(const Evidence& e, const drill::StreamInfo& info) {
  std::string before, after;
  std::optional<std::int64_t> old;
  std::optional<Duration> ttl;
  std::optional<Interval> switched;
  TimePoint asked = kNever;
  for (const drill::Record& r : e.records) {
    if (r.stream != info.id || r.outcome != drill::Outcome::Ok) continue;
    const std::string address = r.server_id < e.servers.size() ? e.servers[r.server_id] : "";
    const bool early = r.completed < e.fault_begun;
    if (early) {
      old = r.value;
      before = address;
      ttl = std::max(ttl.value_or(Duration(0)), Duration(std::chrono::seconds(r.server_term)));
    }
    if (!old) break;
    if (r.value == *old) {
      asked = r.invoked;
    } else {
      after = address;
      switched = Interval{asked - e.fault_begun, r.completed - e.fault_begun};
      break;
    }
  }
  Node followed;
  if (switched && ttl) followed = seconds(*switched->upper + *ttl);
  return Node::map()
      .set("stream", info.name)
      .set("name", info.endpoint)
      .set("before", before)
      .set("after", after)
      .set("ttlSeconds", seconds(ttl))
      .set("switched", bounds(switched))
      .set("followedSeconds", std::move(followed));
}

std::string overrides_of(const Evidence& e) {
  const auto found = e.versions.find("overrides");
  return found == e.versions.end() ? "" : found->second;
}

}  // namespace

Node ReportTree::at(TimePoint when) const {
  return stamp(when, origin_);
}

Node ReportTree::about(const bundle::Bundle& bundle, const Rules& rules) const {
  const Evidence& e = bundle.evidence;
  Node versions = Node::map();
  for (const auto& [what, version] : e.versions) versions.set(what, version);
  Node phases = Node::map();
  for (const auto& [phase, when] : e.phase_began) phases.set(drill::name(phase), at(when));
  Node out = Node::map()
                 .set("drillId", e.drill_id)
                 .set("plan", rules.plan)
                 .set("failureType", rules.failure_type)
                 .set("description", rules.description)
                 .set("profile", e.profile)
                 .set("mode", rules.mode)
                 .set("versions", std::move(versions))
                 .set("overrides", overrides_of(e))
                 .set("specDigest", rules.spec_digest)
                 .set("loadSeed", count(e.load_seed))
                 .set("started", wall(bundle.about.started))
                 .set("finished", wall(bundle.about.finished))
                 .set("steadyStartNanoseconds", origin_.time_since_epoch().count())
                 .set("ending", drill::name(e.ending))
                 .set("endingReason", e.ending_reason)
                 .set("finalState", bundle.about.final_state)
                 .set("planYaml", bundle.documents.plan_yaml)
                 .set("phaseBegan", std::move(phases))
                 .set("faultBegunAtSeconds", at(e.fault_begun))
                 .set("endedAtSeconds", at(e.ended))
                 .set("timeline", list_of(e.timeline, [this](const drill::TimelineEvent& event) {
                        return Node::map()
                            .set("atSeconds", at(event.at))
                            .set("kind", drill::name(event.kind))
                            .set("subject", event.subject)
                            .set("text", event.text);
                      }));
  const drill::LagSample* lag = nullptr;
  for (const drill::LagSample& sample : e.lag) {
    if (sample.at <= e.fault_begun) lag = &sample;
  }
  Node lags = Node::sequence();
  if (lag != nullptr) {
    lags.push(Node::map()
                  .set("atSeconds", at(lag->at))
                  .set("bytes", count(lag->bytes))
                  .set("replayHeardSeconds", seconds(lag->replay_heard)));
  }
  Node names = Node::sequence();
  for (const drill::StreamInfo& info : e.streams) {
    const bool own = e.vantages.empty() || drill::vantage_of(info.id) == 0;
    if (own && info.kind == drill::StreamKind::Names) names.push(name_switch(e, info));
  }
  return out.set("lagAtFault", std::move(lags)).set("names", std::move(names));
}

Node ReportTree::stalls(const std::vector<drill::Stall>& all) const {
  return list_of(all, [this](const drill::Stall& stall) {
    return Node::map().set("fromSeconds", at(stall.from)).set("toSeconds", at(stall.to));
  });
}

/// All of them, and those that touch the judged outage; time that several share counts once.
Node ReportTree::stalled(const std::vector<drill::Stall>& all, TimePoint from,
                         TimePoint until) const {
  Duration longest{}, total{};
  std::optional<TimePoint> counted;
  std::vector<drill::Stall> touching;
  for (const drill::Stall& stall : all) {
    longest = std::max(longest, stall.to - stall.from);
    const TimePoint fresh = counted ? std::max(*counted, stall.from) : stall.from;
    if (stall.to > fresh) total += stall.to - fresh;
    counted = std::max(counted.value_or(stall.to), stall.to);
    if (stall.from <= until && stall.to >= from) touching.push_back(stall);
  }
  return Node::map()
      .set("count", count(all.size()))
      .set("longestSeconds", seconds(longest))
      .set("totalSeconds", seconds(total))
      .set("inOutage", stalls(touching));
}

Node ReportTree::known(const KnownOutage& outage) const {
  const bool hang = outage.known->kind == drill::ReferenceOutage::Kind::Hang;
  const Node truth = Node::map()
                         .set("kind", hang ? "Hang" : "Refuse")
                         .set("beganSeconds", at(outage.known->began))
                         .set("lengthSeconds", seconds(outage.known->length));
  return Node::map()
      .set("known", truth)
      .set("userVisible", bounds(outage.users))
      .set("service", bounds(outage.service))
      .set("contained", outage.contained);
}

Node ReportTree::instrument(const Instrument& instrument, TimePoint from, TimePoint until) const {
  return Node::map()
      .set("reference",
           list_of(instrument.known, [this](const KnownOutage& k) { return known(k); }))
      .set("controlHealthy", instrument.control_up)
      .set("stalls", stalls(instrument.stalls))
      .set("stalled", stalled(instrument.stalls, from, until))
      .set("wallStepsSeconds",
           list_of(instrument.wall_steps, [](Duration step) { return seconds(step); }))
      .set("healthy", instrument.healthy);
}

Node ReportTree::objective(const char* name, const Judged& judged, const Rules& rules) {
  return Node::map()
      .set("name", name)
      .set("objectiveSeconds", seconds(judged.objective))
      .set("userVisible", bounds(judged.users))
      .set("service", bounds(judged.service))
      .set("verdict", judged.objective ? Node(verify::name(judged.verdict)) : Node())
      .set("decidedBy", judged.decided_by)
      .set("zeroPoint", rules.zero_point);
}

Node ReportTree::signal(const Watched& w) {
  return Node::map()
      .set("signal", w.signal)
      .set("seen", count(w.seen))
      .set("samples", count(w.samples))
      .set("percent", w.percent)
      .set("monitored", w.monitored);
}

Node ReportTree::ledger(const Ledger& l, bool any_read) const {
  const auto read = [any_read](std::uint64_t n) { return any_read ? count(n) : Node(); };
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

Node ReportTree::consistency(const Consistency& c) {
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

Node ReportTree::part(const Part& part) {
  return Node::map()
      .set("name", part.name)
      .set("tookSeconds", seconds(part.took))
      .set("bounds", bounds(part.bounds))
      .set("targetSeconds", seconds(part.target))
      .set("met", part.met ? Node(*part.met) : Node())
      .set("outOfOrder", part.out_of_order);
}

Node ReportTree::demand(const JudgedDemand& judged) {
  const Demand& d = judged.demand;
  const bool of_times = d.metric.ends_with("Millis") || d.metric == "PerformanceRecoveryPercent";
  return Node::map()
      .set("window", judged.window)
      .set("metric", d.metric)
      .set("operation", d.operation)
      .set("statistic", of_times ? d.statistic : std::string())
      .set("atMost", d.at_most)
      .set("target", d.target)
      .set("measured", judged.measured.value ? Node(*judged.measured.value) : Node())
      .set("samples", count(judged.measured.samples))
      .set("verdict", judged.met ? "Met" : "Missed");
}

Node ReportTree::outage(const Stream& stream, const Outage& outage) const {
  const std::vector<Operation>& ops = stream.operations;
  return Node::map()
      .set("fromSeconds", at(ops[outage.first].at))
      .set("untilSeconds", outage.good_after_last ? at(ops[*outage.good_after_last].at) : Node())
      .set("userVisible", bounds(outage.users))
      .set("service", bounds(outage.service))
      .set("badOperations", count(outage.bad));
}

Node ReportTree::stream(const Stream& stream, const Outages& outages, Verdict verdict) const {
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
          .set("stream", stream_info(stream))
          .set("attempts", count(stream.records.size()))
          .set("ok", count(outcomes[drill::Outcome::Ok]))
          .set("fail", count(outcomes[drill::Outcome::Fail]))
          .set("info", count(outcomes[drill::Outcome::Info]))
          .set("bad", count(bad))
          .set("badByCause", std::move(by_cause))
          .set("windows",
               list_of(outages.runs, [&](const Outage& run) { return this->outage(stream, run); }))
          .set("downtime", seen > 0 ? bounds(outages.downtime) : Node())
          .set("largestGapSeconds", seen > 1 ? seconds(outages.gap) : Node())
          .set("baselineLatencyMaxSeconds", usual.empty() ? Node() : seconds(outages.slowest))
          .set("p50Seconds", quantile("P50"))
          .set("p95Seconds", quantile("P95"))
          .set("p99Seconds", quantile("P99"))
          .set("verdict", stream.decides ? Node(verify::name(verdict)) : Node());
  if (outages.lasting.empty()) {
    return out.set("outage", Node()).set("firstSuccessSeconds", Node());
  }
  const Outage& first = outages.lasting.front();
  std::optional<Duration> success;
  if (first.good_after_first) {
    success = stream.operations[*first.good_after_first].at - stream.operations[first.first].at;
  }
  return out.set("outage", this->outage(stream, first))
      .set("firstSuccessSeconds", seconds(success));
}

}  // namespace verify
