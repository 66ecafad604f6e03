// How measured bounds become verdicts (measurement.md §3, §5, §7), apart from assess() so that each
// rule can be tested alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drill/ledger_check.h"
#include "drill/outage.h"
#include "drill/report.h"

namespace drill {

struct RtoRules {
  std::optional<Duration> objective;
  ZeroPoint zero_point = ZeroPoint::Onset;
  TimePoint zero = kNever;  // of a zero point other than the onset
  Duration hold{};
  Duration unsure{};  // of the zero on the stream's clock
};
struct RtoJudgement {
  Verdict verdict = Verdict::Inconclusive;
  std::string reason;
  bool measured = true;  // false: the stream saw nothing, and the bounds say nothing
  bool blind = false;    // the instrument stood still across an end of the outage
  Bounds user_visible, service;
  std::size_t held = 0;  // which of the analysis' outages it speaks of
};
/// One deciding stream. Every outage that began while it was watched is judged and the worst
/// verdict counts: a service that comes back for S and goes away again has not recovered.
RtoJudgement judge_stream(const StreamView& view, const OutageAnalysis& analysis,
                          const RtoRules& rules);
/// By verdict, then by the upper bound of the service outage.
bool is_worse(const RtoJudgement& a, const RtoJudgement& b);

struct RpoJudgement {
  std::optional<Verdict> verdict;  // nothing: no objective
  std::string reason;
};
/// `invalid`: why nothing of the drill can be judged; empty: it can.
RpoJudgement judge_rpo(const LedgerVerdicts& ledger, std::optional<Duration> objective,
                       const std::string& invalid);

/// Reasons of a verdict; Met gives none.
class Reasons {
 public:
  void add(Verdict verdict, std::string reason);
  Verdict verdict() const { return verdict_; }
  std::vector<std::string> worst_first() const;

 private:
  struct Reason {
    Verdict verdict;
    std::string text;
  };
  Verdict verdict_ = Verdict::Met;
  std::vector<Reason> reasons_;
};

}  // namespace drill
