// The open loop in virtual time: what is due, on which slot, and what counts as our own stall.
#include "probes/schedule.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace probes {
namespace {

using base::millis;
using base::seconds;
using base::TimePoint;
using What = Schedule::What;

constexpr TimePoint kStart{seconds(10)};

Schedule::Config open_config(std::size_t slots = 3) {
  return {millis(100), seconds(30), true, slots};
}
Schedule::Config new_config(std::size_t slots = 2) {
  return {millis(100), millis(200), false, slots};
}

TEST(Schedule, OperationKIsDueAtItsTimeWhateverTheEarlierOnesDo) {
  Schedule schedule(open_config(100));
  EXPECT_EQ(schedule.next_due(), base::kNever);
  schedule.begin(kStart);
  EXPECT_FALSE(schedule.next(kStart - millis(1), true).has_value());
  for (int k = 0; k < 50; ++k) {
    const TimePoint due = kStart + k * millis(100);
    EXPECT_EQ(schedule.next_due(), due);
    const auto turn = schedule.next(due + millis(k % 7), true);  // jitter does not add up
    ASSERT_TRUE(turn.has_value());
    EXPECT_EQ(turn->what, What::Send);
    EXPECT_EQ(turn->seq, static_cast<std::uint64_t>(k + 1));
    EXPECT_EQ(turn->due, due);
    EXPECT_EQ(turn->slot, static_cast<std::size_t>(k));
    EXPECT_FALSE(turn->stall.has_value());
  }
  EXPECT_EQ(schedule.in_flight(), 50U);
}

TEST(Schedule, AnOpenConnectionThatIsBusyWhenItsTurnComesBlocksThatOperation) {
  Schedule schedule(open_config(3));
  schedule.begin(kStart);
  for (int k = 0; k < 3; ++k) {
    EXPECT_EQ(schedule.next(kStart + k * millis(100), true)->what, What::Send);
  }
  schedule.done(1);
  const auto fourth = schedule.next(kStart + millis(300), true);
  EXPECT_EQ(fourth->what, What::Blocked);  // slot 0 is its turn, although slot 1 is free
  EXPECT_EQ(fourth->seq, 4U);
  const auto fifth = schedule.next(kStart + millis(400), true);
  EXPECT_EQ(fifth->what, What::Send);
  EXPECT_EQ(fifth->slot, 1U);
  EXPECT_FALSE(fifth->stall.has_value()) << "blocked operations are the target's doing";
}

TEST(Schedule, NoFreeSlotForANewConnectionIsAStallOfOurs) {
  Schedule schedule(new_config(2));
  schedule.begin(kStart);
  const auto first = schedule.next(kStart, true);
  schedule.next(kStart + millis(100), true);
  EXPECT_EQ(schedule.next(kStart + millis(150), true), std::nullopt);
  EXPECT_EQ(schedule.next(kStart + millis(200), true)->what, What::NotSent);
  schedule.done(first->slot);
  const auto next = schedule.next(kStart + millis(300), true);
  EXPECT_EQ(next->what, What::Send);
  EXPECT_EQ(next->seq, 4U);
  EXPECT_EQ(next->stall, (drill::Stall{kStart + millis(100), kStart + millis(300)}));
}

TEST(Schedule, AfterAPauseOnlyWhatIsNearlyDueIsSentAndThePauseIsAStall) {
  Schedule schedule(open_config(100));
  schedule.begin(kStart);
  schedule.next(kStart, true);
  const TimePoint woken = kStart + millis(1050);
  int not_sent = 0;
  std::vector<Schedule::Turn> sent;
  while (const auto turn = schedule.next(woken, true)) {
    if (turn->what == What::NotSent) {
      ++not_sent;
    } else {
      sent.push_back(*turn);
    }
  }
  EXPECT_EQ(not_sent, 8);  // 100 … 800 ms: overdue by more than 2Δ
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].due, kStart + millis(900));
  EXPECT_EQ(sent[0].stall, (drill::Stall{kStart, woken}));
  EXPECT_FALSE(sent[1].stall.has_value());
  EXPECT_EQ(schedule.next_due(), kStart + millis(1100));
}

TEST(Schedule, WithoutAReservationNothingIsSent) {
  Schedule schedule(open_config());
  schedule.begin(kStart);
  EXPECT_EQ(schedule.next(kStart, false)->what, What::NotSent);
  EXPECT_EQ(schedule.in_flight(), 0U);
  const auto turn = schedule.next(kStart + millis(100), true);
  EXPECT_EQ(turn->what, What::Send);
  EXPECT_EQ(turn->stall, (drill::Stall{kStart, kStart + millis(100)}));
}

