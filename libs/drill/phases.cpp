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
Moment find_promoted(const Evidence& evidence, std::span<const StreamView> views,
                     TimePoint onset_at, std::size_t onset_of, const Clocks& clocks) {
  Moment promoted;
  for (const StreamView& view : views) {
    if (!is_pinned(view.stream.kind) || view.stream.instance != evidence.new_primary) continue;
    const std::size_t vantage = clocks.of(view.stream.id);
    const auto off = clocks.apart(vantage, onset_of);
    if (!off) continue;
    // Before the onset is what surely was before it.
    const TimePoint onset = onset_at - *off;
    bool refused_before = true;
    TimePoint last_refusal = TimePoint::min();
    for (const Observation& op : view.seen) {
      if (op.outcome != Outcome::Ok || op.sight == Sight::Unseen) {
        if (op.sight != Sight::Bad) continue;
        // A timeout proves no refusal: it may have taken writes already, slowly.
        const bool refused = op.outcome == Outcome::Fail && op.cause != Cause::Blocked;
        if (refused) last_refusal = op.invoked;
        if (op.invoked < onset) refused_before = true;
        continue;
      }
      if (op.invoked < onset) {
        refused_before = false;
      } else if (refused_before) {
        // The acknowledgement is the proof: it took writes by then.
        if (op.invoked < promoted.at) promoted = {op.invoked, last_refusal, op.completed, vantage};
        break;
      }
    }
  }
  return promoted;
}

/// The last bad operation before this one; operations that say nothing are passed over.
TimePoint last_bad_before(const StreamView& view, std::size_t index) {
  while (index-- > 0) {
    if (view.seen[index].sight == Sight::Bad) return view.seen[index].invoked;
  }
  return TimePoint::min();
}

std::size_t whose(const StreamView& view, const Clocks& clocks) {
  return clocks.of(view.stream.id);
}

/// Users find the service there from here on: a matter of the moment of invocation.
Moment good_at(const StreamView& view, std::size_t index, std::size_t vantage) {
  const TimePoint at = view.seen[index].invoked;
  return {at, last_bad_before(view, index), at, vantage};
}

Moment first_good(const StreamView& decider, const HeldOutage& outage, std::size_t vantage) {
  return outage.first_good ? good_at(decider, *outage.first_good, vantage) : Moment{};
}

/// The first good operation through the service address after it was bad, from the same vantage.
Moment find_redirected(std::span<const StreamView> views, const StreamView& decider,
                       const HeldOutage& outage, const Clocks& clocks) {
  const TimePoint onset = decider.seen[outage.first_bad].invoked;
  const std::size_t vantage = whose(decider, clocks);
  const StreamView* through = nullptr;
  for (const StreamView& view : views) {
    if (view.stream.kind != StreamKind::ServiceNew || view.seen.empty()) continue;
    if (whose(view, clocks) != vantage) continue;
    const bool same_probe = view.stream.probe == decider.stream.probe;
    if (through == nullptr || same_probe) through = &view;
    if (same_probe) break;
  }
  if (through == nullptr) through = &decider;
  bool was_bad = false;
  for (std::size_t i = 0; i < through->seen.size(); ++i) {
    const Observation& op = through->seen[i];
    if (op.invoked < onset - through->stream.interval - through->stream.deadline) continue;
    if (op.sight == Sight::Bad) was_bad = true;
    // The judged stream goes through the service too and is usually the denser one: its g1 counts
    // where it came first, else a coarse grid of new connections would put the end before it.
    if (op.sight == Sight::Good && was_bad && op.invoked >= onset) {
      const Moment judged = first_good(decider, outage, vantage);
      return op.invoked < judged.at ? good_at(*through, i, vantage) : judged;
    }
  }
  return first_good(decider, outage, vantage);
}

Duration warm_step(Duration hold) {
  return hold / 10;
}

