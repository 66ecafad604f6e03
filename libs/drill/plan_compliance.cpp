#include "drill/plan_compliance.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

namespace drill {
namespace {

constexpr Duration kDay = base::seconds(86'400);

/// The newest drill that no override changed, else the newest one.
const Summary* reference(const std::vector<Summary>& oldest_first) {
  const auto plain = std::find_if(oldest_first.rbegin(), oldest_first.rend(),
                                  [](const Summary& row) { return row.overrides.empty(); });
  if (plain != oldest_first.rend()) return &*plain;
  return oldest_first.empty() ? nullptr : &oldest_first.back();
}

bool comparable(const Summary& row, const Summary& reference) {
  // A digest that is not known is the same as no other, its own drill's included.
  if (row.spec_digest.empty()) return row.drill_id == reference.drill_id;
  return row.spec_digest == reference.spec_digest;
}

void count(ObjectiveRecord& record, Verdict verdict) {
  switch (verdict) {
    case Verdict::Met: break;  // counted by drill/history.h
    case Verdict::Missed: ++record.missed; break;
    case Verdict::Inconclusive: ++record.inconclusive; break;
    case Verdict::Invalid: ++record.invalid; break;
  }
}

ObjectiveRecord record_of(std::span<const Summary> drills, const ObjectiveHistory& history,
                          const char* name, ObjectiveSummary Summary::* which) {
  ObjectiveRecord out;
  out.name = name;
  out.met = history.met;
  out.of = history.of;
  out.ratio = history.ratio;
  out.lower_bound = history.lower_bound;
  std::vector<double> uppers;
  Duration lower{}, upper{};
  Bounds worst;
  for (const Summary& row : drills) {
    const ObjectiveSummary& objective = row.*which;
    if (!objective.objective || !objective.verdict) continue;
    out.objective = objective.objective;
    count(out, *objective.verdict);
    if (objective.verdict == Verdict::Invalid || !objective.service) continue;
    const Bounds& bounds = *objective.service;
    uppers.push_back(bounds.upper ? base::to_seconds(*bounds.upper) : HUGE_VAL);
    lower += bounds.lower;
    worst.lower = std::max(worst.lower, bounds.lower);
    if (!bounds.upper) {
      worst.upper.reset();
    } else {
      upper += *bounds.upper;
      if (worst.upper) worst.upper = std::max(*worst.upper, *bounds.upper);
    }
  }
  out.trend = mann_kendall(uppers);
  if (uppers.empty()) return out;
  const auto figures = static_cast<std::int64_t>(uppers.size());
  out.worst = worst;
  out.mean = Bounds{lower / figures, std::nullopt};
  if (worst.upper) out.mean->upper = upper / figures;
  return out;
}

bool missed(const Summary& row) {
  return row.rto.verdict == Verdict::Missed || row.rpo.verdict == Verdict::Missed;
}

bool met(const Summary& row) {
  const bool asked = row.rto.verdict || row.rpo.verdict;
  return asked && row.rto.verdict.value_or(Verdict::Met) == Verdict::Met &&
         row.rpo.verdict.value_or(Verdict::Met) == Verdict::Met;
}

bool decided(const Summary& row) {
  return row.verdict != Verdict::Invalid && (missed(row) || met(row));
}

std::string days(std::int64_t count) {
  return fmt::format("{} day{}", count, count == 1 ? "" : "s");
}

void judge_age(PlanCompliance& out, WallTime now) {
  const auto last = std::find_if(out.drills.rbegin(), out.drills.rend(), decided);
  if (last == out.drills.rend()) {
    out.missed = false;
    out.reasons.push_back(fmt::format(
        "none of {} drill{} decided whether the objectives are met: there is no evidence",
        out.drills.size(), out.drills.size() == 1 ? "" : "s"));
    return;
  }
  out.last_tested = last->started;
  out.last_tested_by = last->drill_id;
  out.age = std::max(Duration::zero(), Duration(now - last->started));
  out.stale = out.age > kDay * out.max_age_days;
  out.missed = missed(*last);
  if (out.stale) {
    out.reasons.push_back(
        fmt::format("the evidence is stale: the last drill that decided anything "
                    "is {} old, {} are allowed (maxAgeDays)",
                    days(out.age / kDay), days(out.max_age_days)));
  }
  for (const auto& [name, objective] : {std::pair{"RTO", last->rto}, {"RPO", last->rpo}}) {
    if (objective.verdict != Verdict::Missed) continue;
    out.reasons.push_back(
        fmt::format("{} of {} was missed by the last drill that decided it, {}", name,
                    base::human(objective.objective.value_or(Duration::zero())), last->drill_id));
  }
}

void collect_violations(PlanCompliance& out) {
  for (auto row = out.drills.rbegin(); row != out.drills.rend(); ++row) {
    if (row->ending == Ending::Aborted) continue;  // what it lacks, the abort took from it
    for (const Violation& violation : row->violations) {
      out.violations.push_back({row->drill_id, row->started, violation});
    }
  }
}

}  // namespace

PlanCompliance assess_history(std::span<const Summary> drills, std::int64_t max_age_days,
                              WallTime now) {
  std::vector<Summary> all(drills.begin(), drills.end());
  std::sort(all.begin(), all.end(), [](const Summary& a, const Summary& b) {
    return std::tie(a.started, a.drill_id) < std::tie(b.started, b.drill_id);
  });
  PlanCompliance out;
  out.max_age_days = max_age_days;
  if (const Summary* newest = reference(all)) {
    out.plan = newest->plan;
    out.profile = newest->profile;
    out.overrides = newest->overrides;
    out.spec_digest = newest->spec_digest;
    std::copy_if(all.begin(), all.end(), std::back_inserter(out.drills),
                 [&](const Summary& row) { return comparable(row, *newest); });
  }
  out.left_out = all.size() - out.drills.size();
  std::vector<PastDrill> past;
  std::transform(out.drills.begin(), out.drills.end(), std::back_inserter(past), past_drill);
  const HistorySummary history = summarise(past);
  out.rto = record_of(out.drills, history.rto, "RTO", &Summary::rto);
  out.rpo = record_of(out.drills, history.rpo, "RPO", &Summary::rpo);
  judge_age(out, now);
  collect_violations(out);
  out.recommendations = recommend(out);
  return out;
}

}  // namespace drill
