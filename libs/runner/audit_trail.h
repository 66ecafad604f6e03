// What this process writes into the audit log: who asked for what (M8), and every entry of a
// drill's timeline as it comes. A thread of its own writes, because a slow disk must not delay a
// step of a drill, whose time is measured; a request is written before anything is done for it.
//
// How long each write takes is measured; one beyond 100 ms is slow, counted and said.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "aio/clock.h"
#include "bundle/bundle.h"
#include "drill/evidence.h"
#include "runner/requester.h"
#include "runner/state_dir.h"
#include "store/audit_log.h"

namespace runner {

class AuditTrail {
 public:
  /// Called for every write. Thread: any.
  using Measured = std::function<void(base::Duration took)>;

  /// What goes into every entry, unless it says otherwise.
  struct About {
    std::string drill{};  // empty: what is done is not about one
    bundle::Requester requester = requester_here();
  };
  /// Errors: the log cannot be opened.
  static base::Result<std::unique_ptr<AuditTrail>> open(const std::string& path, aio::Clock& clock,
                                                        About about, Measured measured = {});
  ~AuditTrail();
  AuditTrail(const AuditTrail&) = delete;
  AuditTrail& operator=(const AuditTrail&) = delete;

  /// With the command line; on disk when it returns.
  base::Result<> request(const std::string& event, const std::string& subject,
                         const std::string& text);
  /// Queued. What cannot be written is told by problems().
  void tell(const std::string& event, const std::string& subject, const std::string& text);
  void tell(const drill::TimelineEvent& event);
  const bundle::Requester& requester() const { return about_.requester; }

  /// Waits until everything is on disk. Nothing: the last entry was another process's, or none.
  std::optional<bundle::AuditHead> flush();
  /// Sentences for the user: what was not written, and how many writes were slow.
  std::vector<std::string> problems();

 private:
  AuditTrail(store::AuditLog log, aio::Clock& clock, About about, Measured measured);
  store::AuditEntry entry(const std::string& event, const std::string& subject,
                          const std::string& text) const;
  base::Result<> write(store::AuditEntry entry);
  void work();

  store::AuditLog log_;
  aio::Clock& clock_;
  About about_;
  Measured measured_;
  std::mutex writing_;  // of log_
  std::mutex mutex_;    // of what follows
  std::condition_variable changed_;
  std::deque<store::AuditEntry> queue_;
  bool busy_ = false, closing_ = false;
  std::optional<bundle::AuditHead> head_;
  std::uint64_t slow_ = 0, failed_ = 0;
  base::Duration slowest_{};
  std::string first_error_;
  std::thread thread_;
};

/// One request that is not a drill's own: abort, stop, recover, a new key.
base::Result<> audit_request(const StateDir& state, aio::Clock& clock, const std::string& event,
                             const std::string& drill, const std::string& text);

}  // namespace runner
