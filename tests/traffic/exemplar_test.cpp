#include "traffic/exemplar.h"

#include <gtest/gtest.h>

namespace traffic {
namespace {

base::WallTime at(std::int64_t millis) {
  return base::WallTime(base::millis(1'800'000'000'000 + millis));
}

TEST(Exemplar, ATraceIsThirtyTwoDigits) {
  EXPECT_EQ((TraceId{0x0123456789abcdef, 0xfedcba9876543210}.text()),
            "0123456789abcdeffedcba9876543210");
  EXPECT_EQ((TraceId{0, 1}.text()), "00000000000000000000000000000001");
  EXPECT_FALSE(TraceId{}.valid());
  EXPECT_TRUE((TraceId{0, 1}.valid()));
}

TEST(Exemplar, IsReplacedAfterASecond) {
  ExemplarSlot slot;
  EXPECT_FALSE(slot.get());
  const Exemplar first{{1, 1}, base::millis(5), at(0)};
  slot.set(first);
  EXPECT_EQ(slot.get(), first);
  slot.set({{2, 2}, base::millis(6), at(999)});
  EXPECT_EQ(slot.get(), first);
  const Exemplar later{{3, 3}, base::millis(7), at(1000)};
  slot.set(later);
  EXPECT_EQ(slot.get(), later);
}

TEST(Exemplar, IsReplacedWhenTheClockWasSetBack) {
  ExemplarSlot slot;
  slot.set({{1, 1}, base::millis(5), at(3'600'000)});
  const Exemplar now{{2, 2}, base::millis(6), at(0)};
  slot.set(now);
  EXPECT_EQ(slot.get(), now);
}

TEST(Exemplar, WithoutATraceIsNone) {
  ExemplarSlot slot;
  slot.set({{0, 0}, base::millis(5), at(0)});
  EXPECT_FALSE(slot.get());
}

}  // namespace
}  // namespace traffic
