#include "aio/alarms.h"

#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace aio {
namespace {

using base::millis;
using base::seconds;

class AlarmsTest : public testing::Test {
 protected:
  std::unique_ptr<Alarm> alarm() { return clock.alarm(context.get_executor()); }

  asio::io_context context;
  SystemClock clock;
};

TEST_F(AlarmsTest, RingInTheOrderInWhichTheyAreDue) {
  end_when_disarmed(context.get_executor());
  std::vector<int> rung;
  std::vector<std::unique_ptr<Alarm>> alarms;
  const base::TimePoint start = clock.now();
  for (const int after : {6, 2, 4, 2}) {
    alarms.push_back(alarm());
    alarms.back()->arm(start + millis(after), [&, after] {
      EXPECT_GE(clock.now(), start + millis(after));
      rung.push_back(after);
    });
  }
  alarms[2]->arm(start + millis(1), [&] { rung.push_back(1); });  // moved
  context.run();
  EXPECT_EQ(rung, (std::vector<int>{1, 2, 2, 6}));
}

TEST_F(AlarmsTest, ADeadlineThatNeverRingsCostsTheLoopNothing) {
  const auto first = alarm();
  first->arm(clock.now() + seconds(3600), [] { FAIL(); });
  for (int i = 0; i < 3; ++i) {
    const auto next = alarm();
    next->arm(clock.now() + seconds(3601), [] { FAIL(); });
  }
  EXPECT_EQ(context.poll(), 0U) << "turns of the loop";
  first->disarm();
  EXPECT_EQ(context.poll(), 0U);
  EXPECT_FALSE(context.stopped()) << "the timer is left to wake once";
}

TEST_F(AlarmsTest, ALoopThatIsRunToItsEndEndsWithTheLastAlarm) {
  const auto kept = alarm();
  const auto dropped = alarm();
  kept->arm(clock.now() + millis(1), [] {});
  dropped->arm(clock.now() + seconds(3600), [] { FAIL(); });
  asio::post(context, [&] { dropped->disarm(); });
  end_when_disarmed(context.get_executor());
  context.run();
  context.restart();
  kept->arm(clock.now() + seconds(3600), [] { FAIL(); });
  kept->disarm();
  context.run();
  EXPECT_TRUE(context.stopped());
}

TEST_F(AlarmsTest, ANoticeThatALoopIsRunToItsEndDropsWhatIsWaitedForInVain) {
  const auto one = alarm();
  one->arm(clock.now() + seconds(3600), [] { FAIL(); });
  one->disarm();
  end_when_disarmed(context.get_executor());
  context.run();
  EXPECT_TRUE(context.stopped());
}

TEST_F(AlarmsTest, WhatACallbackArmsForNowHasItsTurnAfterTheRestOfTheLoop) {
  end_when_disarmed(context.get_executor());
  const auto again = alarm();
  int rings = 0;
  bool posted = false;
  std::function<void()> ring = [&] {
    if (++rings == 1) asio::post(context, [&posted] { posted = true; });
    if (rings == 3) EXPECT_TRUE(posted);
    if (rings < 3) again->arm(clock.now() - millis(1), ring);
  };
  again->arm(clock.now(), ring);
  context.run();
  EXPECT_EQ(rings, 3);
}

TEST_F(AlarmsTest, ACallbackMayDestroyAlarmsThatAreDueToo) {
  end_when_disarmed(context.get_executor());
  auto one = alarm(), other = alarm();
  int rings = 0;
  const base::TimePoint due = clock.now();
  one->arm(due, [&] {
    ++rings;
    other.reset();
    one.reset();
  });
  other->arm(due, [&] {
    ++rings;
    one.reset();
    other.reset();
  });
  context.run();
  EXPECT_EQ(rings, 1);
}

TEST_F(AlarmsTest, NeverIsNoTime) {
  end_when_disarmed(context.get_executor());
  const auto never = alarm();
  never->arm(base::TimePoint::max(), [] { FAIL(); });
  context.run();
  EXPECT_TRUE(context.stopped());
}

}  // namespace
}  // namespace aio
