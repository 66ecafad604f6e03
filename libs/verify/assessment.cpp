// Scores, violations and advice (measurement.md §6), from what was judged before.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "verify/figures.h"
#include "verify/recompute.h"

namespace verify {
namespace {

using api::Node;

double in_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

/// 100 if met; else the share of the upper bound that the objective is, at most 99. Nothing: there
/// is no objective.
std::optional<double> score(const Judged& judged) {
  if (!judged.objective) return std::nullopt;
  if (judged.verdict == Verdict::Met) return 100;
  if (judged.verdict == Verdict::Invalid || !judged.service || !judged.service->upper) return 0;
  const double upper = in_seconds(std::max(*judged.service->upper, *judged.objective));
  return std::min(99.0, 100 * (in_seconds(*judged.objective) / std::max(1e-9, upper)));
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
  if (!judged.objective || judged.verdict == Verdict::Met) return;
  const bool far = !judged.service || !judged.service->upper ||
                   *judged.service->upper > *judged.objective + *judged.objective / 2;
  const char* missed = far ? "critical" : "high";
  out.push_back({name, judged.verdict == Verdict::Missed ? missed : "medium"});
}

void violated(std::vector<Violation>& out, const char* what, const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    if (!part.met || *part.met) continue;
    // A step that failed, or was never seen to end, is beyond its target altogether.
    const bool late = part.took && *part.took > part.target;
    const double beyond = late ? in_seconds(*part.took - part.target) / in_seconds(part.target) : 1;
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
    out.push_back({label(judged), judged.measured.value ? severity(beyond) : "medium"});
  }
  violated(out, "phase", j.phases);
  violated(out, "step", j.steps);
  for (const Watched& w : j.watched) {
    if (w.monitored) continue;
    out.push_back({"monitoring of " + w.signal, w.percent < 50 ? "medium" : "low"});
  }
  if (!j.healthy) out.push_back({"monitoring of Instrument", "high"});
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
  if (judged.verdict == Verdict::Missed) return in_seconds(judged.users->lower);
  return in_seconds(judged.service->upper.value_or(judged.service->lower));
}

bool has_figure(const Judged& judged) {
  return judged.verdict != Verdict::Invalid && judged.service && judged.users;
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
  if (!has_figure(judged) || figure(judged) <= limit) return;
  out.push_back({true, name, figure(judged), limit, figure(judged) / limit - 1});
}

}  // namespace

Node compliance(const Judgement& j) {
  const std::optional<double> rto = score(j.rto);
  const std::optional<double> rpo = score(j.rpo);
  std::optional<double> performance;
  if (!j.demands.empty()) {
    const auto met = std::count_if(j.demands.begin(), j.demands.end(),
                                   [](const JudgedDemand& d) { return d.met; });
    performance = 100.0 * static_cast<double>(met) / static_cast<double>(j.demands.size());
  }
  // The instrument counts as one more signal.
  double monitoring = j.healthy ? 100 : 0;
  for (const Watched& w : j.watched) monitoring += w.percent;
  monitoring /= static_cast<double>(j.watched.size() + 1);
  double sum = monitoring;
  double parts = 1;
  for (const std::optional<double>& part : {rto, rpo, performance}) {
    if (!part) continue;
    sum += *part;
    parts += 1;
  }
  Node all = Node::sequence();
  for (const Violation& v : violations(j)) {
    all.push(Node::map().set("what", v.what).set("severity", v.severity));
  }
  const auto scored = [](const std::optional<double>& part) { return part ? Node(*part) : Node(); };
  return Node::map()
      .set("rto", scored(rto))
      .set("rpo", scored(rpo))
      .set("performance", scored(performance))
      .set("monitoring", monitoring)
      .set("score", sum / parts)
      .set("violations", std::move(all));
}

Node recommendations(const Judgement& j) {
  Node out = Node::sequence();
  if (j.verdict == Verdict::Invalid) return out;
  std::vector<Advice> all;
  for (const auto& [name, judged] : {std::pair("RTO", &j.rto), std::pair("RPO", &j.rpo)}) {
    if (!has_figure(*judged) || !judged->objective) continue;
    advise(all, name, figure(*judged), in_seconds(*judged->objective), true);
  }
  advise_standing(all, "RTO", j.rto, 300);
  advise_standing(all, "RPO", j.rpo, 60);
  for (const JudgedDemand& d : j.demands) {
    if (!d.measured.value) continue;
    advise(all, label(d), *d.measured.value, d.demand.target, d.demand.at_most);
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

}  // namespace verify
