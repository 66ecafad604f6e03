#include "runner/miss_watch.h"

#include <gtest/gtest.h>

namespace runner {
namespace {

using base::millis;
using base::seconds;
using base::TimePoint;

constexpr base::Duration kRto = seconds(10), kHold = seconds(3);
const TimePoint kFault = TimePoint(seconds(100));

TimePoint at(base::Duration since_fault) {
  return kFault + since_fault;
}

/// A stream every 100 ms with a deadline of 1 s.
probes::StreamStatus stream(TimePoint good_since, TimePoint bad_since,
                            const std::string& name = "orders/W") {
  probes::StreamStatus out;
  out.info.name = name;
  out.info.decides = true;
  out.info.interval = millis(100);
  out.info.deadline = seconds(1);
  out.good_since = good_since;
  out.bad_since = bad_since;
  return out;
}
probes::StreamStatus bad(TimePoint since) {
  return stream(base::kNever, since);
}
probes::StreamStatus good(TimePoint since) {
  return stream(since, base::kNever);
}

TEST(MissWatch, SpeaksOnceWhenTheLowerBoundIsBeyondTheRto) {
  MissWatch watch(kRto, kHold);
  const TimePoint onset = at(seconds(1));
  // 1.1 s of what was invoked last is not known yet.
  EXPECT_FALSE(watch.look({bad(onset)}, kFault, onset + kRto + millis(1'100)));
  EXPECT_EQ(watch.look({bad(onset)}, kFault, onset + kRto + millis(1'101)), kRto + millis(1));
  EXPECT_FALSE(watch.look({bad(onset)}, kFault, onset + seconds(60))) << "it was told";
}

TEST(MissWatch, AMomentOfServiceDoesNotBeginANewOutage) {
  MissWatch watch(kRto, kHold);
  EXPECT_FALSE(watch.look({bad(at(seconds(1)))}, kFault, at(seconds(8))));
  EXPECT_FALSE(watch.look({good(at(seconds(8)))}, kFault, at(seconds(9))));
  EXPECT_FALSE(watch.look({bad(at(seconds(9)))}, kFault, at(seconds(10))))
      << "what is bad now is too new to be known";
  EXPECT_TRUE(watch.look({bad(at(seconds(9)))}, kFault, at(seconds(13))));
}

TEST(MissWatch, AnOutageThatIsOverStaysOver) {
  MissWatch watch(kRto, kHold);
  EXPECT_FALSE(watch.look({bad(at(seconds(1)))}, kFault, at(seconds(5))));
  EXPECT_FALSE(watch.look({good(at(seconds(5)))}, kFault, at(seconds(5)) + kHold));
  EXPECT_FALSE(watch.look({bad(at(seconds(9)))}, kFault, at(seconds(60))));
}

TEST(MissWatch, NothingBeforeTheFaultCounts) {
  MissWatch watch(kRto, kHold);
  EXPECT_FALSE(watch.look({bad(at(seconds(-50)))}, base::kNever, at(seconds(-1))));
  EXPECT_FALSE(watch.look({bad(at(seconds(-50)))}, kFault, at(seconds(5))));
  EXPECT_TRUE(watch.look({bad(at(seconds(-50)))}, kFault, at(seconds(12))));
}

TEST(MissWatch, OutagesOfTwoStreamsAreNotOne) {
  MissWatch watch(kRto, kHold);
  const auto other = [](TimePoint good_since, TimePoint bad_since) {
    return stream(good_since, bad_since, "orders/A");
  };
  EXPECT_FALSE(
      watch.look({bad(at(seconds(1))), other(kFault, base::kNever)}, kFault, at(seconds(7))));
  EXPECT_FALSE(watch.look({good(at(seconds(7))), other(base::kNever, at(seconds(7)))}, kFault,
                          at(seconds(15))));
  EXPECT_TRUE(watch.look({good(at(seconds(7))), other(base::kNever, at(seconds(7)))}, kFault,
                         at(seconds(19))));
}

TEST(MissWatch, StreamsThatDoNotDecideAreNotLookedAt) {
  MissWatch watch(kRto, kHold);
  probes::StreamStatus pinned = bad(at(seconds(1)));
  pinned.info.decides = false;
  EXPECT_FALSE(watch.look({pinned}, kFault, at(seconds(90))));
}

}  // namespace
}  // namespace runner
