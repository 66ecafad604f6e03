#include "sim/truth.h"

#include <algorithm>

#include <fmt/format.h>

#include "drill/instrument.h"
#include "drill/judgement.h"
#include "drill/ledger_check.h"
#include "drill/outage.h"
#include "sim/replication_sim.h"

namespace sim {
namespace {

using drill::Bounds;
using drill::Verdict;

std::string text(const Bounds& bounds) {
  return fmt::format("[{}, {}]", bounds.lower.count(), bounds.upper ? bounds.upper->count() : -1);
}

std::string text(const Span& span) {
  return fmt::format("[{}, {}]", span.lo.count(), span.hi.count());
}

/// The bounds must not exclude the truth: not lie above nor below all of it.
bool excludes(const Bounds& bounds, const Span& truth) {
  return bounds.lower > truth.hi || (bounds.upper && *bounds.upper < truth.lo);
}

/// An objective near the truth, so that every verdict comes up.
Duration draw_objective(base::Random& random, const OutageTruth& truth) {
  const auto near = truth.service.lo.count() + random.between(-60'000'000, 300'000'000);
  return Duration(std::max<std::int64_t>(near, 1));
}

std::string wrong_verdict(const drill::RtoJudgement& judged, Duration objective,
                          const OutageTruth& truth) {
  if (judged.verdict == Verdict::Met && truth.service.lo > objective) {
    return fmt::format("met, but the service was away {}", text(truth.service));
  }
  if (judged.verdict == Verdict::Missed && truth.user_visible.hi <= objective) {
    return fmt::format("missed, but users failed for {}", text(truth.user_visible));
  }
  return {};
}

void compare(Finding& out, const drill::OutageAnalysis& analysis, const drill::StreamView& view,
             const OutageTruth& truth) {
  const drill::HeldOutage& first = analysis.held.front();
  if (excludes(first.user_visible, truth.user_visible)) out.wrong = "user-visible outside";
  if (excludes(first.service, truth.service)) out.wrong = "service outside";
  out.what += fmt::format("; user {} of {}, service {} of {}", text(first.user_visible),
                          text(truth.user_visible), text(first.service), text(truth.service));
  const Duration published =
      view.seen[first.last_bad].invoked - view.seen[first.first_bad].invoked - analysis.delta;
  const bool blocked = view.seen[first.last_bad].cause == drill::Cause::Blocked;
  out.delta_rule_excludes = !blocked && published > truth.service.hi;
  if (!first.sustained) return;
  out.user_width = *first.user_visible.upper - first.user_visible.lower;
  out.service_width = *first.service.upper - first.service.lower;
}

}  // namespace

Finding try_outage(std::uint64_t seed, bool stalls) {
  base::Random random(seed);
  constexpr std::uint64_t kKinds = 6;
  Finding out;
  out.kind = static_cast<OutageKind>(random.below(stalls ? 3 : kKinds));
  const OutageScript script = draw_outage(random, out.kind, stalls);
  OutageTruth truth = truth_of(script);
  // A prober that stands still for less than 2Δ is not noticed: answers are stamped as much later.
  if (stalls) truth.user_visible.hi += 2 * script.interval;
  const drill::Evidence evidence = run_outage(script, random);
  const auto silences = drill::silences(evidence);
  const auto views = drill::views_of(evidence, silences);
  const drill::OutageRules rules{script.hold, script.fault_begun, drill::kNever};
  const drill::OutageAnalysis analysis = drill::analyse(views.front(), rules);
  drill::RtoRules rto;
  rto.objective = draw_objective(random, truth);
  const drill::RtoJudgement judged = drill::judge_stream(views.front(), analysis, rto);
  out.what = fmt::format("{}{}{}, D {}, verdict {}: {}", name(script.kind),
                         script.pooled ? ", open connections" : "", stalls ? ", stalls" : "",
                         base::human(script.deadline), drill::name(judged.verdict), judged.reason);
  out.judged = !analysis.held.empty() && judged.verdict != Verdict::Invalid;
  if (judged.verdict != Verdict::Invalid) {
    out.wrong = wrong_verdict(judged, *rto.objective, truth);
    if (out.wrong.empty() && analysis.held.empty() && excludes(judged.service, truth.service)) {
      out.wrong = "outage not seen and longer than the claim";
    }
  }
  if (out.judged && out.wrong.empty()) compare(out, analysis, views.front(), truth);
  return out;
}

std::string try_replication(std::uint64_t seed, std::uint64_t writes_max) {
  base::Random random(seed);
  const ReplicationScript script = draw_replication(random, writes_max);
  const ReplicationRun run = run_replication(script, random);
  const ReplicationTruth& truth = run.truth;
  const drill::RowIndex rows = drill::RowIndex::build(run.evidence);
  const auto found =
      drill::check_ledger(run.evidence, rows, drill::OnsetBounds{truth.onset, truth.onset});
  const drill::LedgerResult& r = found.result;
  if (!r.identities_hold || !found.measured) return "identities: " + r.problems.front();
  if (!r.lost || !r.delayed || !r.recovered_unknown) return "not read";
  if (*r.lost != truth.lost.size()) return fmt::format("lost {} of {}", *r.lost, truth.lost.size());
  for (std::size_t i = 0; i < r.lost_seqs.size(); ++i) {
    if (r.lost_seqs[i] != truth.lost[i]) return fmt::format("lost another: {}", r.lost_seqs[i]);
  }
  const auto differ = [](const char* what, std::uint64_t got, std::uint64_t want) {
    return got == want ? std::string() : fmt::format("{} {}, truth {}", what, got, want);
  };
  for (const std::string& wrong :
       {differ("delayed", *r.delayed, truth.delayed), differ("phantom", r.phantom, truth.phantoms),
        differ("duplicate", r.duplicate, truth.duplicates),
        differ("corrupt", r.corrupt, truth.corrupt), differ("holes", r.holes, truth.holes),
        differ("unknown", *r.recovered_unknown, truth.recovered_unknown)}) {
    if (!wrong.empty()) return wrong;
  }
  if (found.rpo_time.lower > truth.rpo || *found.rpo_time.upper < truth.rpo) {
    return fmt::format("RPO {} of {}", text(found.rpo_time), truth.rpo.count());
  }
  if (truth.phantoms == 0 && r.cross_check_agrees != true) return "the cross-check disagrees";
  return {};
}

}  // namespace sim
