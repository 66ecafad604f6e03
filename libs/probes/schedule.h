// What is due on one stream, and on which slot: the open loop as a value, without a clock, a timer
// or a socket. The prober asks with the time it has read and does what it is told.
//
// Invariants: every seq from 1 on is handed out exactly once, in order; operation k of a run is due
// at t0 + k·Δ and at no other time; a slot is in use by one operation at most; every stretch longer
// than 2Δ without an invocation, and every one in which an operation was not sent, is a stall.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/time.h"
#include "drill/evidence.h"
#include "probes/operation.h"

namespace probes {

class Schedule {
 public:
  struct Config {
    base::Duration interval{};     // Δ
    base::Duration ack_timeout{};  // counted from the due time
    bool open = false;             // slots in turn; else any free slot
    std::size_t slots = 1;
  };
  explicit Schedule(const Config& config);

  /// The next operation is due at `first_due`. Must not be running.
  void begin(base::TimePoint first_due);
  /// Nothing is due any more; what is in flight stays so. Returns a stall that was still open.
  std::optional<drill::Stall> end(base::TimePoint now);
  bool running() const { return running_; }

  /// When something is due next, kNever when nothing is.
  base::TimePoint next_due() const { return running_ ? next_due_ : base::kNever; }
  /// The first time after `time` at which something is due, kNever when nothing is.
  base::TimePoint next_due_after(base::TimePoint time) const;
  std::uint64_t next_seq() const { return next_seq_; }
  /// When operation `seq` of the present run is (or will be) due.
  base::TimePoint due_of(std::uint64_t seq) const;
  /// The last operation of the present run that is due before `until`; next_seq() − 1: none.
  std::uint64_t last_due_before(base::TimePoint until) const;

  enum class What {
    Send,     // on `slot`, now
    Blocked,  // its connection is busy: Fail/Blocked, counts as invoked
    NotSent,  // our own fault: overdue, not reserved, or no slot
  };
  struct Turn {
    What what = What::NotSent;
    std::uint64_t seq = 0;
    base::TimePoint due{};
    std::size_t slot = 0;               // Send only
    std::optional<drill::Stall> stall;  // that this invocation ended
  };
  /// The next operation that is due at or before `now`; nothing when there is none. `may_send`: its
  /// reservation is durable.
  std::optional<Turn> next(base::TimePoint now, bool may_send);

  /// The slot's operation ended.
  void done(std::size_t slot);
  /// A slot whose operation has had no acknowledgement in time; the caller abandons it, then
  /// done(). Nothing when there is none.
  std::optional<std::size_t> expired(base::TimePoint now);
  /// When expired() may have something next, kNever when nothing is in flight.
  base::TimePoint next_expiry();

  /// Of open connections: the slot whose turn is next, while it is busy.
  std::optional<std::size_t> blocking() const;

  std::size_t in_flight() const { return in_flight_; }
  bool in_use(std::size_t slot) const { return slots_[slot] != 0; }
  std::size_t slots() const { return slots_.size(); }

 private:
  What decide(base::TimePoint now, bool may_send, std::size_t& slot) const;
  std::optional<drill::Stall> invoked(base::TimePoint now);
  void drop_ended();

  struct InFlight {
    std::size_t slot;
    std::uint64_t seq;
    base::TimePoint expires;
  };

  Config config_;
  base::Duration overdue_max_;
  bool running_ = false;
  std::uint64_t next_seq_ = 1;
  base::TimePoint next_due_{};
  std::vector<std::uint64_t> slots_;  // seq in flight; 0: free
  std::vector<std::size_t> free_;     // New only
  std::deque<InFlight> order_;        // by time of expiry; ended ones are dropped when first
  std::size_t in_flight_ = 0;
  base::TimePoint last_invoked_ = base::kNever;  // kNever: not in this run
  base::TimePoint began_{};
  bool not_sent_ = false;  // since the last invocation
};

}  // namespace probes
