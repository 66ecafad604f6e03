// Who asked for what in a cluster (M8). Objects do not say who made them; the API server, which has
// authenticated him, tells it to webhooks. `/requests` hears of every plan, schedule, profile and
// Drill that is created, and of every change of what they say: it writes into a Drill who made it
// and who aborted it, where the evidence finds it and nobody else can write it, and each request
// into the audit log. It allows everything; whether it is right, others judge later.
//
// The log is a line on stderr for each, which collectors of logs keep, and a chained file besides
// where one is given (store/audit_queue.h; two replicas may write the same). How long each write
// takes is measured: of the file, else of the line.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "operator/admission_review.h"
#include "store/audit_queue.h"

namespace op {

/// Pure. The patch that leaves in a Drill who made it and who aborted it, and nothing else of that
/// kind; no patch where it says so already, and for other kinds.
AdmissionAnswer sign_request(const AdmissionRequest& request);
/// Pure. Events: DrillRequested, AbortRequested, StepApproved (subject: the steps), DrillChanged,
/// and of the other kinds RecoveryPlanCreated, RecoveryPlanChanged and so on; a Drill that is made
/// with approvals has several. Namespace and name of a Drill are the entry's drill, of others its
/// subject. Empty: a rehearsal, or nothing that one would ask about.
std::vector<store::AuditEntry> audit_entries(const AdmissionRequest& request, base::WallTime now);

/// Called for every entry, in any thread.
struct AuditWatch {
  std::function<void(base::Duration took)> took;
  std::function<void()> lost;  // it was not written
};

class RequestLog {
 public:
  /// `file`: empty: none. One that cannot be opened loses its entries, and says so. Lifetime: the
  /// clock outlives it.
  RequestLog(aio::Clock& clock, const std::string& file, AuditWatch watch);
  /// Does not wait for a disk.
  aio::Task<AdmissionAnswer> answer(AdmissionRequest request);

 private:
  void write(store::AuditEntry entry);

  aio::Clock& clock_;
  const AuditWatch watch_;
  std::unique_ptr<store::AuditQueue> file_;  // null: none
};

}  // namespace op
