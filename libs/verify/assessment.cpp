// Scores, violations and advice (measurement.md §6), from what was judged before.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "verify/figures.h"
#include "verify/recompute.h"

namespace verify {
namespace {

using api::Node;
using drill::Evidence;
using drill::StreamKind;

double in_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

/// 100 if met; else the share of the upper bound that the objective is, at most 99.
double score(const Judged& judged) {
  if (judged.verdict == Verdict::Met) return 100;
  if (judged.verdict == Verdict::Invalid || !judged.service.upper) return 0;
  const double upper = in_seconds(std::max(*judged.service.upper, judged.objective));
  return std::min(99.0, 100 * (in_seconds(judged.objective) / std::max(1e-9, upper)));
}

double percent(std::uint64_t part, std::size_t of) {
  return of == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(of);
}

/// How far beyond its target, as a share of it; nothing to compare with: all of it.
double deviation(double measured, double target, bool at_most) {
  return (at_most ? measured - target : target - measured) / target;
}

const char* severity(double beyond) {
  if (beyond > 0.5) return "high";
  return beyond > 0.2 ? "medium" : "low";
}

struct Violation {
  std::string what;
  std::string severity;
};

void violated(std::vector<Violation>& out, const char* name, const Judged& judged) {
  if (judged.verdict == Verdict::Met || judged.objective == Duration::zero()) return;
  const bool far =
      !judged.service.upper || *judged.service.upper > judged.objective + judged.objective / 2;
  const char* missed = far ? "critical" : "high";
  out.push_back({name, judged.verdict == Verdict::Missed ? missed : "medium"});
}

void violated(std::vector<Violation>& out, const char* what, const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    if (!part.met || *part.met) continue;
    const double beyond =
        part.took ? in_seconds(*part.took - part.target) / in_seconds(part.target) : 1;
    out.push_back({std::string(what) + " " + part.name, severity(beyond)});
  }
}

std::vector<Violation> violations(const Judgement& j) {
  std::vector<Violation> out;
  if (j.ledger.corrupt + j.ledger.duplicate + j.ledger.phantom + j.split_brain > 0) {
    out.push_back({"Data integrity", "critical"});
  }
  if (!j.whole) out.push_back({"Restoration", "critical"});
  violated(out, "RTO", j.rto);
  violated(out, "RPO", j.rpo);
  for (const JudgedDemand& judged : j.demands) {
    if (judged.met) continue;
    const Demand& d = judged.demand;
    const double beyond = judged.measured.value && d.target != 0
                              ? deviation(*judged.measured.value, d.target, d.at_most)
                              : 1;
    out.push_back({d.metric + " (" + judged.window + ")",
                   judged.measured.value ? severity(beyond) : "medium"});
  }
  violated(out, "phase", j.phases);
  violated(out, "step", j.steps);
  for (const auto& [what, seen] : j.watched) {
    if (!seen) out.push_back({"monitoring of " + what, what == "Instrument" ? "high" : "low"});
  }
  std::vector<Violation> worst_first;
  for (const char* level : {"critical", "high", "medium", "low"}) {
    std::copy_if(out.begin(), out.end(), std::back_inserter(worst_first),
                 [level](const Violation& v) { return v.severity == level; });
  }
  return worst_first;
}

struct Advice {
  bool high = false;
  std::string metric;
  double measured = 0, target = 0, beyond = 0;
};

/// What is certain at least where it was missed, else what is possible at most.
double figure(const Judged& judged) {
  if (judged.verdict == Verdict::Missed) return in_seconds(judged.users.lower);
  return in_seconds(judged.service.upper.value_or(judged.service.lower));
}

void advise(std::vector<Advice>& out, std::string metric, double measured, double target,
            bool at_most) {
  const double beyond = target > 0                ? deviation(measured, target, at_most)
                        : at_most && measured > 0 ? 1.0
                                                  : 0.0;
  if (beyond > 0.2) out.push_back({beyond > 0.5, std::move(metric), measured, target, beyond});
}

/// Automated failover beyond 300 s, synchronous replication beyond 60 s.
void advise_standing(std::vector<Advice>& out, const char* name, const Judged& judged,
                     double limit) {
  if (judged.verdict == Verdict::Invalid || figure(judged) <= limit) return;
  out.push_back({true, name, figure(judged), limit, figure(judged) / limit - 1});
}

bool any_acknowledged(const Evidence& e, std::initializer_list<StreamKind> kinds) {
  for (const drill::StreamInfo& info : e.streams) {
    if (std::find(kinds.begin(), kinds.end(), info.kind) == kinds.end()) continue;
    const auto [first, last] =
        std::equal_range(e.records.begin(), e.records.end(), drill::Record{.stream = info.id},
                         [](const auto& a, const auto& b) { return a.stream < b.stream; });
    if (std::any_of(first, last,
                    [](const drill::Record& r) { return r.outcome == drill::Outcome::Ok; })) {
      return true;
    }
  }
  return false;
}

bool read_whole(const Evidence& e, drill::FinalRead::Which which) {
  return std::any_of(e.final_reads.begin(), e.final_reads.end(),
                     [which](const auto& read) { return read.which == which && read.complete; });
}

bool seen(const std::string& what, const Evidence& e) {
  using Which = drill::FinalRead::Which;
  const auto service = [&e] {
    return any_acknowledged(e,
                            {StreamKind::ServiceNew, StreamKind::ServiceOpen, StreamKind::Ledger});
  };
  if (what == "ServiceAvailability" || what == "HealthChecks") return service();
  if (what == "DatabaseConnectivity") {
    return service() || any_acknowledged(e, {StreamKind::PinnedOpen, StreamKind::PinnedNew,
                                             StreamKind::ReadPinned, StreamKind::LedgerPinned});
  }
  if (what == "PoolHealth") {
    return any_acknowledged(e,
                            {StreamKind::ServiceOpen, StreamKind::PinnedOpen, StreamKind::Ledger});
  }
  if (what == "ReplicationLag") return !e.lag.empty();
  if (what == "Consistency") {
    return read_whole(e, Which::Survivor) && read_whole(e, Which::Rejoined);
  }
  if (what == "QueryPerformance") {
    return std::any_of(e.load.begin(), e.load.end(), [](const drill::LoadSample& s) {
      return s.service_time > Duration::zero();
    });
  }
  if (what == "Control") return any_acknowledged(e, {StreamKind::Control});
  return what == "Reference" && !e.reference_outages.empty();
}

}  // namespace

