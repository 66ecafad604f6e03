// The audit log of one sidecar: hears of events from whoever they happen to, and tells the queue
// that writes them. With "off" events are counted and nothing is written.
#pragma once

#include <memory>
#include <string>

#include "aio/clock.h"
#include "base/result.h"
#include "net/http_server.h"
#include "sidecar/admin.h"
#include "sidecar/audit.h"
#include "sidecar/audit_counts.h"
#include "sidecar/bot_notes.h"
#include "sidecar/faults.h"
#include "sidecar/shared.h"

namespace sidecar {

/// Whether entries can be written there; nothing is made. Errors: naming the file.
base::Result<> check_audit_log(const std::string& where);

/// Thread: that of the admin port.
class Auditor {
 public:
  explicit Auditor(const aio::Clock& clock) : clock_(clock) {}

  /// `where`: "stdout", "off", or a file. Before this nothing is written. Errors: as
  /// AuditQueue::open().
  base::Result<> open(const std::string& where);
  void tell(AuditNote note) { audit_.tell(std::move(note), clock_.now(), clock_.wall_now()); }
  void refused(const net::HttpRequest& request, const net::HttpReply& reply);
  void fault(FaultChange change, const Fault& fault, const std::string& by);
  void invalidated(const net::HttpRequest& request, const std::string& pattern, std::size_t count);
  /// Of a client that the log tells: one of those that the cores counted, unless it was told of in
  /// a sum.
  void bot(const BotNote& note, const Shared& shared);
  /// Every second: what the cores counted, and whether writes are slow.
  void look(const Shared& shared);
  /// What was held back; and what was counted last.
  void finish(const Shared& shared);

  /// GET /api/monitoring/audit.
  net::HttpReply summary() const;
  std::string exposition() const;

 private:
  void complain();

  const aio::Clock& clock_;
  std::string where_ = "off";
  std::unique_ptr<store::AuditQueue> queue_;  // null: nothing is written
  Audit audit_{[this](store::AuditEntry entry) {
    if (queue_ != nullptr) queue_->tell(std::move(entry));
  }};
  AuditCounts counts_;
  std::uint64_t slow_seen_ = 0, lost_seen_ = 0;
  base::TimePoint complained_{};  // zero: never
};

}  // namespace sidecar