/// Good latencies of the steady state give the baseline's p95; the moment after which the p95 of
/// every S stays within 10 % of it is looked for in steps of a tenth of S.
Moment find_warm(const StreamView& view, const HeldOutage& outage, TimePoint until, Duration hold) {
  const Duration step = warm_step(hold);
  if (!outage.sustained || step <= Duration::zero()) return {};
  std::vector<double> before;
  for (std::size_t i = 0; i < outage.first_bad; ++i) {
    if (view.seen[i].sight != Sight::Good) continue;
    before.push_back(static_cast<double>(view.seen[i].latency.count()));
  }
  const auto baseline = statistic_of(before, Statistic::P95);
  if (!baseline) return {};
  const TimePoint back = view.seen[*outage.sustained].invoked;
  std::size_t first = *outage.sustained;
  for (TimePoint from = back; from + hold <= until; from += step) {
    while (first < view.seen.size() && view.seen[first].invoked < from) ++first;
    std::vector<double> after;
    for (std::size_t i = first; i < view.seen.size() && view.seen[i].invoked < from + hold; ++i) {
      if (view.seen[i].sight != Sight::Good) continue;
      after.push_back(static_cast<double>(view.seen[i].latency.count()));
    }
    const auto p95 = statistic_of(after, Statistic::P95);
    if (p95 && *p95 <= 1.1 * *baseline) return {from, from == back ? back : from - step, from};
  }
  return {};
}

/// Bounded by the last look that did not find it.
Moment redundancy_of(const Evidence& evidence) {
  Moment restored{evidence.redundancy_restored, TimePoint::min()};
  for (const InstanceLook& look : evidence.looks) {
    if (look.at > evidence.redundancy_restored) break;
    if (!look.redundant) restored.earliest = look.at;
  }
  return restored;
}

struct Milestone {
  const char* name;
  Moment when;
};

std::optional<Bounds> bounds_between(const Moment& from, const Moment& to, const Clocks& clocks) {
  if (from.earliest == TimePoint::min() || to.earliest == TimePoint::min()) return std::nullopt;
  const auto off = clocks.apart(from.vantage, to.vantage);
  if (!off) return std::nullopt;
  return Bounds{to.earliest - from.latest - *off, to.latest - from.earliest + *off};
}

PhaseResult phase_between(const Milestone& from, const Milestone& to, const PhaseTargets& targets,
                          const Clocks& clocks = {}) {
  PhaseResult out;
  out.name = fmt::format("{}→{}", from.name, to.name);
  const auto target = targets.find(to.name);
  if (target != targets.end()) out.target = target->second;
  if (!to.when.observed()) {
    out.detail = "not observed; its time is part of the next phase";
    if (out.target > Duration::zero()) out.met = false;
    return out;
  }
  out.took = to.when.at - from.when.at;
  out.bounds = bounds_between(from.when, to.when, clocks);
  out.out_of_order = *out.took < Duration::zero();
  if (out.target > Duration::zero()) out.met = *out.took <= out.target;
  if (out.out_of_order) out.detail = fmt::format("{} came before {}", to.name, from.name);
  return out;
}

}  // namespace

Moments find_moments(const Evidence& evidence, std::span<const StreamView> views,
                     const StreamView& decider, const HeldOutage& outage, Duration hold,
                     const Clocks& clocks) {
  Moments out;
  const std::size_t vantage = whose(decider, clocks);
  const Duration unsure = clocks.apart(vantage, 0).value_or(Duration{});
  const TimePoint onset = decider.seen[outage.first_bad].invoked;
  out.onset = {onset, outage.last_good ? decider.seen[*outage.last_good].invoked : TimePoint::min(),
               onset, vantage};
  // What was declared before this outage belongs to another one, which was over by then.
  const TimePoint earliest = onset - decider.stream.interval - decider.stream.deadline - unsure;
  if (evidence.declared >= earliest) out.detected = {evidence.declared};
  if (evidence.decided >= earliest) out.decided = {evidence.decided};
  if (!evidence.new_primary.empty()) {
    out.promoted = find_promoted(evidence, views, onset, vantage, clocks);
  }
  out.redirected = find_redirected(views, decider, outage, clocks);
  if (outage.sustained) {
    const TimePoint back = decider.seen[*outage.sustained].invoked;
    out.sustained = {back, decider.seen[outage.last_bad].invoked, back, vantage};
    const auto failback = evidence.phase_began.find(Phase::Failback);
    const TimePoint until = failback != evidence.phase_began.end()
                                ? earlier(failback->second, unsure)
                                : decider.seen.back().invoked;
    out.warmed_up = find_warm(decider, outage, until, hold);
    out.warmed_up.vantage = vantage;
    out.warm_step = warm_step(hold);
  }
  out.redundancy_restored = redundancy_of(evidence);
  return out;
}