Node compliance(const Judgement& j) {
  const auto met = std::count_if(j.demands.begin(), j.demands.end(),
                                 [](const JudgedDemand& d) { return d.met; });
  const auto watching = std::count_if(j.watched.begin(), j.watched.end(),
                                      [](const auto& each) { return each.second; });
  const double rto = score(j.rto);
  const double rpo = score(j.rpo);
  const double performance = percent(static_cast<std::uint64_t>(met), j.demands.size());
  const double monitoring = percent(static_cast<std::uint64_t>(watching), j.watched.size());
  Node all = Node::sequence();
  for (const Violation& v : violations(j)) {
    all.push(Node::map().set("what", v.what).set("severity", v.severity));
  }
  return Node::map()
      .set("rto", rto)
      .set("rpo", rpo)
      .set("performance", performance)
      .set("monitoring", monitoring)
      .set("score", (rto + rpo + performance + monitoring) / 4)
      .set("violations", std::move(all));
}

Node recommendations(const Judgement& j) {
  Node out = Node::sequence();
  if (j.verdict == Verdict::Invalid) return out;
  std::vector<Advice> all;
  for (const auto& [name, judged] : {std::pair("RTO", &j.rto), std::pair("RPO", &j.rpo)}) {
    if (judged->verdict == Verdict::Invalid || judged->objective == Duration::zero()) continue;
    advise(all, name, figure(*judged), in_seconds(judged->objective), true);
  }
  advise_standing(all, "RTO", j.rto, 300);
  advise_standing(all, "RPO", j.rpo, 60);
  for (const JudgedDemand& d : j.demands) {
    if (!d.measured.value) continue;
    advise(all, d.demand.metric + " (" + d.window + ")", *d.measured.value, d.demand.target,
           d.demand.at_most);
  }
  for (const std::vector<Part>* parts : {&j.phases, &j.steps}) {
    for (const Part& part : *parts) {
      if (!part.took || part.target <= Duration::zero()) continue;
      advise(all, part.name, in_seconds(*part.took), in_seconds(part.target), true);
    }
  }
  std::sort(all.begin(), all.end(), [](const Advice& a, const Advice& b) {
    return std::tuple(!a.high, -a.beyond, std::string_view(a.metric)) <
           std::tuple(!b.high, -b.beyond, std::string_view(b.metric));
  });
  for (const Advice& a : all) {
    out.push(Node::map()
                 .set("priority", a.high ? "high" : "medium")
                 .set("metric", a.metric)
                 .set("measured", a.measured)
                 .set("target", a.target));
  }
  return out;
}

std::vector<std::pair<std::string, bool>> watched(const Rules& rules, const Evidence& evidence,
                                                  bool healthy) {
  std::vector<std::string> wanted = rules.monitoring;
  if (wanted.empty()) {
    wanted = {"ServiceAvailability", "Control", "Reference"};
    const bool ledger =
        std::any_of(evidence.streams.begin(), evidence.streams.end(),
                    [](const auto& info) { return info.kind == StreamKind::Ledger; });
    if (ledger) wanted.emplace_back("Consistency");
  }
  std::vector<std::pair<std::string, bool>> out;
  for (const std::string& what : wanted) out.emplace_back(what, seen(what, evidence));
  out.emplace_back("Instrument", healthy);
  return out;
}

}  // namespace verify
