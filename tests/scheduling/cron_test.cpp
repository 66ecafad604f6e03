#include "scheduling/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace scheduling {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Cron cron(const std::string& text) {
  auto parsed = Cron::parse(text);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed.value_or(Cron());
}

Zone zone(const std::string& name) {
  auto loaded = Zone::load(name);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded.value_or(Zone::utc());
}

Instant at(const std::string& text, const Zone& zone = Zone::utc()) {
  const auto time = parse_time(text, zone);
  EXPECT_TRUE(time) << text;
  return time.value_or(Instant());
}

std::string refusal(const std::string& text) {
  const auto parsed = Cron::parse(text);
  return parsed ? "" : parsed.error().message;
}

/// The slots of a stretch of time as the zone's clock shows them.
std::vector<std::string> slots(const std::string& expression, const std::string& zone_name,
                               const std::string& from, const std::string& to) {
  const Zone here = zone(zone_name);
  const Cron parsed = cron(expression);
  std::vector<std::string> out;
  for (auto slot = next_after(parsed, here, at(from, here)); slot && slot->at <= at(to, here);
       slot = next_after(parsed, here, slot->at)) {
    out.push_back(text_of(slot->at, here).substr(8));
  }
  return out;
}

TEST(CronParse, TakesListsRangesStepsAndNames) {
  const auto fits = [](const std::string& expression, const std::string& time) {
    return cron(expression).matches(Zone::utc().local(at(time)));
  };
  EXPECT_TRUE(fits("0 3 * * SUN", "2026-11-22T03:00"));
  EXPECT_TRUE(fits("*/15 8-10,20 1,15-20 jan-MAR,12 *", "2026-02-16T20:45"));
  EXPECT_FALSE(fits("*/15 8-10,20 1,15-20 jan-MAR,12 *", "2026-02-16T11:45"));
  EXPECT_FALSE(fits("*/15 8-10,20 1,15-20 jan-MAR,12 *", "2026-04-16T20:45"));
  EXPECT_TRUE(fits("5/20 * * * *", "2026-02-16T11:45")) << "from 5 to the end in steps of 20";
  EXPECT_FALSE(fits("5/20 * * * *", "2026-02-16T11:20"));
  EXPECT_TRUE(fits("0 0 * * 7", "2026-11-22")) << "7 is Sunday";
  EXPECT_TRUE(fits("0 0 * * sat-sun", "2026-11-22"));
  EXPECT_FALSE(fits("0 0 * * sat-sun", "2026-11-23"));
  EXPECT_TRUE(fits("0 0 ? * 5-7", "2026-11-22"));
  EXPECT_TRUE(fits("@weekly", "2026-11-22"));
  EXPECT_TRUE(fits("@Yearly", "2026-01-01"));
  EXPECT_TRUE(fits("\t0  0\t1 1 * ", "2026-01-01"));
}

TEST(CronParse, EitherDayCountsWhereBothAreRestricted) {
  const Cron either = cron("0 0 13 * FRI");
  EXPECT_TRUE(either.either_day());
  const auto fits = [&](const std::string& day) {
    return either.matches(Zone::utc().local(at(day)));
  };
  EXPECT_TRUE(fits("2026-11-13"));
  EXPECT_TRUE(fits("2026-11-20"));
  EXPECT_TRUE(fits("2026-12-13")) << "a Sunday";
  EXPECT_FALSE(fits("2026-12-14"));
}

