// An audit log that is written by a thread of its own: who tells it something never waits for the
// disk. What waits is bounded; an entry that finds no room, or that could not be written, is owned
// up to by an entry `EntriesLost` as soon as one can be written again.
//
// It goes to a file, chained and durable entry by entry as any audit log (audit_log.h), or to
// standard output, for whoever collects that: then a line is the JSON alone, its write is measured
// until the system has it, and a reader that takes nothing for a second loses the line.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "store/audit_log.h"

namespace store {

/// Upper bounds of the buckets in which write times are told; the last one is infinity.
inline constexpr std::array<base::Duration, 10> kAuditWriteBounds{
    std::chrono::microseconds(1000), std::chrono::microseconds(2500),
    std::chrono::milliseconds(5),    std::chrono::milliseconds(10),
    std::chrono::milliseconds(25),   std::chrono::milliseconds(50),
    std::chrono::milliseconds(100),  std::chrono::milliseconds(250),
    std::chrono::milliseconds(500),  std::chrono::milliseconds(1000),
};

struct AuditFigures {
  std::uint64_t written = 0, slow = 0;  // slow: above kSlowAuditWrite
  std::uint64_t lost = 0;               // no room, or not written
  std::size_t waiting = 0;
  base::Duration total{}, slowest{};                                  // of writes
  std::array<std::uint64_t, kAuditWriteBounds.size() + 1> buckets{};  // they do not add up
  std::string last_error;                                             // of a write; empty: none
};

/// The event of an entry that stands for others, which were lost and are counted already.
inline constexpr const char* kEntriesLost = "EntriesLost";

/// Thread: any number at once.
class AuditQueue {
 public:
  static constexpr std::size_t kWaitingMax = 256;
  /// Writes one, and says how long that took. Called by the queue's thread alone.
  using Append = std::function<base::Result<base::Duration>(AuditEntry entry)>;

  /// `path`: "stdout", or a file. Errors: as AuditLog::open().
  static base::Result<std::unique_ptr<AuditQueue>> open(const std::string& path);
  explicit AuditQueue(Append append);
  /// What waits is written first, but for two seconds at most, and what is being written then.
  ~AuditQueue();

  /// False: as many wait as may, and it is lost.
  bool tell(AuditEntry entry);
  AuditFigures figures() const;

 private:
  void work();
  void give_up();
  void write(AuditEntry entry);
  void count(base::Duration took);

  const Append append_;
  mutable std::mutex mutex_;  // of what follows; never held during a write
  std::condition_variable changed_;
  std::deque<AuditEntry> queue_;
  AuditFigures figures_;
  std::uint64_t unowned_ = 0;  // lost, and not owned up to yet
  bool closing_ = false;
  std::chrono::steady_clock::time_point end_{};  // of what is written then
  std::thread thread_;
};

}  // namespace store
