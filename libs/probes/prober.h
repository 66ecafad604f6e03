// The prober: a thread of its own that starts operations when they are due and records what became
// of each. Open loop: operation k of a stream is due at t0 + k·Δ whatever the earlier ones do, so
// that a slow target cannot slow down the instrument that measures it.
//   - Open connections: ceil(D/Δ) + 1 slots used in turn; one still busy when its turn comes makes
//     that operation Fail/Blocked. New connections: any free slot; none free (a bound of ours, not
//     of the target's) is an instrument stall and Fail/NotSent.
//   - An operation is sent only when its reservation is on disk (store/ledger.h); else it is
//     Fail/NotSent and a stall.
//   - After a pause of our own (SIGSTOP, a starved machine) operations overdue by more than
//     max(2Δ, 20 ms) are not sent late in a burst, they are Fail/NotSent; the gap is a stall.
//   - Every gap of more than 2Δ between invocations of a running stream is reported as a stall.
//   - An acknowledgement is awaited for ack_timeout although it is late for availability after D.
//     A connection that is still being made is not: after max(D, 2 s) its next turn tries again.
// Nothing is retried. What decides is in probes/schedule.h, without a clock or a socket.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "base/result.h"
#include "drill/evidence.h"
#include "drill/record.h"
#include "probes/operation.h"
#include "store/ledger.h"

namespace probes {

enum class Connections { New, Open };

struct StreamSpec {
  drill::StreamInfo info;  // id is given by add(); interval = Δ, deadline = D
  Connections connections = Connections::New;
  base::Duration ack_timeout{};   // zero: D; 30 s for writes; never less than D
  std::size_t in_flight_max = 0;  // New only; zero: ceil(ack_timeout/Δ) + 2, at most 4,096
};

/// Upper bounds of the latency buckets in StreamStatus; the last bucket is +Inf.
inline constexpr std::array<double, 14> kLatencyBoundsSeconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

/// A stream as it is now: for the terminal, conditions and metrics, never for verdicts.
struct StreamStatus {
  drill::StreamInfo info;
  bool running = false;
  std::uint64_t ok = 0, fail = 0, info_count = 0;
  std::uint64_t good = 0, bad = 0;  // good: ok within D of its due time
  std::uint64_t in_flight = 0;
  drill::Outcome last_outcome = drill::Outcome::Ok;
  drill::Cause last_cause = drill::Cause::None;
  base::Duration last_latency{};  // from due to completion
  std::uint16_t last_server = 0;
  base::TimePoint good_since = base::kNever;  // kNever: the last operation was not good
  base::TimePoint bad_since = base::kNever;
  std::array<std::uint64_t, kLatencyBoundsSeconds.size() + 1> latency_buckets{};  // not cumulated
  base::Duration latency_sum{};
};

/// What the prober tells, in batches, on its own thread: hand over and return.
class ProberListener {
 public:
  virtual void on_records(std::vector<drill::Record> records) = 0;
  virtual void on_stall(drill::StreamId stream, drill::Stall stall) = 0;
  /// Both clocks read together: at start, at stop, and when the wall clock stepped (> 10 ms).
  virtual void on_anchor(drill::ClockAnchor anchor) = 0;
  /// The ledger cannot be written: nothing is sent any more. Once.
  virtual void on_ledger_error(base::Error error) = 0;

 protected:
  ~ProberListener() = default;
};

class Prober {
 public:
  /// `ledger` may be null: nothing is reserved nor kept on disk (benchmarks, the load's probes).
  /// The streams are numbered on from `first`, within its vantage.
  /// Lifetime: both outlive the Prober.
  Prober(ProberListener& listener, store::LedgerWriter* ledger,
         drill::StreamId first = drill::StreamId(1));
  /// stop().
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// Adds a stream; it runs once started. Connections of Open streams are opened now.
  /// Thread: any. Errors: InvalidArgument for an interval, deadline or bound that makes no sense,
  /// ResourceExhausted when its vantage has no more numbers.
  base::Result<drill::StreamId> add(StreamSpec spec, std::unique_ptr<Operation> operation);
  /// The first operation is due as soon as its reservation is durable. Thread: any.
  void start(drill::StreamId stream);
  /// No further operations; those in flight still complete or time out. `drained` is called on the
  /// prober's thread when the last one has. Thread: any.
  void stop(drill::StreamId stream, std::function<void()> drained = {});
  /// Every stream.
  void start_all();

  /// Stops every stream, ends what is in flight as Info/Stopped, hands over the last batch, ends
  /// the thread. The ledger is flushed by its owner. Thread: any but the prober's.
  void stop();

  /// Thread: any.
  StreamStatus status(drill::StreamId stream) const;
  std::vector<StreamStatus> statuses() const;
  std::vector<drill::StreamInfo> streams() const;
  /// The prober's executor, for an Operation that is made before add().
  aio::Executor executor();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probes