TEST(CronParse, RefusesWithFieldValueAndWhatIsAllowed) {
  EXPECT_EQ(refusal("60 * * * *"),
            "\"60 * * * *\": minute \"60\": \"60\" is not allowed: 0-59, with * , - and / is");
  EXPECT_THAT(refusal("0 24 * * *"), HasSubstr("hour \"24\": \"24\" is not allowed: 0-23"));
  EXPECT_THAT(refusal("0 0 0 * *"), HasSubstr("day of month \"0\""));
  EXPECT_THAT(refusal("0 0 * foo *"), HasSubstr("month \"foo\": \"foo\" is not allowed: 1-12 or"));
  EXPECT_THAT(refusal("0 0 * * MONDAY"), HasSubstr("day of week \"MONDAY\""));
  EXPECT_THAT(refusal("*/0 * * * *"), HasSubstr("a step of \"0\" is not allowed: 1 to 59 is"));
  EXPECT_THAT(refusal("*/90 * * * *"), HasSubstr("a step of \"90\" is not allowed: 1 to 59 is"));
  EXPECT_THAT(refusal("5-1 * * * *"), HasSubstr("the range \"5-1\" runs backward"));
  EXPECT_THAT(refusal("0 0 L * *"), HasSubstr("day of month \"L\""));
  EXPECT_THAT(refusal("0 0 * * 5#2"), HasSubstr("day of week \"5#2\""));
  EXPECT_THAT(refusal("? * * * *"), HasSubstr("minute \"?\""));
  for (const char* text : {"1,, * * * *", "-1 * * * *", "1- * * * *", "+1 * * * *", "1/ * * * *",
                           "1.5 * * * *", "99999999999 * * * *", "1-2-3 * * * *", ", * * * *"}) {
    EXPECT_THAT(refusal(text), HasSubstr("minute \"")) << text;
  }
}

TEST(CronParse, NamesEveryWrongFieldAtOnce) {
  const std::string all = refusal("60 24 32 13 8");
  for (const char* field : {"minute \"60\"", "hour \"24\"", "day of month \"32\"", "month \"13\"",
                            "day of week \"8\""}) {
    EXPECT_THAT(all, HasSubstr(field));
  }
}

TEST(CronParse, RefusesWhatIsNoExpression) {
  EXPECT_THAT(refusal(""), HasSubstr("has 0 fields: five are needed"));
  EXPECT_THAT(refusal("* * * *"), HasSubstr("has 4 fields"));
  EXPECT_THAT(refusal("0 0 3 * * *"), HasSubstr("no seconds and no year"));
  EXPECT_THAT(refusal("@reboot"), HasSubstr("@hourly, @daily"));
  EXPECT_THAT(refusal("@every 5m"), HasSubstr("@hourly, @daily"));
  EXPECT_THAT(refusal("@dayly"), HasSubstr("is not known"));
  EXPECT_THAT(refusal("TZ=UTC 0 0 * * *"), HasSubstr("timeZone has it"));
  EXPECT_THAT(refusal(std::string(1001, '*')), HasSubstr("at most 1000 bytes"));
}

TEST(CronParse, RefusesWhatNeverComes) {
  EXPECT_THAT(refusal("0 0 30 2 *"), HasSubstr("never comes"));
  EXPECT_THAT(refusal("0 0 31 2,4,6,9,11 *"), HasSubstr("never comes"));
  EXPECT_EQ(refusal("0 0 29 2 *"), "");
  EXPECT_EQ(refusal("0 0 30 2 MON"), "") << "every Monday of February";
}

TEST(CronParse, RefusesWhatMeansTwoThings) {
  EXPECT_THAT(refusal("0 0 */2 * MON"), HasSubstr("write 1-31/2 for either"));
  EXPECT_THAT(refusal("0 0 1 * */2"), HasSubstr("write 0-6/2 for either"));
  EXPECT_EQ(refusal("0 0 */2 * *"), "");
  EXPECT_EQ(refusal("0 0 1-31/2 * MON"), "");
  EXPECT_EQ(refusal("0 0 */1 * MON"), "");
}

