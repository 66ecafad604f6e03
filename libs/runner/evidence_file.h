// bundle.muster in a drill's folder: the evidence, with everything that stands beside it.
#pragma once

#include <optional>
#include <string>

#include "api/recovery_plan.h"
#include "bundle/bundle.h"
#include "drill/report.h"
#include "runner/state_dir.h"

namespace runner {

/// Keeps the plan's file as it was given, for the bundle.
base::Result<> keep_given_plan(const DrillDir& dir, const std::string& file);

struct EvidenceContext {
  const api::RecoveryPlan& plan;  // resolved
  bundle::Requester requested_by;
  std::optional<bundle::AuditHead> audit;
};

/// Writes the bundle, atomically: all of it or nothing. Errors: what the disk says.
base::Result<> save_evidence(const DrillDir& dir, const EvidenceContext& context,
                             const drill::Report& report, const drill::Evidence& evidence,
                             const crypto::SigningKey& key);

}  // namespace runner
