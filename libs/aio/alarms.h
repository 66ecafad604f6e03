// All alarms of one io_context, in the order in which they are due, behind one timer of the kernel.
// Most alarms are deadlines that never ring: armed with a request and disarmed with its answer.
// With a timer each that would be a call of the kernel to arm it and a turn of the loop to learn of
// the cancellation. Here it is an insertion and a removal: the timer is moved only when something
// is due earlier than it, and when it has woken for nothing it is set anew.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/set.hpp>

#include "aio/clock.h"

namespace aio {

/// One of them; gone from the order with its destructor.
struct AlarmEntry
    : boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  base::TimePoint when{};
  std::function<void()> ring;

  friend bool operator<(const AlarmEntry& one, const AlarmEntry& other) {
    return one.when < other.when;
  }
};

/// Thread: all members, the executor's, or before its context runs.
class Alarms final : public boost::asio::execution_context::service {
 public:
  static boost::asio::execution_context::id id;  // NOLINT(readability-identifier-naming): Asio's

  explicit Alarms(boost::asio::execution_context& context);
  static Alarms& of(const Executor& executor);

  /// Moves it where it was armed already. TimePoint::max(): never.
  void arm(AlarmEntry& entry, base::TimePoint when);
  void disarm(AlarmEntry& entry);
  /// See end_when_disarmed.
  void keep_nothing();

 private:
  void shutdown() override;
  void wait();
  void woke();
  void drop_idle_wait();
  std::size_t due(base::TimePoint now) const;

  boost::intrusive::multiset<AlarmEntry, boost::intrusive::constant_time_size<false>> order_;
  std::unique_ptr<boost::asio::steady_timer> timer_;      // null: the context ends
  base::TimePoint waits_until_ = base::TimePoint::max();  // max: no wait is under way
  std::uint64_t wait_ = 0;                                // which one is
  bool keeps_ = true;
};

/// An io_context that somebody run()s until it has nothing left to do must say so: its timer is
/// then cancelled with the last alarm, and not left to wake once for nothing.
void end_when_disarmed(const Executor& executor);

}  // namespace aio