std::vector<PhaseResult> phases_of(const Moments& moments, const PhaseTargets& targets,
                                   const Clocks& clocks) {
  std::vector<PhaseResult> out;
  if (!moments.onset.observed()) return out;
  const std::array<Milestone, 5> inside = {{{"detected", moments.detected},
                                            {"decided", moments.decided},
                                            {"promoted", moments.promoted},
                                            {"redirected", moments.redirected},
                                            {"sustained", moments.sustained}}};
  Milestone from{"onset", moments.onset};
  for (const Milestone& to : inside) {
    out.push_back(phase_between(from, to, targets, clocks));
    if (to.when.observed()) from = to;
  }
  if (!moments.sustained.observed()) return out;
  const Milestone sustained{"sustained", moments.sustained};
  for (const Milestone& to : {Milestone{"warmedUp", moments.warmed_up},
                              Milestone{"redundancyRestored", moments.redundancy_restored}}) {
    out.push_back(phase_between(sustained, to, targets, clocks));
    if (!to.when.observed()) out.back().detail = "not observed";
  }
  if (moments.warmed_up.observed() && moments.warm_step > Duration::zero()) {
    std::string& detail = out[out.size() - 2].detail;
    detail = fmt::format("the first S with its p95 within 10 % of the baseline's, in steps of {}",
                         base::human(moments.warm_step));
  }
  return out;
}

std::vector<PhaseResult> phases_without_outage(const Evidence& evidence,
                                               const PhaseTargets& targets) {
  const bool lost = std::any_of(
      evidence.looks.begin(), evidence.looks.end(),
      [&](const InstanceLook& look) { return look.at >= evidence.fault_begun && !look.redundant; });
  if (evidence.fault_begun == kNever || !lost) return {};
  PhaseResult row = phase_between({"faultBegun", {evidence.fault_begun, evidence.fault_begun}},
                                  {"redundancyRestored", redundancy_of(evidence)}, targets);
  if (!row.took) row.detail = "not observed";
  return {std::move(row)};
}

std::vector<PhaseResult> steps_of(std::span<const StepRun> steps) {
  std::vector<PhaseResult> out;
  for (const StepRun& step : steps) {
    PhaseResult row;
    row.name = step.name;
    row.target = step.target;
    row.detail = step.detail;
    const bool ran = step.began != kNever && step.ended != kNever;
    if (ran) {
      const Duration took = step.ended - step.began;
      row.took = took;
      row.bounds = Bounds{took, took};  // its ends are stamps of our own
    }
    if (step.target > Duration::zero()) row.met = ran && step.ok && *row.took <= step.target;
    if (!ran && row.detail.empty()) row.detail = "never ended";
    out.push_back(std::move(row));
  }
  return out;
}

std::string why_missed(const PhaseResult& row) {
  if (row.took && *row.took <= row.target) {
    return fmt::format("failed after {}{}{}", base::human(*row.took),
                       row.detail.empty() ? "" : ": ", row.detail);
  }
  return fmt::format("{}, target {}", row.took ? base::human(*row.took) : "not observed",
                     base::human(row.target));
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
