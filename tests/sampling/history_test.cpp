#include "sampling/history.h"

#include <gtest/gtest.h>

namespace sampling {
namespace {

base::TimePoint at(std::int64_t second) {
  return base::TimePoint(base::seconds(second));
}

Sample sample(std::int64_t second, std::optional<double> cpu) {
  Sample out(at(second));
  out.set(Figure::CpuRatio, cpu);
  return out;
}

History of(std::initializer_list<std::pair<int, std::optional<double>>> samples) {
  History out;
  for (const auto& [second, cpu] : samples) EXPECT_TRUE(out.add(sample(second, cpu)));
  return out;
}

TEST(History, KeepsTheLastThousandAndNoMore) {
  History history;
  EXPECT_EQ(history.current(), std::nullopt);
  for (int number = 0; number < 2500; ++number) {
    ASSERT_TRUE(history.add(sample(5 * number, number)));
  }
  EXPECT_EQ(history.size(), kSamplesKept);
  EXPECT_EQ((*history.current())[Figure::CpuRatio], 2499.0);
  const auto all = history.range({});
  ASSERT_EQ(all.size(), kSamplesKept);
  for (std::size_t number = 0; number < all.size(); ++number) {
    ASSERT_EQ(all[number].at, at(5 * (1500 + static_cast<int>(number))));
  }
}

TEST(History, ASampleOlderThanTheNewestIsRefused) {
  History history = of({{10, 1}, {10, 2}});
  EXPECT_FALSE(history.add(sample(9, 3)));
  EXPECT_EQ(history.size(), 2u);
}

TEST(History, ARangeHasItsBeginningAndNotItsEnd) {
  const History history = of({{5, 1}, {10, 2}, {15, 3}, {20, 4}});
  struct Case {
    int from, until;
    std::size_t count;
  };
  for (const Case& test : {Case{5, 20, 3},
                           {6, 21, 3},
                           {0, 5, 0},
                           {20, 20, 0},
                           {20, 5, 0},
                           {21, 99, 0},
                           {0, 99, 4},
                           {10, 11, 1}}) {
    EXPECT_EQ(history.range({at(test.from), at(test.until)}).size(), test.count)
        << test.from << " " << test.until;
  }
}

TEST(History, MeansAreOfTheSamplesThatHaveTheFigure) {
  const History history = of({{5, 1}, {10, {}}, {15, 4}, {20, 7}});
  const auto summary = history.summary(Figure::CpuRatio, {});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->count, 3u);
  EXPECT_EQ(summary->mean, 4.0);
  EXPECT_EQ(summary->least, 1.0);
  EXPECT_EQ(summary->greatest, 7.0);
  EXPECT_FALSE(history.summary(Figure::SwapBytes, {}));
  EXPECT_FALSE(history.summary(Figure::CpuRatio, {at(10), at(15)}));
  const auto mean = history.average({at(10), at(16)});
  ASSERT_TRUE(mean);
  EXPECT_EQ((*mean)[Figure::CpuRatio], 4.0);
  EXPECT_EQ((*mean)[Figure::SwapBytes], std::nullopt);
  EXPECT_EQ(mean->at, at(15));
  EXPECT_FALSE(history.average({at(100), at(200)}));
}

TEST(History, ATimelineHasTheMeanOfEachStepThatHasSamples) {
  const History history = of({{5, 1}, {9, 3}, {10, 5}, {35, {}}, {40, 8}});
  const auto steps = history.timeline({at(0), at(100)}, base::seconds(10));
  ASSERT_EQ(steps.size(), 4u);
  const std::pair<int, std::optional<double>> expected[] = {{0, 2}, {10, 5}, {30, {}}, {40, 8}};
  for (std::size_t number = 0; number < 4; ++number) {
    EXPECT_EQ(steps[number].at, at(expected[number].first));
    EXPECT_EQ(steps[number][Figure::CpuRatio], expected[number].second);
  }
  // Without a beginning, steps are counted from the first sample.
  const auto from_first = history.timeline({}, base::seconds(10));
  ASSERT_EQ(from_first.size(), 2u);
  EXPECT_EQ(from_first[0].at, at(5));
  EXPECT_EQ(from_first[0][Figure::CpuRatio], 3.0);
  EXPECT_EQ(from_first[1].at, at(35));
}

TEST(History, ATimelineOfAnyStepHasNoMorePointsThanSamples) {
  History history;
  for (int number = 0; number < 1000; ++number) history.add(sample(5 * number, number));
  for (const base::Duration step : {base::Duration(-5), base::Duration(0), base::Duration(1),
                                    base::seconds(7), base::Duration::max()}) {
    EXPECT_LE(history.timeline({}, step).size(), 1000u);
    EXPECT_GE(history.timeline({at(-99), at(1'000'000)}, step).size(), 1u);
  }
}

TEST(History, RecentValuesAreOldestFirst) {
  const History history = of({{5, 1}, {10, {}}, {15, 4}, {20, 7}});
  EXPECT_EQ(history.recent(Figure::CpuRatio, 2), (std::vector<double>{4, 7}));
  EXPECT_EQ(history.recent(Figure::CpuRatio, 50), (std::vector<double>{1, 4, 7}));
  EXPECT_TRUE(history.recent(Figure::SwapBytes, 50).empty());
}

}  // namespace
}  // namespace sampling
