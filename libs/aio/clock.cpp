#include "aio/clock.h"

#include <time.h>

#include <boost/asio/steady_timer.hpp>

#include "aio/event.h"

namespace aio {

namespace {
std::chrono::nanoseconds read(clockid_t id) {
  timespec at{};
  CHECK(clock_gettime(id, &at) == 0);
  return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
}

// libstdc++'s steady clock is CLOCK_MONOTONIC too, so the numbers are the same.
std::chrono::steady_clock::time_point std_time(base::TimePoint when) {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(when.time_since_epoch()));
}

class SystemAlarm final : public Alarm {
 public:
  explicit SystemAlarm(const Executor& executor) : state_(std::make_shared<State>(executor)) {}
  ~SystemAlarm() override { disarm(); }

  void arm(base::TimePoint when, std::function<void()> ring) override {
    const auto generation = ++state_->generation;
    state_->ring = std::move(ring);
    state_->timer.expires_at(std_time(when));
    // A timer that has expired already cannot be cancelled any more: the generation tells whether
    // this is still the alarm that was meant.
    state_->timer.async_wait([state = state_, generation](boost::system::error_code) {
      if (state->generation == generation) {
        auto call = std::move(state->ring);
        state->ring = nullptr;
        call();
      }
    });
  }

  void disarm() override {
    ++state_->generation;
    state_->ring = nullptr;
    state_->timer.cancel();
  }

 private:
  struct State {
    explicit State(const Executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    std::function<void()> ring;
    std::uint64_t generation = 0;
  };
  std::shared_ptr<State> state_;
};
}  // namespace

base::TimePoint now() {
  return base::TimePoint(read(CLOCK_MONOTONIC));
}

base::WallTime wall_now() {
  return base::WallTime(read(CLOCK_REALTIME));
}

std::unique_ptr<Alarm> SystemClock::alarm(const Executor& executor) {
  return std::make_unique<SystemAlarm>(executor);
}

Task<bool> wait_until(Clock& clock, base::TimePoint when, std::stop_token stop) {
  const auto executor = co_await asio::this_coro::executor;
  Event rung(executor);
  const auto alarm = clock.alarm(executor);
  alarm->arm(when, [&rung] { rung.set(); });
  co_return co_await rung.wait(stop);
}

Task<bool> wait_for(Clock& clock, base::Duration length, std::stop_token stop) {
  return wait_until(clock, clock.now() + length, std::move(stop));
}

}  // namespace aio
