// A sample of what bench/cron_oracle compares in full: every zone and fifty years.
#include "oracle.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "expressions.h"
#include "scheduling/cron.h"

namespace scheduling {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

std::vector<oracle::Minute> found(const Cron& cron, const Zone& zone, int first, int last) {
  std::vector<oracle::Minute> out;
  const Instant end(Seconds((oracle::days_before(last + 1) - 1) * kDaySeconds));
  auto slot =
      next_after(cron, zone, Instant(Seconds((oracle::days_before(first) + 1) * kDaySeconds - 1)));
  for (; slot && slot->at < end; slot = next_after(cron, zone, slot->at)) {
    EXPECT_EQ(slot->at.time_since_epoch().count() % 60, 0);
    out.push_back(slot->at.time_since_epoch().count() / 60);
  }
  return out;
}

/// From instants around every change of the clock, not only from slot to slot.
void check_around_changes(const Cron& cron, const Zone& zone,
                          const std::vector<oracle::Offset>& offsets,
                          const std::vector<oracle::Minute>& expected) {
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    for (oracle::Minute minute = offsets[i].from - 180; minute < offsets[i].from + 180;
         minute += 7) {
      const auto want = std::upper_bound(expected.begin(), expected.end(), minute);
      if (want == expected.end() || minute < expected.front()) continue;
      const auto slot = next_after(cron, zone, Instant(Seconds(minute * 60 + 30)));
      ASSERT_TRUE(slot);
      EXPECT_EQ(slot->at.time_since_epoch().count() / 60, *want)
          << "after " << utc_text(Instant(Seconds(minute * 60 + 30)));
    }
  }
}

struct Sample {
  const char* zone;
  int year;
  const char* why;
};

class CronOracle : public testing::TestWithParam<Sample> {};

TEST_P(CronOracle, AgreesOnEverySlotOfTheYear) {
  const int year = GetParam().year;
  const auto zone = Zone::load(GetParam().zone);
  ASSERT_TRUE(zone) << zone.error().message;
  const auto offsets = oracle::offsets(GetParam().zone, year, year);
  base::Random random(static_cast<std::uint64_t>(year));
  auto expressions = oracle::telling_expressions();
  for (int i = 0; i < 10; ++i) expressions.push_back(oracle::random_expression(random));
  for (const auto& expression : expressions) {
    const auto cron = Cron::parse(expression.text);
    ASSERT_TRUE(cron) << cron.error().message;
    const auto matches = oracle::matching_minutes(expression, year, year);
    const auto expected = oracle::slots(expression, matches, offsets, year, year);
    SCOPED_TRACE(testing::Message() << GetParam().why << ": \"" << expression.text << '"');
    EXPECT_EQ(found(*cron, *zone, year, year), expected);
    check_around_changes(*cron, *zone, offsets, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    OddYears, CronOracle,
    testing::Values(Sample{"UTC", 2024, "a leap year and nothing else"},
                    Sample{"Europe/Prague", 2026, "an hour, at two and at three"},
                    Sample{"America/New_York", 2026, "an hour, at two"},
                    Sample{"Australia/Lord_Howe", 2026, "half an hour"},
                    Sample{"America/Sao_Paulo", 2018, "a gap at midnight"},
                    Sample{"Asia/Beirut", 2023, "a gap at midnight, announced late"},
                    Sample{"Africa/Cairo", 2014, "four changes in a year"},
                    Sample{"Africa/Casablanca", 2087, "Ramadan, the last year of the table"},
                    Sample{"Pacific/Apia", 2011, "a day left out"},
                    Sample{"Pacific/Kwajalein", 1993, "a day left out, westward"},
                    Sample{"America/Caracas", 2007, "half an hour, for good"},
                    Sample{"Asia/Pyongyang", 2018, "half an hour before midnight"},
                    Sample{"Antarctica/Troll", 2026, "two hours"},
                    Sample{"Antarctica/Casey", 2023, "three changes of the standard time"},
                    Sample{"Europe/Dublin", 2045, "negative DST, beyond the table"},
                    Sample{"Asia/Kathmandu", 1985, "an offset of 5:30, then 5:45"},
                    Sample{"America/Nuuk", 2024, "a change on Saturday evening"}),
    [](const testing::TestParamInfo<Sample>& info) {
      std::string name = info.param.zone;
      for (char& c : name) c = c == '/' || c == '_' ? 'X' : c;
      return name + std::to_string(info.param.year);
    });

}  // namespace
}  // namespace scheduling
