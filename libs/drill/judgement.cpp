// Bounds against objectives.
#include "drill/judgement.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/interval.h"

namespace drill {
namespace {

constexpr const char* kNotAsked = "the plan asks for none";

std::string range(const Bounds& bounds) {
  return base::interval(bounds.lower, bounds.upper);
}

/// "the service was away 2.10 – 2.13 s, users saw 2.10 – 2.12 s; objective 300 s"
std::string describe(const RtoJudgement& judged, const RtoRules& rules) {
  std::string text = fmt::format("the service was away {}, users saw {}", range(judged.service),
                                 range(judged.user_visible));
  if (!judged.service.upper) text += "; it was not back for the hold while it was watched";
  if (rules.objective) text += fmt::format("; objective {}", base::human(*rules.objective));
  return text;
}

RtoJudgement judge_without_outage(const StreamView& view, const OutageAnalysis& analysis,
                                  const RtoRules& rules) {
  RtoJudgement out;
  const Duration gap = analysis.largest_gap;
  out.user_visible = {Duration::zero(), gap};
  out.service = {Duration::zero(), view.stream.deadline + gap};
  out.reason = fmt::format("no refusal longer than {} and no hang longer than {}", base::human(gap),
                           base::human(*out.service.upper));
  if (rules.objective) out.verdict = judge(out.user_visible, out.service, *rules.objective);
  return out;
}

RtoJudgement judge_outage(const StreamView& view, const OutageAnalysis& analysis,
                          const RtoRules& rules, std::size_t index) {
  const HeldOutage& outage = analysis.held[index];
  RtoJudgement out;
  out.held = index;
  out.user_visible = outage.user_visible;
  out.service = outage.service;
  if (index == 0 && rules.zero_point != ZeroPoint::Onset) {
    if (rules.zero == kNever) {
      out.reason = fmt::format("its zero point, {}, was not observed", name(rules.zero_point));
      return out;
    }
    const CountedOutage counted = counted_from(outage, view, rules.zero, rules.unsure);
    out.user_visible = counted.user_visible;
    out.service = counted.service;
  }
  if (outage.stalled) {
    out.blind = true;
    out.verdict = Verdict::Invalid;
    out.reason = "the instrument stood still across the beginning or the end of the outage";
    return out;
  }
  if (rules.objective) out.verdict = judge(out.user_visible, out.service, *rules.objective);
  out.reason = describe(out, rules);
  if (index > 0) out.reason = fmt::format("it was back and went away again: {}", out.reason);
  return out;
}

}  // namespace

bool is_worse(const RtoJudgement& a, const RtoJudgement& b) {
  if (a.verdict != b.verdict) return a.verdict > b.verdict;
  if (!a.service.upper || !b.service.upper) return !a.service.upper && b.service.upper.has_value();
  return *a.service.upper > *b.service.upper;
}

RtoJudgement judge_stream(const StreamView& view, const OutageAnalysis& analysis,
                          const RtoRules& rules) {
  const bool measured = std::any_of(view.seen.begin(), view.seen.end(), [](const Observation& op) {
    return op.sight != Sight::Unseen;
  });
  if (!measured) {
    RtoJudgement none;
    none.measured = false;
    none.user_visible.upper = none.service.upper = std::nullopt;
    none.reason = "nothing was measured";
    return none;
  }
  RtoJudgement worst = analysis.held.empty() ? judge_without_outage(view, analysis, rules)
                                             : judge_outage(view, analysis, rules, 0);
  for (std::size_t i = 1; i < analysis.held.size(); ++i) {
    RtoJudgement later = judge_outage(view, analysis, rules, i);
    if (later.verdict > worst.verdict) worst = std::move(later);
  }
  if (!analysis.steady) {
    worst.verdict = Verdict::Invalid;
    worst.reason = fmt::format("no steady state before the fault: {}", analysis.unsteady_reason);
  }
  return worst;
}

RpoJudgement judge_rpo(const LedgerVerdicts& ledger, std::optional<Duration> objective,
                       const std::string& invalid) {
  const LedgerResult& r = ledger.result;
  if (!objective && !ledger.measured) return {std::nullopt, kNotAsked};
  if (objective && !invalid.empty()) return {Verdict::Invalid, invalid};
  if (objective && !r.identities_hold) return {Verdict::Invalid, r.problems.front()};
  if (!ledger.measured) return {Verdict::Inconclusive, "not measured: " + r.problems.back()};
  const std::string found =
      r.lost.value_or(0) == 0 ? fmt::format("none of {} acknowledged writes was lost, to within {}",
                                            r.ok, base::human(r.resolution))
                              : fmt::format("{} of {} acknowledged writes were lost, {} of them",
                                            *r.lost, r.ok, range(ledger.rpo_time));
  if (!objective) return {std::nullopt, fmt::format("{}; {}", kNotAsked, found)};
  const std::string reason = fmt::format("{}; objective {}", found, base::human(*objective));
  // With an objective of nothing, one lost write is one too many, however short its time.
  if (*objective == Duration::zero() && r.lost.value_or(0) > 0) return {Verdict::Missed, reason};
  return {judge(ledger.rpo_time, ledger.rpo_time, *objective), reason};
}

void Reasons::add(Verdict verdict, std::string reason) {
  if (verdict == Verdict::Met) return;
  verdict_ = worse(verdict_, verdict);
  const bool said = std::any_of(reasons_.begin(), reasons_.end(),
                                [&](const Reason& r) { return r.text == reason; });
  if (!said) reasons_.push_back({verdict, std::move(reason)});
}

std::vector<std::string> Reasons::worst_first() const {
  std::vector<std::string> out;
  for (const Verdict verdict : {Verdict::Invalid, Verdict::Missed, Verdict::Inconclusive}) {
    for (const Reason& reason : reasons_) {
      if (reason.verdict == verdict) out.push_back(reason.text);
    }
  }
  return out;
}

}  // namespace drill
