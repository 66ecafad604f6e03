#include "aio/clock.h"

#include <time.h>

#include "aio/alarms.h"
#include "aio/event.h"

namespace aio {

namespace {
std::chrono::nanoseconds read(clockid_t id) {
  timespec at{};
  CHECK(clock_gettime(id, &at) == 0);
  return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
}

class SystemAlarm final : public Alarm {
 public:
  explicit SystemAlarm(const Executor& executor) : alarms_(Alarms::of(executor)) {}
  ~SystemAlarm() override { disarm(); }

  void arm(base::TimePoint when, std::function<void()> ring) override {
    entry_.ring = std::move(ring);
    alarms_.arm(entry_, when);
  }

  void disarm() override {
    entry_.ring = nullptr;
    alarms_.disarm(entry_);
  }

 private:
  Alarms& alarms_;
  AlarmEntry entry_;
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
