// Scores and violations.
#include "drill/compliance.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "drill/consistency.h"

namespace drill {
namespace {

using Kinds = std::vector<StreamKind>;

/// Whether any stream of these kinds was good at least once.
bool any_good(const Evidence& evidence, const Kinds& kinds) {
  for (const StreamInfo& info : evidence.streams) {
    if (std::find(kinds.begin(), kinds.end(), info.kind) == kinds.end()) continue;
    for (const Record& record : evidence.records) {
      if (record.stream == info.id && record.outcome == Outcome::Ok) return true;
    }
  }
  return false;
}

bool has(const Evidence& evidence, StreamKind kind) {
  return std::any_of(evidence.streams.begin(), evidence.streams.end(),
                     [kind](const StreamInfo& info) { return info.kind == kind; });
}

bool final_reads(const Evidence& evidence) {
  const auto whole = [&](FinalRead::Which which) {
    return std::any_of(evidence.final_reads.begin(), evidence.final_reads.end(),
                       [which](const FinalRead& r) { return r.which == which && r.complete; });
  };
  return whole(FinalRead::Which::Survivor) && whole(FinalRead::Which::Rejoined);
}

bool queries_timed(const Evidence& evidence) {
  return std::any_of(evidence.load.begin(), evidence.load.end(), [](const LoadSample& sample) {
    return sample.service_time > Duration::zero();
  });
}

const Kinds kService = {StreamKind::ServiceNew, StreamKind::ServiceOpen, StreamKind::Ledger};
const Kinds kPinned = {StreamKind::PinnedOpen, StreamKind::PinnedNew, StreamKind::ReadPinned,
                       StreamKind::LedgerPinned};
const Kinds kPooled = {StreamKind::ServiceOpen, StreamKind::PinnedOpen, StreamKind::Ledger};

/// What each name of a plan's monitoring demands needs in the evidence.
using Look = std::function<bool(const Evidence&)>;
const std::map<std::string, Look>& looks() {
  static const std::map<std::string, Look> table = {
      {"DatabaseConnectivity",
       [](const Evidence& e) { return any_good(e, kPinned) || any_good(e, kService); }},
      {"ServiceAvailability", [](const Evidence& e) { return any_good(e, kService); }},
      {"HealthChecks", [](const Evidence& e) { return any_good(e, kService); }},
      {"ReplicationLag",
       [](const Evidence& e) {
         return std::any_of(e.lag.begin(), e.lag.end(),
                            [](const LagSample& sample) { return sample.bytes.has_value(); });
       }},
      {"Consistency", [](const Evidence& e) { return final_reads(e); }},
      {"PoolHealth", [](const Evidence& e) { return any_good(e, kPooled); }},
      {"QueryPerformance", [](const Evidence& e) { return queries_timed(e); }},
      {"Control", [](const Evidence& e) { return any_good(e, {StreamKind::Control}); }},
      {"Reference", [](const Evidence& e) { return !e.reference_outages.empty(); }},
  };
  return table;
}

double ratio_score(Verdict verdict, Duration objective, const Bounds& bounds) {
  if (verdict == Verdict::Met) return 100;
  if (verdict == Verdict::Invalid || !bounds.upper) return 0;
  // Inconclusive and missed: how much of the objective the upper bound is, and never a full score.
  const double share = base::to_seconds(objective) /
                       std::max(1e-9, base::to_seconds(std::max(*bounds.upper, objective)));
  return std::min(99.0, 100 * share);
}

std::string severity_of(double deviation) {
  if (deviation > 0.5) return "high";
  return deviation > 0.2 ? "medium" : "low";
}

double deviation_of(const CriterionResult& c) {
  if (!c.measured || c.target == 0) return 1;
  return c.at_most ? (*c.measured - c.target) / c.target : (c.target - *c.measured) / c.target;
}

void violate(Compliance& out, const ObjectiveResult& objective) {
  if (objective.verdict == Verdict::Met || objective.objective == Duration::zero()) return;
  const bool far = !objective.service.upper ||
                   *objective.service.upper > objective.objective + objective.objective / 2;
  const char* severity =
      objective.verdict == Verdict::Missed ? (far ? "critical" : "high") : "medium";
  out.violations.push_back({objective.name, severity, objective.reason});
}

void violate(Compliance& out, const std::vector<PhaseResult>& rows, const char* what) {
  for (const PhaseResult& row : rows) {
    if (!row.met || *row.met) continue;
    const double deviation =
        row.took ? base::to_seconds(*row.took - row.target) / base::to_seconds(row.target) : 1;
    const std::string took = row.took ? base::human(*row.took) : "not observed";
    out.violations.push_back({fmt::format("{} {}", what, row.name), severity_of(deviation),
                              fmt::format("{}, target {}", took, base::human(row.target))});
  }
}

/// Worst first, within a severity in the order they were found.
std::vector<Violation> by_severity(const std::vector<Violation>& violations) {
  std::vector<Violation> out;
  for (const char* severity : {"critical", "high", "medium", "low"}) {
    std::copy_if(violations.begin(), violations.end(), std::back_inserter(out),
                 [severity](const Violation& v) { return v.severity == severity; });
  }
  return out;
}

}  // namespace

std::vector<Watched> watch(const std::vector<std::string>& demands, const Evidence& evidence,
                           const InstrumentResult& instrument) {
  std::vector<std::string> wanted = demands;
  if (wanted.empty()) {
    wanted = {"ServiceAvailability", "Control", "Reference"};
    if (has(evidence, StreamKind::Ledger)) wanted.emplace_back("Consistency");
  }
  std::vector<Watched> out;
  for (const std::string& what : wanted) {
    const auto look = looks().find(what);
    const bool known = look != looks().end();
    const bool seen = known && look->second(evidence);
    out.push_back({what, seen, seen ? "" : known ? "no data" : "nothing here can watch it"});
  }
  out.push_back({"Instrument", instrument.healthy, instrument.detail});
  return out;
}

Compliance comply(const Report& report, const std::vector<Watched>& watched) {
  Compliance out;
  out.rto = ratio_score(report.rto.verdict, report.rto.objective, report.rto.service);
  out.rpo = ratio_score(report.rpo.verdict, report.rpo.objective, report.rpo.service);
  std::uint64_t met = 0;
  for (const CriterionResult& c : report.criteria) met += c.verdict == Verdict::Met;
  const auto share = [](std::uint64_t part, std::size_t of) {
    return of == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(of);
  };
  out.performance = share(met, report.criteria.size());
  std::uint64_t seen = 0;
  for (const Watched& w : watched) seen += w.seen;
  out.monitoring = share(seen, watched.size());
  out.score = (out.rto + out.rpo + out.performance + out.monitoring) / 4;

  if (const std::string hurt = damage(report.ledger, report.consistency); !hurt.empty()) {
    out.violations.push_back({"Data integrity", "critical", hurt});
  }
  if (report.ending == Ending::NotWhole) {
    out.violations.push_back({"Restoration", "critical", report.ending_reason});
  }
  violate(out, report.rto);
  violate(out, report.rpo);
  for (const CriterionResult& c : report.criteria) {
    if (c.verdict == Verdict::Met) continue;
    const std::string severity = c.measured ? severity_of(deviation_of(c)) : "medium";
    out.violations.push_back({fmt::format("{} ({})", c.metric, c.window), severity, c.reason});
  }
  violate(out, report.phases, "phase");
  violate(out, report.steps, "step");
  for (const Watched& w : watched) {
    if (w.seen) continue;
    out.violations.push_back({fmt::format("monitoring of {}", w.what),
                              w.what == "Instrument" ? "high" : "low", w.detail});
  }
  out.violations = by_severity(out.violations);
  return out;
}

}  // namespace drill