TEST(CronSlots, ASwallowedTimeComesRightAfterTheGap) {
  EXPECT_THAT(slots("30 2 * * *", "Europe/Prague", "2026-03-28T12:00", "2026-03-30T12:00"),
              ElementsAre("29T03:00:00+02:00", "30T02:30:00+02:00"));
  EXPECT_THAT(slots("*/15 2 * * *", "Europe/Prague", "2026-03-28T12:00", "2026-03-29T12:00"),
              ElementsAre("29T03:00:00+02:00"))
      << "several swallowed times are one slot";
  EXPECT_THAT(slots("30 2,3 * * *", "Europe/Prague", "2026-03-28T12:00", "2026-03-29T12:00"),
              ElementsAre("29T03:00:00+02:00", "29T03:30:00+02:00"));
  EXPECT_THAT(slots("0 2,3 * * *", "Europe/Prague", "2026-03-28T12:00", "2026-03-29T12:00"),
              ElementsAre("29T03:00:00+02:00"))
      << "the swallowed one and the one after the gap are one instant";
  EXPECT_THAT(slots("@daily", "America/Sao_Paulo", "2018-11-03T12:00", "2018-11-05T12:00"),
              ElementsAre("04T01:00:00-02:00", "05T00:00:00-02:00"));
  EXPECT_THAT(slots("0 12 * * *", "Pacific/Apia", "2011-12-28T13:00", "2011-12-31T13:00"),
              ElementsAre("29T12:00:00-10:00", "31T00:00:00+14:00", "31T12:00:00+14:00"))
      << "a day that was left out";
}

TEST(CronSlots, ARepeatedTimeComesOnce) {
  EXPECT_THAT(slots("30 2 * * *", "Europe/Prague", "2026-10-24T12:00", "2026-10-26T12:00"),
              ElementsAre("25T02:30:00+02:00", "26T02:30:00+01:00"));
  EXPECT_THAT(slots("*/30 1-3 * * *", "Europe/Prague", "2026-10-25T00:00", "2026-10-25T12:00"),
              ElementsAre("25T01:00:00+02:00", "25T01:30:00+02:00", "25T02:00:00+02:00",
                          "25T02:30:00+02:00", "25T03:00:00+01:00", "25T03:30:00+01:00"));
  EXPECT_THAT(slots("0 */2 * * *", "Europe/Prague", "2026-10-25T00:00", "2026-10-25T05:00"),
              ElementsAre("25T02:00:00+02:00", "25T04:00:00+01:00"));
}

TEST(CronSlots, EveryHourFollowsRealTime) {
  EXPECT_THAT(slots("30 * * * *", "Europe/Prague", "2026-10-25T00:45", "2026-10-25T04:00"),
              ElementsAre("25T01:30:00+02:00", "25T02:30:00+02:00", "25T02:30:00+01:00",
                          "25T03:30:00+01:00"));
  EXPECT_THAT(slots("30 * * * *", "Europe/Prague", "2026-03-29T00:45", "2026-03-29T05:00"),
              ElementsAre("29T01:30:00+01:00", "29T03:30:00+02:00", "29T04:30:00+02:00"));
  EXPECT_EQ(slots("30 0-23 * * *", "Europe/Prague", "2026-10-25T00:45", "2026-10-25T04:00").size(),
            4U)
      << "all hours by another name";
  EXPECT_EQ(slots("*/20 * * * *", "Australia/Lord_Howe", "2026-04-05", "2026-04-06").size(), 73U)
      << "the day has half an hour more, with one slot in it";
}

TEST(CronSlots, SayWhatTheClockDoes) {
  const Zone prague = zone("Europe/Prague");
  const auto next = [&](const char* expression, const char* after) {
    return next_after(cron(expression), prague, at(after, prague)).value_or(Slot{});
  };
  EXPECT_EQ(next("30 2 * * *", "2026-03-28").clock, Slot::Clock::Plain);
  const Slot gap = next("30 2 * * *", "2026-03-28T12:00");
  EXPECT_EQ(gap.clock, Slot::Clock::AfterGap);
  EXPECT_EQ(text_of(gap.nominal), "2026-03-29 02:30:00");
  EXPECT_EQ(next("30 2 * * *", "2026-10-24T12:00").clock, Slot::Clock::FirstOfTwo);
  EXPECT_EQ(next("30 * * * *", "2026-10-25T02:30+02:00").clock, Slot::Clock::SecondOfTwo);
}

