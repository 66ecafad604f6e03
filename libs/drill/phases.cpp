// Where the time went.
#include "drill/phases.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "drill/criteria.h"

namespace drill {
namespace {

bool is_pinned(StreamKind kind) {
  return kind == StreamKind::PinnedOpen || kind == StreamKind::PinnedNew ||
         kind == StreamKind::LedgerPinned;
}

/// The first acknowledgement on a pinned stream of the new primary. An instance that took
/// operations before the onset already (an application server) was not promoted.
TimePoint find_promoted(const Evidence& evidence, std::span<const StreamView> views,
                        TimePoint onset) {
  TimePoint promoted = kNever;
  for (const StreamView& view : views) {
    if (!is_pinned(view.stream.kind) || view.stream.instance != evidence.new_primary) continue;
    bool refused_before = true;
    for (const Observation& op : view.seen) {
      if (op.outcome != Outcome::Ok || op.sight == Sight::Unseen) {
        if (op.sight == Sight::Bad && op.invoked < onset) refused_before = true;
        continue;
      }
      if (op.invoked < onset) {
        refused_before = false;
      } else if (refused_before) {
        promoted = std::min(promoted, op.invoked);
        break;
      }
    }
  }
  return promoted;
}

TimePoint first_good(const StreamView& decider, const HeldOutage& outage) {
  return outage.first_good ? decider.seen[*outage.first_good].invoked : kNever;
}

/// The first good operation through the service address after it was bad.
TimePoint find_redirected(std::span<const StreamView> views, const StreamView& decider,
                          const HeldOutage& outage) {
  const TimePoint onset = decider.seen[outage.first_bad].invoked;
  const StreamView* through = nullptr;
  for (const StreamView& view : views) {
    if (view.stream.kind != StreamKind::ServiceNew || view.seen.empty()) continue;
    const bool same_probe = view.stream.probe == decider.stream.probe;
    if (through == nullptr || same_probe) through = &view;
    if (same_probe) break;
  }
  if (through == nullptr) through = &decider;
  bool was_bad = false;
  for (const Observation& op : through->seen) {
    if (op.invoked < onset - through->stream.interval - through->stream.deadline) continue;
    if (op.sight == Sight::Bad) was_bad = true;
    // The judged stream goes through the service too and is usually the denser one: its g1 counts
    // where it came first, else a coarse grid of new connections would put the end before it.
    if (op.sight == Sight::Good && was_bad && op.invoked >= onset) {
      return std::min(op.invoked, first_good(decider, outage));
    }
  }
  return first_good(decider, outage);
}

/// Good latencies of the steady state give the baseline's p95; the moment after which the p95 of
/// every S stays within 10 % of it is looked for in steps of a tenth of S.
TimePoint find_warm(const StreamView& view, const HeldOutage& outage, TimePoint until,
                    Duration hold) {
  if (!outage.sustained || hold <= Duration::zero()) return kNever;
  std::vector<double> before;
  for (std::size_t i = 0; i < outage.first_bad; ++i) {
    if (view.seen[i].sight != Sight::Good) continue;
    before.push_back(static_cast<double>(view.seen[i].latency.count()));
  }
  const auto baseline = statistic_of(before, Statistic::P95);
  if (!baseline) return kNever;
  const TimePoint back = view.seen[*outage.sustained].invoked;
  std::size_t first = *outage.sustained;
  for (TimePoint from = back; from + hold <= until; from += hold / 10) {
    while (first < view.seen.size() && view.seen[first].invoked < from) ++first;
    std::vector<double> after;
    for (std::size_t i = first; i < view.seen.size() && view.seen[i].invoked < from + hold; ++i) {
      if (view.seen[i].sight != Sight::Good) continue;
      after.push_back(static_cast<double>(view.seen[i].latency.count()));
    }
    const auto p95 = statistic_of(after, Statistic::P95);
    if (p95 && *p95 <= 1.1 * *baseline) return from;
  }
  return kNever;
}

struct Milestone {
  const char* name;
  TimePoint at;
};

PhaseResult phase_between(const Milestone& from, const Milestone& to, const PhaseTargets& targets) {
  PhaseResult out;
  out.name = fmt::format("{}→{}", from.name, to.name);
  const auto target = targets.find(to.name);
  if (target != targets.end()) out.target = target->second;
  if (to.at == kNever) {
    out.detail = "not observed; its time is part of the next phase";
    if (out.target > Duration::zero()) out.met = false;
    return out;
  }
  out.took = to.at - from.at;
  out.out_of_order = *out.took < Duration::zero();
  if (out.target > Duration::zero()) out.met = *out.took <= out.target;
  if (out.out_of_order) out.detail = fmt::format("{} came before {}", to.name, from.name);
  return out;
}

}  // namespace

Moments find_moments(const Evidence& evidence, std::span<const StreamView> views,
                     const StreamView& decider, const HeldOutage& outage, Duration hold) {
  Moments out;
  out.onset = decider.seen[outage.first_bad].invoked;
  out.detected = evidence.declared;
  out.decided = evidence.decided;
  if (!evidence.new_primary.empty()) out.promoted = find_promoted(evidence, views, out.onset);
  out.redirected = find_redirected(views, decider, outage);
  if (outage.sustained) {
    out.sustained = decider.seen[*outage.sustained].invoked;
    const auto failback = evidence.phase_began.find(Phase::Failback);
    const TimePoint until =
        failback != evidence.phase_began.end() ? failback->second : decider.seen.back().invoked;
    out.warmed_up = find_warm(decider, outage, until, hold);
  }
  out.redundancy_restored = evidence.redundancy_restored;
  return out;
}

std::vector<PhaseResult> phases_of(const Moments& moments, const PhaseTargets& targets) {
  std::vector<PhaseResult> out;
  if (moments.onset == kNever) return out;
  const std::array<Milestone, 5> inside = {{{"detected", moments.detected},
                                            {"decided", moments.decided},
                                            {"promoted", moments.promoted},
                                            {"redirected", moments.redirected},
                                            {"sustained", moments.sustained}}};
  Milestone from{"onset", moments.onset};
  for (const Milestone& to : inside) {
    out.push_back(phase_between(from, to, targets));
    if (to.at != kNever) from = to;
  }
  if (moments.sustained == kNever) return out;
  const Milestone sustained{"sustained", moments.sustained};
  for (const Milestone& to : {Milestone{"warmedUp", moments.warmed_up},
                              Milestone{"redundancyRestored", moments.redundancy_restored}}) {
    out.push_back(phase_between(sustained, to, targets));
    if (to.at == kNever) out.back().detail = "not observed";
  }
  return out;
}

std::vector<PhaseResult> steps_of(std::span<const StepRun> steps) {
  std::vector<PhaseResult> out;
  for (const StepRun& step : steps) {
    PhaseResult row;
    row.name = step.name;
    row.target = step.target;
    row.detail = step.detail;
    const bool ran = step.began != kNever && step.ended != kNever;
    if (ran) row.took = step.ended - step.began;
    if (step.target > Duration::zero()) row.met = ran && step.ok && *row.took <= step.target;
    if (!ran && row.detail.empty()) row.detail = "never ended";
    out.push_back(std::move(row));
  }
  return out;
}

std::string target_warning(const PhaseTargets& targets, Duration objective) {
  Duration sum{};
  for (const auto& [moment, target] : targets) {
    if (moment != "warmedUp" && moment != "redundancyRestored") sum += target;
  }
  if (sum <= objective) return {};
  return fmt::format("the targets of the phases sum to {}, more than the objective of {}",
                     base::human(sum), base::human(objective));
}

}  // namespace drill
