// The bounds of limit/windows.h against an exact log of every request, in virtual time.
#include "limit/windows.h"

#include <algorithm>
#include <array>
#include <deque>

#include <gtest/gtest.h>

#include "base/random.h"

namespace limit {
namespace {

using Counter = std::array<Word, 4>;

base::TimePoint at(base::Duration since) {
  return base::TimePoint(since);
}

/// Every request of the last while.
class Log {
 public:
  void add(base::Duration when) { when_.push_back(when); }
  /// In (now - length, now].
  std::uint32_t count(base::Duration now, base::Duration length) const {
    const auto from = std::upper_bound(when_.begin(), when_.end(), now - length);
    return static_cast<std::uint32_t>(when_.end() - from);
  }

 private:
  std::deque<base::Duration> when_;
};

/// Steady times, pauses and bursts, some of them longer than the window.
base::Duration next_gap(base::Random& random, base::Duration window) {
  const double mean = base::to_seconds(window);
  if (random.chance(0.9)) return base::Duration(0) + base::millis(random.between(0, 20));
  if (random.chance(0.97)) {
    return base::Duration(static_cast<std::int64_t>(random.exponential(mean / 80) * 1e9));
  }
  return base::Duration(static_cast<std::int64_t>(random.unit() * 2.5 * mean * 1e9));
}

class WindowBounds : public testing::TestWithParam<int> {};

TEST_P(WindowBounds, HoldAgainstAnExactLog) {
  const Limit limit{300, base::seconds(60)};
  const Window window(limit, GetParam());
  const base::Duration step = window.step();
  const std::uint32_t slack = limit.quota / static_cast<std::uint32_t>(window.steps()) + 1;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    base::Random random(seed);
    Counter counter{};
    Log log;
    base::Duration now = base::seconds(random.between(0, 1000));
    std::uint32_t most = 0;
    for (int i = 0; i < 5000; ++i) {
      now += next_gap(random, limit.window);
      const Moment moment = window.at(at(now));
      const std::uint32_t estimate = window.estimate(counter.data(), moment);
      ASSERT_LE(log.count(now, limit.window - step), estimate) << "seed " << seed << " at " << i;
      ASSERT_LE(estimate, log.count(now, limit.window + step)) << "seed " << seed << " at " << i;
      ASSERT_LE(log.count(now, limit.window), estimate + slack) << "seed " << seed << " at " << i;
      if (estimate >= limit.quota) continue;
      window.count(counter.data(), moment, Sharing::OneThread);
      log.add(now);
      most = std::max(most, log.count(now, limit.window));
    }
    EXPECT_LE(most, limit.quota + slack) << "seed " << seed;
    EXPECT_GE(most, limit.quota) << "seed " << seed << ": the limit was never reached";
  }
}

INSTANTIATE_TEST_SUITE_P(Words, WindowBounds, testing::Values(1, 2, 3, 4));

/// Requests let in during (from, to], of one every `gap`.
int admitted(const Window& window, Counter& counter, base::Duration from, base::Duration to,
             base::Duration gap) {
  int count = 0;
  for (base::Duration now = from + gap; now <= to; now += gap) {
    const Moment moment = window.at(at(now));
    if (window.estimate(counter.data(), moment) >= window.limit().quota) continue;
    window.count(counter.data(), moment, Sharing::OneThread);
    ++count;
  }
  return count;
}

TEST(Window, AFirstHourAtFullSpeedAdmitsOneFifthAboveTheQuotaAtWorst) {
  const Window window({500, base::seconds(3600)}, 3);
  for (const int start : {0, 1, 719, 720, 1000, 3599, 3600, 50'000}) {
    Counter counter{};
    const auto from = base::seconds(start);
    const int count =
        admitted(window, counter, from, from + base::seconds(3600), base::millis(200));
    EXPECT_GE(count, 500) << start;
    EXPECT_LE(count, 601) << start;
  }
}

TEST(Window, ASteadyClientAtTheLimitIsNeverRefused) {
  const Window window({500, base::seconds(3600)}, 3);
  Counter counter{};
  // One in 7.2 s is exactly 500 in an hour; a hair slower, for the rounding of the edges.
  const auto gap = base::millis(7230);
  const int asked = static_cast<int>(base::seconds(5 * 86400) / gap);
  EXPECT_EQ(admitted(window, counter, base::seconds(77), base::seconds(77) + asked * gap, gap),
            asked);
}

TEST(Window, AfterTheWindowAndOneStepNothingIsLeft) {
  const Window window({10, base::seconds(50)}, 3);
  Counter counter{};
  for (int i = 0; i < 10; ++i) {
    window.count(counter.data(), window.at(at(base::seconds(9))), Sharing::OneThread);
  }
  EXPECT_EQ(window.estimate(counter.data(), window.at(at(base::seconds(49)))), 10u);
  EXPECT_EQ(window.estimate(counter.data(), window.at(at(base::seconds(60)))), 0u);
  EXPECT_EQ(window.estimate(counter.data(), window.at(at(base::seconds(1'000'000)))), 0u);
}

TEST(Window, WaitIsTheFirstTimeThatAdmits) {
  for (const int words : {1, 2, 3}) {
    const Window window({40, base::seconds(100)}, words);
    base::Random random(static_cast<std::uint64_t>(words));
    for (int round = 0; round < 300; ++round) {
      Counter counter{};
      base::Duration now = base::seconds(5000);
      for (std::uint64_t i = 0, count = 30 + random.below(100); i < count; ++i) {
        now += base::millis(random.between(0, 4000));
        window.count(counter.data(), window.at(at(now)), Sharing::OneThread);
      }
      const auto estimate = [&](base::Duration when) {
        return window.estimate(counter.data(), window.at(at(when)));
      };
      const auto wait = window.wait(counter.data(), window.at(at(now)), 39);
      ASSERT_LE(estimate(now + wait), 39u) << words << " words, round " << round;
      if (wait == base::Duration(0)) continue;
      // Within the rounding of the weights (1/65536 of a step, and of one request).
      const base::Duration rounding = window.step() / 32768 + base::Duration(2);
      ASSERT_GT(estimate(now + std::max(wait - rounding, base::Duration(0))), 39u)
          << words << " words, round " << round;
    }
  }
}

TEST(Window, AThreadWhoseTickIsLateCountsWhatOthersCounted) {
  for (const int words : {1, 2, 3}) {
    const Window window({10, base::seconds(10)}, words);
    const Moment late = window.at(at(window.step() * 7 - base::Duration(1)));
    const Moment early = window.at(at(window.step() * 7));
    Counter counter{};
    window.count(counter.data(), late, Sharing::Threads);
    window.count(counter.data(), early, Sharing::Threads);
    window.count(counter.data(), late, Sharing::Threads);
    EXPECT_EQ(window.estimate(counter.data(), early), 3u) << words;
    EXPECT_GE(window.estimate(counter.data(), late), 2u) << words;
  }
}

/// What windows.h says of a counter, one cell after the other.
std::uint32_t plain_estimate(const Window& window, const Counter& counter, const Moment& moment) {
  std::uint32_t inside = 0, oldest = 0;
  const auto add = [&](std::int32_t age, std::uint32_t count) {
    if (age >= -window.words() && age < window.steps()) inside += count;
    if (age == window.steps()) oldest += count;
  };
  for (int i = 0; i < window.words(); ++i) {
    const cells::Cell cell = cells::unpack(counter[static_cast<std::size_t>(i)]);
    const std::int32_t age = cells::age_of(cell.step, moment.step);
    if (age < -window.words()) continue;  // neither of its counts is of this time
    add(age, cell.newer);
    add(age + window.words(), cell.older);
  }
  const std::uint32_t even = std::min(oldest, window.share());
  const std::uint64_t faded = (std::uint64_t{even} * moment.oldest_part + 65'535) / 65'536;
  return inside + (oldest - even) + static_cast<std::uint32_t>(faded);
}

TEST(Window, EstimatesWhatAddingCellByCellGives) {
  base::Random random(9);
  for (const int words : {1, 2, 3, 4}) {
    const Window window({1000, base::seconds(60)}, words);
    for (int round = 0; round < 20'000; ++round) {
      Moment moment = window.at(at(base::millis(random.between(0, 10'000'000))));
      if (random.chance(0.2)) moment.step = static_cast<std::uint32_t>(random.below(12));
      Counter counter{};
      for (Word& word : counter) {
        if (random.chance(0.2)) continue;
        const auto age = static_cast<std::uint32_t>(random.below(20)) - 6;
        const auto step = (moment.step - age) & static_cast<std::uint32_t>(cells::kStepMask);
        word = cells::pack({step, static_cast<std::uint32_t>(random.below(1U << 20U)),
                            static_cast<std::uint32_t>(random.below(1U << 20U))});
      }
      ASSERT_EQ(window.estimate(counter.data(), moment), plain_estimate(window, counter, moment))
          << words << " words, round " << round;
    }
  }
}

TEST(Window, ACountThatIsFullStaysFull) {
  const Window window({kQuotaMax, base::seconds(100)}, 2);
  const Moment moment = window.at(at(base::seconds(1)));
  Counter counter{};
  for (int i = 0; i < 1'060'000; ++i) {
    window.count(counter.data(), moment, Sharing::OneThread);
  }
  EXPECT_GE(window.estimate(counter.data(), moment), kQuotaMax);
  EXPECT_LT(window.estimate(counter.data(), moment), 1U << 20U);
  const Moment next = window.at(at(base::seconds(1) + 2 * window.step()));
  window.count(counter.data(), next, Sharing::OneThread);
  EXPECT_GE(window.estimate(counter.data(), next), kQuotaMax) << "the older count is kept";
}

}  // namespace
}  // namespace limit
