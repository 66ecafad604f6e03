// One stream inside the prober: its schedule, its protocol, its reservations, its records. Lives on
// the prober's thread; only the status is shared, under the prober's mutex.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "probes/prober.h"
#include "probes/schedule.h"

namespace probes {

/// What the streams of one prober share.
struct ProberOutput {
  store::LedgerWriter* ledger = nullptr;
  std::vector<drill::Record> batch;  // not yet handed over
  std::vector<std::pair<drill::StreamId, drill::Stall>> stalls;
  mutable std::mutex mutex;  // guards every stream's status
};

class ProberStream final : public Completions {
 public:
  ProberStream(StreamSpec spec, std::unique_ptr<Operation> operation, ProberOutput& output);

  /// Errors: InvalidArgument, naming the stream and what is allowed.
  static base::Result<> check(const StreamSpec& spec);
  /// ceil(D/Δ) + 1 for open connections, the in-flight bound for new ones.
  static std::size_t slots_of(const StreamSpec& spec);

  void open(const aio::Executor& executor);
  /// Wants to run: waits for its first reservation, then begins.
  void start(base::TimePoint now);
  /// No further operations; `drained` when none is in flight.
  void stop(base::TimePoint now, std::function<void()> drained);
  /// Ends what is in flight as Info/Stopped and closes.
  void close(base::TimePoint now);

  /// Does everything that is due.
  void tick(base::TimePoint now);
  /// When tick() has something to do next.
  base::TimePoint next_wake();
  /// The same, as far as is known, after all that is due until `time` was done.
  base::TimePoint next_wake_after(base::TimePoint time);
  /// What has to be reserved so that everything due before `until` may be sent.
  void reserve_until(base::TimePoint until, std::vector<store::Reservation>& out);
  void reserved(std::uint64_t ticket);
  /// Runs without a single reservation: one is needed before the next round.
  bool wants_reservation() const { return schedule_.running() && windows_.empty(); }

  void done(std::size_t slot, const Completion& completion) override;

  StreamStatus status() const { return status_; }  // under the mutex
  const drill::StreamInfo& info() const { return spec_.info; }

 private:
  struct Window {
    std::uint64_t last_seq = 0;
    std::uint64_t ticket = 0;  // 0: not handed to the ledger yet
  };
  struct Slot {
    std::uint64_t seq = 0;
    base::TimePoint scheduled{};
    base::TimePoint invoked{};
  };

  bool may_send(std::uint64_t seq);
  void begin(base::TimePoint now);
  void give_up_unsent(base::TimePoint now);
  void finish(std::size_t slot, const Completion& completion, base::TimePoint completed);
  void count(const drill::Record& record);
  void put(const drill::Record& record);
  void tell_if_drained();

  StreamSpec spec_;
  std::unique_ptr<Operation> operation_;
  ProberOutput& output_;
  Schedule schedule_;
  std::vector<Slot> slots_;
  std::deque<Window> windows_;               // reservations that are not used up
  base::TimePoint begin_at_ = base::kNever;  // waits for its first reservation until then
  std::vector<std::function<void()>> drained_;
  StreamStatus status_;
};

}  // namespace probes
