#include "kube/work_queue.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace kube {
namespace {

using base::millis;
using base::seconds;
using base::TimePoint;

const Key kA{"shop", "a"}, kB{"shop", "b"}, kC{"", "c"};
constexpr TimePoint at(std::int64_t milliseconds) {
  return TimePoint(millis(milliseconds));
}
std::string taken(WorkQueue& queue, TimePoint now) {
  const auto next = queue.take(now);
  return next ? to_string(next->key) : "";
}

TEST(WorkQueue, GivesOutInTheOrderOfAddingAndNothingTwice) {
  WorkQueue queue;
  queue.add(kA, at(0));
  queue.add(kB, at(1));
  queue.add(kA, at(2));
  EXPECT_EQ(queue.depth(), 2U);
  EXPECT_EQ(queue.adds(), 2U);
  EXPECT_EQ(queue.take(at(5)), (WorkQueue::Taken{kA, 0, millis(5)}));
  EXPECT_EQ(taken(queue, at(5)), "shop/b");
  EXPECT_EQ(taken(queue, at(5)), "");
  EXPECT_EQ(queue.out(), 2U);
}

TEST(WorkQueue, AKeyThatIsOutWaitsForItsEndAndRunsOnceMore) {
  WorkQueue queue;
  queue.add(kA, at(0));
  EXPECT_EQ(taken(queue, at(0)), "shop/a");
  queue.add(kA, at(1));
  queue.add(kA, at(2));
  EXPECT_EQ(queue.depth(), 0U);
  EXPECT_EQ(taken(queue, at(3)), "");
  EXPECT_EQ(queue.done(kA, at(4)), millis(4));
  EXPECT_EQ(queue.depth(), 1U);
  EXPECT_EQ(queue.take(at(5)), (WorkQueue::Taken{kA, 0, millis(4)}));
  queue.done(kA, at(5));
  EXPECT_EQ(taken(queue, at(6)), "");
}

TEST(WorkQueue, ADelayIsKeptAndTheEarlierOfTwoCounts) {
  WorkQueue queue;
  queue.add_after(kA, millis(100), at(0));
  queue.add_after(kB, millis(50), at(0));
  EXPECT_EQ(queue.next_due(), at(50));
  EXPECT_EQ(queue.depth(), 0U);
  queue.add_after(kA, millis(20), at(10));
  queue.add_after(kA, millis(500), at(10));
  EXPECT_EQ(queue.next_due(), at(30));
  EXPECT_EQ(taken(queue, at(29)), "");
  EXPECT_EQ(taken(queue, at(30)), "shop/a");
  EXPECT_EQ(taken(queue, at(50)), "shop/b");
  EXPECT_EQ(queue.next_due(), base::kNever);
  EXPECT_EQ(queue.adds(), 2U);
}

TEST(WorkQueue, WhatIsDueAtOnceNeedNotWaitForItsOwnDelay) {
  WorkQueue queue;
  queue.add_after(kA, seconds(60), at(0));
  queue.add(kA, at(1));
  EXPECT_EQ(taken(queue, at(1)), "shop/a");
  queue.done(kA, at(2));
  EXPECT_EQ(taken(queue, at(70'000)), "") << "the delay was used up";
  queue.add_after(kA, millis(-5), at(70'000));
  EXPECT_EQ(taken(queue, at(70'000)), "shop/a");
}

TEST(WorkQueue, TheHigherPriorityGoesFirstAndIsKept) {
  WorkQueue queue;
  queue.add(kA, at(0), WorkQueue::kRelisted);
  queue.add(kB, at(1));
  queue.add(kC, at(2), 7);
  queue.add(kC, at(3));  // lowers nothing
  EXPECT_EQ(queue.take(at(4)), (WorkQueue::Taken{kC, 7, millis(2)}));
  EXPECT_EQ(taken(queue, at(4)), "shop/b");
  queue.add(kA, at(5), 1);
  queue.add(kB, at(5), 1);  // is out
  queue.add(kC, at(5));     // is out
  queue.done(kB, at(6));
  queue.done(kC, at(6));
  EXPECT_EQ(taken(queue, at(6)), "shop/a") << "raised, and due since its first add";
  EXPECT_EQ(taken(queue, at(6)), "shop/b");
  EXPECT_EQ(taken(queue, at(6)), "c");
}

TEST(WorkQueue, AFailureWaitsTwiceAsLongAsTheOneBefore) {
  WorkQueue queue;
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 20; ++i) delays.push_back(queue.add_failed(kA, at(0)) / millis(1));
  EXPECT_EQ(delays[0], 5);
  EXPECT_EQ(delays[1], 10);
  EXPECT_EQ(delays[9], 2560);
  EXPECT_EQ(delays[17], 655'360);
  EXPECT_EQ(delays[18], 1'000'000);
  EXPECT_EQ(delays[19], 1'000'000);
  EXPECT_EQ(queue.failures(kA), 20U);
  EXPECT_EQ(queue.retries(), 20U);
  EXPECT_EQ(queue.add_failed(kB, at(0)), millis(5)) << "its own back-off";
  queue.forget(kA);
  EXPECT_EQ(queue.failures(kA), 0U);
  EXPECT_EQ(queue.add_failed(kA, at(0)), millis(5));
  for (int i = 0; i < 10'000; ++i) queue.add_failed(kB, at(0));
  EXPECT_EQ(queue.add_failed(kB, at(0)), seconds(1000)) << "nothing overflows";
}

TEST(WorkQueue, AFailureOfAKeyThatIsOutCountsFromItsReport) {
  WorkQueue queue;
  queue.add(kA, at(0));
  EXPECT_EQ(taken(queue, at(0)), "shop/a");
  queue.add_failed(kA, at(100));
  queue.done(kA, at(101));
  EXPECT_EQ(queue.next_due(), at(105));
  EXPECT_EQ(taken(queue, at(104)), "");
  EXPECT_EQ(taken(queue, at(105)), "shop/a");
}

TEST(WorkQueue, ShuttingDownDrainsWhatIsDueAndForgetsWhatIsLater) {
  WorkQueue queue;
  queue.add(kA, at(0));
  queue.add(kB, at(0));
  queue.add_after(kC, millis(1), at(0));
  EXPECT_EQ(taken(queue, at(0)), "shop/a");
  queue.add(kA, at(0));
  queue.shut_down();
  queue.add({"shop", "late"}, at(1));
  EXPECT_EQ(queue.add_failed({"shop", "late"}, at(1)), base::Duration::zero());
  EXPECT_EQ(taken(queue, at(10)), "shop/b");
  queue.done(kB, at(10));
  EXPECT_FALSE(queue.drained());
  queue.done(kA, at(10));
  EXPECT_EQ(taken(queue, at(10)), "shop/a") << "was added before";
  queue.done(kA, at(11));
  EXPECT_TRUE(queue.drained());
}

TEST(WorkQueue, KnowsHowLongKeysAreOut) {
  WorkQueue queue;
  queue.add(kA, at(0));
  queue.add(kB, at(0));
  queue.take(at(10));
  queue.take(at(30));
  EXPECT_EQ(queue.unfinished(at(50)), millis(60));
  EXPECT_EQ(queue.longest_out(at(50)), millis(40));
}

/// What the laws say, without an order: when each key is due at the earliest, and how urgent it is.
struct Model {
  struct Want {
    TimePoint due;
    int priority;
  };
  std::map<Key, Want> wants;
  std::map<Key, TimePoint> out;

  void add(const Key& key, TimePoint due, int priority) {
    const auto [found, is_new] = wants.try_emplace(key, Want{due, priority});
    if (is_new) return;
    found->second.due = std::min(found->second.due, due);
    found->second.priority = std::max(found->second.priority, priority);
  }
  /// The highest priority among those that may be given out now.
  std::optional<int> best(TimePoint now) const {
    std::optional<int> best;
    for (const auto& [key, want] : wants)
      if (want.due <= now && !out.contains(key))
        best = std::max(best.value_or(-1000), want.priority);
    return best;
  }
};

TEST(WorkQueue, KeepsItsLawsInEveryOrderOfCalls) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    base::Random random(seed);
    WorkQueue queue;
    Model model;
    TimePoint now{};
    for (int step = 0; step < 400; ++step) {
      now += millis(static_cast<std::int64_t>(random.below(4)));
      const Key key{"", std::string(1, static_cast<char>('a' + random.below(6)))};
      const int priority = static_cast<int>(random.below(3));
      switch (random.below(4)) {
        case 0:
          queue.add(key, now, priority);
          model.add(key, now, priority);
          break;
        case 1: {
          const auto delay = millis(static_cast<std::int64_t>(random.below(20)));
          queue.add_after(key, delay, now, priority);
          model.add(key, now + delay, priority);
          break;
        }
        case 2: {
          const auto best = model.best(now);
          const auto next = queue.take(now);
          ASSERT_EQ(next.has_value(), best.has_value());
          if (!next) break;
          ASSERT_FALSE(model.out.contains(next->key)) << "given out twice";
          ASSERT_EQ(next->priority, *best);
          ASSERT_EQ(next->waited, now - model.wants.at(next->key).due);
          model.wants.erase(next->key);
          model.out.emplace(next->key, now);
          break;
        }
        default:
          if (model.out.empty()) break;
          const auto [ended, since] = *model.out.begin();
          ASSERT_EQ(queue.done(ended, now), now - since);
          model.out.erase(ended);
      }
    }
    ASSERT_EQ(queue.out(), model.out.size());
  }
}

}  // namespace
}  // namespace kube
