// Clients that look like programs, on their way to the log: a core notes who, once for each sign,
// and the main thread writes, so that a log that is slow to be read keeps no request waiting. What
// many clients at once would write is bounded twice: so many notes wait, and so many lines are
// written. A client for whom there was no room is noted when it comes again.
//
// A note has no address: the client is a keyed hash, and what its software is by the order of its
// headers is a hash of their names (limit/header_order.h), by which one program is known under
// many addresses and User-Agents.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "limit/bots.h"
#include "limit/fingerprint.h"
#include "sidecar/budget.h"
#include "sidecar/log.h"

namespace sidecar {

struct BotNote {
  std::uint64_t client = 0;  // Subject::client
  limit::Fingerprint fingerprint;
  std::uint64_t headers = 0;  // HeaderOrder::value()
  limit::Signs signs;         // that were not noted of this client before
  bool operator==(const BotNote&) const = default;
};

/// What the line of a note says.
LogFields fields_of(const BotNote& note);

/// Of one core. Thread: any.
class BotNotes {
 public:
  static constexpr std::size_t kWaitingMax = 32;

  /// Whether as many wait as may. A look that costs nothing.
  bool full() const { return waiting_.load(std::memory_order_relaxed) >= kWaitingMax; }
  bool empty() const { return waiting_.load(std::memory_order_relaxed) == 0; }
  /// False: it is full.
  bool add(const BotNote& note);
  /// The one that waits longest; nothing: none waits.
  std::optional<BotNote> take();

 private:
  std::mutex lock_;
  std::vector<BotNote> notes_;  // the oldest in front
  std::atomic<std::size_t> waiting_{0};
};

/// Thread: one.
class BotLog {
 public:
  /// Lines at once, and then in a second.
  static constexpr double kAtOnce = 20;
  static constexpr double kPerSecond = 0.1;
  using Write = std::function<void(const BotNote&)>;

  explicit BotLog(Write write) : write_(std::move(write)) {}

  /// Writes what waits, as far as it may.
  void tell(BotNotes& notes, base::TimePoint now);

 private:
  Write write_;
  Budget lines_{kPerSecond, kAtOnce};
};

/// Into the sidecar's log.
void log_bot(const BotNote& note);

}  // namespace sidecar
