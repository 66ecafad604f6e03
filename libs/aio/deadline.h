// Every await that leaves the process has a deadline. A Deadline is a stop source that is linked to
// the caller's token and fires by itself when the time has come; the work sees one token and needs
// no timer of its own.
//   auto answer = co_await with_deadline(clock, now + seconds(5), stop, "ask the standby",
//                                        [&](std::stop_token t) { return ask(peer, t); });
// The callable is not a coroutine itself, so that its captures need not outlive a suspension.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "aio/clock.h"
#include "aio/task.h"

namespace aio {

class Deadline {
 public:
  Deadline(Clock& clock, const Executor& executor, base::TimePoint when, std::stop_token outer);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  /// The time came before the outer stop.
  bool expired() const { return expired_; }
  /// `what` took longer than allowed, as an Error; `seen` is what the work itself says of it.
  base::Error error(const std::string& what, const std::string& seen) const;

 private:
  struct Relay {
    std::stop_source* stop;
    void operator()() const { stop->request_stop(); }
  };
  std::stop_source stop_;
  bool expired_ = false;
  base::Duration allowed_;
  std::unique_ptr<Alarm> alarm_;
  std::stop_callback<Relay> outer_;
};

/// Runs `make(token)`, a callable returning Task<Result<T>>, with a token that stops at `when`.
/// Errors: DeadlineExceeded when the work failed after the time had come; else the work's own.
/// Cancellation: passed on; the work is awaited to its end in every case.
template <class Make>
auto with_deadline(Clock& clock, base::TimePoint when, std::stop_token outer, std::string what,
                   Make make) -> decltype(make(std::stop_token{})) {
  Deadline deadline(clock, co_await asio::this_coro::executor, when, std::move(outer));
  auto outcome = co_await make(deadline.token());
  if (!outcome && deadline.expired()) {
    co_return tl::unexpected(deadline.error(what, outcome.error().message));
  }
  co_return outcome;
}

}  // namespace aio
