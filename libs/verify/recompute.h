// A whole drill judged again, from the raw records and the plan, into the figures that report.json
// should hold: the same keys, nothing else. Sentences are not among them; what is not in here
// is listed by name in kNotCompared (verify.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/node.h"
#include "bundle/bundle.h"
#include "verify/criteria.h"
#include "verify/instrument.h"
#include "verify/ledger.h"
#include "verify/phases.h"
#include "verify/rules.h"
#include "verify/samples.h"

namespace verify {

/// Worse is larger.
enum class Verdict : std::uint8_t { Met, Inconclusive, Missed, Invalid };
const char* name(Verdict verdict);

/// An objective as it was judged.
struct Judged {
  std::optional<Duration> objective;       // nothing: none was asked for; the verdict says nothing
  std::optional<Interval> users, service;  // nothing: not measured
  Verdict verdict = Verdict::Inconclusive;
  std::string decided_by;
};

struct JudgedDemand {
  Demand demand;
  std::string window;
  Measured measured;
  bool met = false;
};

/// What the last part of the judgement, scores and advice, is made from.
struct Judgement {
  Verdict verdict = Verdict::Met;
  Judged rto, rpo;
  std::vector<Part> phases, steps;
  std::vector<JudgedDemand> demands;
  Ledger ledger;
  std::uint64_t split_brain = 0;
  std::optional<std::uint64_t> lost;  // nothing: no final read was made
  bool whole = true;
  bool healthy = true;  // the instrument
  std::vector<Watched> watched;
};

struct Recomputed {
  api::Node figures;  // as in report.json
  Judgement judgement;
};

/// Shapes: implausible(evidence) is empty.
Recomputed recompute(const bundle::Bundle& bundle, const Rules& rules);

/// D7 and D8: scores, violations, recommendations.
api::Node compliance(const Judgement& judgement);
api::Node recommendations(const Judgement& judgement);
/// "QueryMillis of heavy (validation)"
std::string label(const JudgedDemand& demand);

}  // namespace verify
