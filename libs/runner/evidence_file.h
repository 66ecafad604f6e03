// What a drill leaves for an auditor: bundle.muster in its folder, signed, and its entries in the
// audit log. Both are made ready before anything is touched: a drill that could not be accounted
// for does not begin.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/recovery_plan.h"
#include "bundle/bundle.h"
#include "drill/report.h"
#include "runner/audit_trail.h"
#include "runner/signing_key.h"
#include "runner/state_dir.h"

namespace runner {

/// Keeps the plan's file as it was given, for the bundle.
base::Result<> keep_given_plan(const DrillDir& dir, const std::string& file);

/// The key that signs, and the log that is written. Lifetime: the clock outlives it.
struct Accounting {
  OwnKey key;
  std::unique_ptr<AuditTrail> audit;
};
/// Writes the request of `requester` into the log. Errors: no usable key, no log: then nothing may
/// be touched.
base::Result<Accounting> begin_accounting(const StateDir& state, const DrillDir& dir,
                                          aio::Clock& clock, const std::string& plan,
                                          const bundle::Requester& requester,
                                          AuditTrail::Measured measured);
/// The drill's end in the log, and the bundle. Returns what went wrong, one sentence each.
std::vector<std::string> conclude_accounting(Accounting& accounting, const DrillDir& dir,
                                             const api::RecoveryPlan& plan,
                                             const drill::Report& report,
                                             const drill::Evidence& evidence);

struct EvidenceContext {
  const api::RecoveryPlan& plan;  // resolved
  bundle::Requester requested_by;
  std::optional<bundle::AuditHead> audit;
};

/// Writes the bundle, atomically: all of it or nothing. Errors: what the disk says.
base::Result<> save_evidence(const DrillDir& dir, const EvidenceContext& context,
                             const drill::Report& report, const drill::Evidence& evidence,
                             const crypto::SigningKey& key);

/// Whether the folder's report.json, which is what `drill list`, `drill show` and `compliance`
/// show, says what the bundle's report says. Errors: it cannot be read.
base::Result<bool> is_report_of(const DrillDir& dir, const bundle::Bundle& bundle);

/// The report that a bundle has, with the points of its plots, which only the records have.
/// Errors: InvalidArgument: it is no report, or of a version that is not known.
base::Result<drill::Report> report_of(const bundle::Bundle& bundle);

}  // namespace runner
