// Evidence in, report out: the one place where the measurements of a drill become its verdict. Pure
// and total, so that anyone can repeat it from the evidence, years later, and must get the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drill/criteria.h"
#include "drill/evidence.h"
#include "drill/outage.h"
#include "drill/phases.h"
#include "drill/recommend.h"
#include "drill/report.h"

namespace drill {

/// What a plan says about judging; plain data, filled from a plan by whoever runs or verifies.
struct AssessConfig {
  std::string plan, failure_type, description, mode;  // mode: Orchestrate, Observe
  std::string plan_yaml, directory;
  std::string spec_digest;           // of what decides whether drills can be compared
  std::optional<Duration> rto, rpo;  // objectives; nothing: not judged
  ZeroPoint zero_point = ZeroPoint::Onset;
  Duration hold = base::seconds(10);  // S
  std::vector<std::string> deciding;  // stream names; empty: StreamInfo::decides, else Ledger
  PhaseTargets phase_targets;         // by moment, see phases.h
  std::vector<Criterion> degraded, validation;
  Duration apdex_target{};              // zero: the validation target of ApiResponseMillis
  std::vector<std::string> monitoring;  // signals, see monitoring.h
  Duration sample = base::seconds(10);  // period of the samples (D3)
  RecommendationRules recommendations;
  bool reference_required = true;
  SystemState final_state = SystemState::Normal;
};

Report assess(const AssessConfig& config, const Evidence& evidence);

}  // namespace drill
