#include "sidecar/timer_wheel.h"

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace sidecar {
namespace {

constexpr base::Duration kTick = base::millis(100);
constexpr base::TimePoint kStart{base::seconds(1000)};

struct Alarm {
  Alarm() : timer(this, [](void* self) { static_cast<Alarm*>(self)->ring(); }) {}
  void ring() {
    ++rung;
    if (then) then();
  }
  Timer timer;
  int rung = 0;
  std::function<void()> then;
};

TEST(TimerWheel, RingsOnceAtItsTimeOrATickLater) {
  TimerWheel wheel(kStart, kTick);
  Alarm alarm;
  wheel.arm(alarm.timer, kStart + base::millis(250));
  wheel.advance(kStart + base::millis(249));
  EXPECT_EQ(alarm.rung, 0);
  wheel.advance(kStart + base::millis(350));
  EXPECT_EQ(alarm.rung, 1);
  EXPECT_FALSE(alarm.timer.armed());
  wheel.advance(kStart + base::seconds(100));
  EXPECT_EQ(alarm.rung, 1);
}

TEST(TimerWheel, MovesAndDisarms) {
  TimerWheel wheel(kStart, kTick);
  Alarm moved;
  Alarm gone;
  wheel.arm(moved.timer, kStart + base::seconds(1));
  wheel.arm(gone.timer, kStart + base::seconds(1));
  wheel.arm(moved.timer, kStart + base::seconds(3));
  wheel.disarm(gone.timer);
  wheel.advance(kStart + base::seconds(2));
  EXPECT_EQ(moved.rung, 0);
  wheel.advance(kStart + base::seconds(4));
  EXPECT_EQ(moved.rung, 1);
  EXPECT_EQ(gone.rung, 0);
  EXPECT_EQ(wheel.next(), base::kNever);
}

TEST(TimerWheel, LetsOnesOfLaterRoundsLie) {
  TimerWheel wheel(kStart, kTick);
  Alarm hour;
  wheel.arm(hour.timer, kStart + base::seconds(3600));
  base::TimePoint now = kStart;
  while (wheel.next() < kStart + base::seconds(3600)) {
    now = wheel.next();
    wheel.advance(now);
    ASSERT_EQ(hour.rung, 0);
  }
  wheel.advance(kStart + base::seconds(3600));
  EXPECT_EQ(hour.rung, 1);
}

TEST(TimerWheel, FindsEverythingAfterALongSleep) {
  TimerWheel wheel(kStart, kTick);
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 1; i <= 2000; ++i) {
    alarms.push_back(std::make_unique<Alarm>());
    wheel.arm(alarms.back()->timer, kStart + i * base::millis(137));
  }
  wheel.advance(kStart + base::seconds(7200));
  for (const auto& alarm : alarms) EXPECT_EQ(alarm->rung, 1);
}

TEST(TimerWheel, LetsARingArmAndDestroyOthers) {
  TimerWheel wheel(kStart, kTick);
  Alarm first;
  auto second = std::make_unique<Alarm>();
  Alarm third;
  first.then = [&] {
    second.reset();
    wheel.arm(first.timer, kStart);  // the past: at the next tick, and not for ever in this one
    wheel.arm(third.timer, kStart + base::seconds(2));
  };
  wheel.arm(first.timer, kStart + base::millis(100));
  wheel.arm(second->timer, kStart + base::millis(100));
  wheel.advance(kStart + base::seconds(1));
  EXPECT_EQ(first.rung, 1);
  EXPECT_EQ(wheel.next(), kStart + base::millis(1100));
  wheel.advance(kStart + base::millis(1100));
  EXPECT_EQ(first.rung, 2);
  first.then = nullptr;
  wheel.advance(kStart + base::seconds(2));
  EXPECT_EQ(third.rung, 1);
}

TEST(TimerWheel, AgreesWithASortedListOverDrawnHistories) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    base::Random random(seed);
    TimerWheel wheel(kStart, kTick);
    std::vector<Alarm> alarms(20);
    std::map<const Alarm*, base::TimePoint> due;
    base::TimePoint now = kStart;
    for (int step = 0; step < 300; ++step) {
      Alarm& one = alarms[random.below(alarms.size())];
      if (random.chance(0.2)) {
        wheel.disarm(one.timer);
        due.erase(&one);
      } else {
        due[&one] = now + base::millis(random.between(-500, 120'000));
        wheel.arm(one.timer, due[&one]);
      }
      for (Alarm& alarm : alarms) alarm.rung = 0;
      const base::TimePoint before = now;
      now += base::millis(random.between(0, 9'000));
      wheel.advance(now);
      for (const Alarm& alarm : alarms) {
        const auto at = due.find(&alarm);
        if (alarm.rung == 0) {
          ASSERT_TRUE(at == due.end() || std::max(at->second, before) + 2 * kTick > now);
          continue;
        }
        ASSERT_EQ(alarm.rung, 1);
        ASSERT_TRUE(at != due.end() && at->second <= now);
        due.erase(at);
      }
    }
  }
}

}  // namespace
}  // namespace sidecar