TEST(Schedule, AGapOfExactlyTwoIntervalsIsNoStallAndOneNanosecondMoreIs) {
  for (const int extra : {0, 1}) {
    Schedule schedule(open_config(100));
    schedule.begin(kStart);
    schedule.next(kStart, true);
    const auto turn = schedule.next(kStart + millis(200) + base::Duration(extra), true);
    EXPECT_EQ(turn->stall.has_value(), extra == 1);
  }
}

TEST(Schedule, AcknowledgementsExpireInOrder) {
  Schedule schedule(new_config(5));
  schedule.begin(kStart);
  EXPECT_EQ(schedule.next_expiry(), base::kNever);
  const auto first = schedule.next(kStart, true);
  const auto second = schedule.next(kStart + millis(100), true);
  EXPECT_EQ(schedule.next_expiry(), kStart + millis(200));
  EXPECT_FALSE(schedule.expired(kStart + millis(199)).has_value());
  EXPECT_EQ(schedule.expired(kStart + millis(200)), first->slot);
  schedule.done(first->slot);
  EXPECT_EQ(schedule.next_expiry(), kStart + millis(300));
  schedule.done(second->slot);
  EXPECT_EQ(schedule.next_expiry(), base::kNever);
}

TEST(Schedule, EndsWithoutLosingANumberAndGoesOnLater) {
  Schedule schedule(open_config());
  schedule.begin(kStart);
  schedule.next(kStart, true);
  EXPECT_FALSE(schedule.end(kStart + millis(100)).has_value());
  EXPECT_FALSE(schedule.next(kStart + seconds(1), true).has_value());
  schedule.begin(kStart + seconds(60));
  const auto turn = schedule.next(kStart + seconds(60), true);
  EXPECT_EQ(turn->seq, 2U);
  EXPECT_FALSE(turn->stall.has_value()) << "not running is no stall";
}

TEST(Schedule, AStallThatIsStillOpenAtTheEndIsTold) {
  Schedule schedule(open_config());
  schedule.begin(kStart);
  schedule.next(kStart, true);
  schedule.next(kStart + millis(100), false);
  EXPECT_EQ(schedule.end(kStart + millis(150)), (drill::Stall{kStart, kStart + millis(150)}));
}

TEST(Schedule, SaysWhatIsDueBeforeATime) {
  Schedule schedule(open_config());
  schedule.begin(kStart);
  EXPECT_EQ(schedule.last_due_before(kStart), 0U);
  EXPECT_EQ(schedule.last_due_before(kStart + base::Duration(1)), 1U);
  EXPECT_EQ(schedule.last_due_before(kStart + millis(100)), 1U);
  EXPECT_EQ(schedule.last_due_before(kStart + millis(101)), 2U);
  schedule.next(kStart, true);
  EXPECT_EQ(schedule.last_due_before(kStart + millis(50)), 1U);
  EXPECT_EQ(schedule.due_of(5), kStart + millis(400));
}

// Whatever comes, in whatever order: numbers without holes, due times on the grid, no slot twice,
// and every stretch of silence longer than 2Δ is inside a stall.
TEST(Schedule, KeepsItsInvariantsUnderRandomPausesAndAnswers) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    base::Random random(seed);
    const bool open = random.chance(0.5);
    Schedule schedule(open ? open_config(4) : new_config(4));
    schedule.begin(kStart);
    TimePoint now = kStart;
    TimePoint last_invoked = kStart;
    std::uint64_t seq = 0;
    std::vector<std::size_t> busy;
    for (int step = 0; step < 300; ++step) {
      now += millis(random.between(0, random.chance(0.05) ? 2000 : 120));
      while (const auto slot = schedule.expired(now)) {
        schedule.done(*slot);
        std::erase(busy, *slot);
      }
      while (const auto turn = schedule.next(now, random.chance(0.95))) {
        ASSERT_EQ(turn->seq, ++seq);
        ASSERT_EQ(turn->due, kStart + static_cast<int>(seq - 1) * millis(100));
        if (turn->what == What::NotSent) {
          ASSERT_FALSE(turn->stall.has_value());
          continue;
        }
        if (turn->what == What::Send) {
          ASSERT_EQ(std::count(busy.begin(), busy.end(), turn->slot), 0);
          busy.push_back(turn->slot);
        }
        if (now - last_invoked > millis(200)) {
          ASSERT_EQ(turn->stall, (drill::Stall{last_invoked, now}));
        }
        last_invoked = now;
      }
      if (!busy.empty() && random.chance(0.6)) {
        const auto index = random.below(busy.size());
        schedule.done(busy[index]);
        busy.erase(busy.begin() + static_cast<std::ptrdiff_t>(index));
      }
      ASSERT_EQ(schedule.in_flight(), busy.size());
    }
  }
}

}  // namespace
}  // namespace probes
