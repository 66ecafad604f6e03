#include <gtest/gtest.h>

#include "base/backoff.h"
#include "base/check.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

namespace base {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Code::InvalidArgument, "odd");
  return value / 2;
}

Result<int> quarter(int value) {
  TRY(const int once, half(value));
  TRY(half(once));
  return once / 2;
}

TEST(Result, TryPassesTheErrorOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_EQ(quarter(3).error().code, Code::InvalidArgument);
}

TEST(Result, ErrnoKeepsContextAndCode) {
  const Error error = fail_errno("open /x", ENOENT).value();
  EXPECT_EQ(error.code, Code::NotFound);
  EXPECT_EQ(error.message, "open /x: No such file or directory");
}

TEST(Time, HumanKeepsThreeDigits) {
  struct Case {
    Duration duration;
    const char* text;
  };
  const Case cases[] = {
      {Duration(0), "0 s"},       {Duration(850'000), "850 µs"}, {Duration(12'345'678), "12.3 ms"},
      {millis(1234), "1.23 s"},   {seconds(303), "5 min 03 s"},  {seconds(7322), "2 h 02 min"},
      {millis(-1500), "-1.50 s"}, {Duration(17), "17 ns"}};
  for (const Case& c : cases) EXPECT_EQ(human(c.duration), c.text);
}

TEST(Time, Rfc3339IsUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(WallTime(millis(1'000))), "1970-01-01T00:00:01.000Z");
  EXPECT_EQ(rfc3339(WallTime(millis(-1))), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(compact_utc(WallTime(seconds(951'782'400))), "20000229-000000");
}

TEST(Random, SameSeedSameDraws) {
  Random a(7);
  Random b(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
  EXPECT_NE(Random(7).next(), Random(8).next());
}

TEST(Random, FirstDrawsMatchTheReference) {
  Random random(1234567);  // the published test vector of splitmix64
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
}

TEST(Random, BetweenCoversBothEnds) {
  Random random(1);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1000; ++i) {
    const auto value = random.between(-2, 2);
    ASSERT_GE(value, -2);
    ASSERT_LE(value, 2);
    low |= value == -2;
    high |= value == 2;
  }
  EXPECT_TRUE(low && high);
}

TEST(Backoff, GrowsToTheLongestAndResets) {
  Random random(3);
  Backoff backoff({.first = millis(100), .longest = millis(400), .factor = 2.0, .jitter = 0.0});
  EXPECT_EQ(backoff.next(random), millis(100));
  EXPECT_EQ(backoff.next(random), millis(200));
  EXPECT_EQ(backoff.next(random), millis(400));
  EXPECT_EQ(backoff.next(random), millis(400));
  backoff.reset();
  EXPECT_EQ(backoff.next(random), millis(100));
}

TEST(CheckDeathTest, NamesThePlaceAndTheCondition) {
  EXPECT_DEATH(CHECK(1 == 2), "base_test.cpp.*CHECK failed: 1 == 2");
}

}  // namespace
}  // namespace base