TEST(CronSlots, RareDaysAreFoundAcrossYears) {
  const auto next = [](const char* expression, const char* after) {
    return utc_text(next_after(cron(expression), Zone::utc(), at(after)).value_or(Slot{}).at);
  };
  EXPECT_EQ(next("0 0 29 2 *", "2096-03-01"), "2104-02-29T00:00:00Z");
  EXPECT_EQ(next("0 0 31 12 *", "2026-12-31"), "2027-12-31T00:00:00Z");
  EXPECT_FALSE(next_after(cron("0 0 1 1 *"), Zone::utc(), at("2249-06-01")));
}

TEST(CronSlots, OffsetsOfSecondsAreHeld) {
  // Liberia was 44 minutes and 30 seconds behind UTC until 7 January 1972.
  EXPECT_THAT(slots("0 6 * * *", "Africa/Monrovia", "1972-01-05T12:00", "1972-01-08T12:00"),
              ElementsAre("06T06:00:00-00:44", "07T06:00:00+00:00", "08T06:00:00+00:00"));
}

TEST(CronSlots, TheLastOneIsTheOneBeforeTheNext) {
  base::Random random(7);
  const Zone here = zone("America/New_York");
  for (const char* expression : {"*/7 * * * *", "30 2 * * *", "0 0 29 2 *", "15 1 1-7 * SUN"}) {
    const Cron parsed = cron(expression);
    for (int i = 0; i < 200; ++i) {
      const Instant until(Seconds(random.between(1'600'000'000, 1'900'000'000)));
      const Instant after = until - Seconds(random.between(0, 400'000'000));
      const auto last = last_within(parsed, here, after, until);
      const auto first = next_after(parsed, here, after);
      ASSERT_EQ(last.has_value(), first && first->at <= until) << expression;
      if (!last) continue;
      ASSERT_GT(last->at, after);
      ASSERT_LE(last->at, until);
      const auto next = next_after(parsed, here, last->at);
      ASSERT_TRUE(!next || next->at > until) << expression << " " << utc_text(until);
    }
  }
}

TEST(Zones, RefusesWhatIsNoZone) {
  for (const char* name : {"", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "localtime",
                           "Local", "right/UTC", "posix/UTC", "Fixed/UTC+01:00:00", "Europe/",
                           "Europe", "tzdata.zi", "file:UTC", "europe/prague"}) {
    const auto loaded = Zone::load(name);
    ASSERT_FALSE(loaded) << name;
    EXPECT_THAT(loaded.error().message, HasSubstr("\"" + std::string(name) + "\" is no time zone"));
  }
}

TEST(Times, AreReadWithAnOffsetOrAsTheZonesClockReads) {
  const Zone prague = zone("Europe/Prague");
  EXPECT_EQ(utc_text(at("2026-03-29T03:30:00+02:00", prague)), "2026-03-29T01:30:00Z");
  EXPECT_EQ(utc_text(at("2026-03-29t03:30:00z", prague)), "2026-03-29T03:30:00Z");
  EXPECT_EQ(utc_text(at("2026-07-01 12:00", prague)), "2026-07-01T10:00:00Z");
  EXPECT_EQ(utc_text(at("2026-07-01", prague)), "2026-06-30T22:00:00Z");
  EXPECT_EQ(utc_text(at("2026-03-29T02:30", prague)), "2026-03-29T01:00:00Z") << "in the gap";
  EXPECT_EQ(utc_text(at("2026-10-25T02:30", prague)), "2026-10-25T00:30:00Z") << "the first";
  for (const char* text : {"", "now", "2026-02-30", "2026-3-1", "2026-03-01T", "2026-03-01T24:00",
                           "2026-03-01T10:00:00+0200", "2026-03-01T10:00Zz", "9999-01-01",
                           "2026-03-01T10:00:00.5Z", "+026-03-01"}) {
    EXPECT_FALSE(parse_time(text, prague)) << text;
  }
  EXPECT_EQ(text_of(at("2026-07-01", prague), prague), "2026-07-01T00:00:00+02:00");
  EXPECT_EQ(text_of(at("2026-07-01", prague), zone("America/St_Johns")),
            "2026-06-30T19:30:00-02:30");
  EXPECT_EQ(prague.abbreviation(at("2026-07-01")), "CEST");
}

}  // namespace
}  // namespace scheduling
