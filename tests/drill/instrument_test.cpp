#include "drill/instrument.h"

#include <gtest/gtest.h>

#include "history_builder.h"

namespace drill::test {
namespace {

using base::millis;
using Kind = ReferenceOutage::Kind;

StreamView reference(std::vector<Record>& kept, std::string_view letters) {
  kept = records(letters);
  return view_of(stream(StreamKind::Reference), kept, {});
}

TEST(Reference, ARefusalMustLieInsideItsBounds) {
  std::vector<Record> kept;
  const StreamView view = reference(kept, times(20, 'o') + times(5, 'x') + times(20, 'o'));
  struct Case {
    Duration length;
    bool contained;
  };
  // Service [39, 61] ms, user-visible [40, 60] ms.
  for (const Case& c : {Case{millis(38), false}, Case{millis(39), true}, Case{millis(50), true},
                        Case{millis(60), true}, Case{millis(61), false}}) {
    const ReferenceCheck check =
        check_reference({Kind::Refuse, due(20) - millis(2), c.length, {}}, view);
    EXPECT_EQ(check.contained, c.contained) << base::human(c.length);
    EXPECT_EQ(check.user_visible, (Bounds{millis(40), millis(60)}));
  }
}

TEST(Reference, ItsOwnUncertaintyWidensTheKnownLength) {
  std::vector<Record> kept;
  const StreamView view = reference(kept, times(20, 'o') + times(5, 'x') + times(20, 'o'));
  EXPECT_FALSE(check_reference({Kind::Refuse, due(20), millis(38), {}}, view).contained);
  EXPECT_TRUE(check_reference({Kind::Refuse, due(20), millis(38), millis(1)}, view).contained);
}

TEST(Reference, AHangIsSeenShorterByTheDeadline) {
  std::vector<Record> kept;
  // Away for about 110 ms: operations of its last 50 ms succeeded in time.
  const StreamView view = reference(kept, times(20, 'o') + times(6, 't') + times(20, 'o'));
  kept[25].completed = due(25) + millis(55);
  for (std::size_t i = 26; i <= 30; ++i) kept[i].completed = due(31);
  const StreamView moved = view_of(view.stream, kept, {});
  EXPECT_TRUE(check_reference({Kind::Hang, due(20), millis(105), {}}, moved).contained);
  EXPECT_FALSE(check_reference({Kind::Hang, due(20), millis(200), {}}, moved).contained);
  EXPECT_FALSE(check_reference({Kind::Hang, due(20), millis(30), {}}, moved).contained);
}

TEST(Reference, AnOutageThatWasNotSeenMustBeWithinTheClaim) {
  std::vector<Record> kept;
  const StreamView view = reference(kept, times(50, 'o'));
  EXPECT_TRUE(check_reference({Kind::Refuse, due(20), millis(9), {}}, view).contained);
  EXPECT_FALSE(check_reference({Kind::Refuse, due(20), millis(11), {}}, view).contained);
  EXPECT_TRUE(check_reference({Kind::Hang, due(20), millis(59), {}}, view).contained);
  EXPECT_FALSE(check_reference({Kind::Hang, due(20), millis(61), {}}, view).contained);
}

TEST(WallClock, StepsAreSeenAndSlewingIsNot) {
  const auto anchor = [](std::int64_t steady, std::int64_t wall) {
    return ClockAnchor{TimePoint{} + millis(steady), WallTime{} + millis(wall)};
  };
  const std::vector<ClockAnchor> anchors = {anchor(0, 5'000), anchor(60'000, 65'090),
                                            anchor(61'000, 69'590), anchor(62'000, 67'590)};
  EXPECT_EQ(wall_steps(anchors), (std::vector<Duration>{millis(3'500), -millis(3'000)}));
}

Evidence two_streams(std::string_view first, std::string_view second) {
  Evidence evidence;
  evidence.streams = {stream(), stream(StreamKind::Control, 1)};
  evidence.records = records(first);
  for (const Record& record : records(second, StreamId(1))) evidence.records.push_back(record);
  return evidence;
}

TEST(Silence, IsWhenNoStreamStampedAnything) {
  EXPECT_EQ(silences(two_streams("ooonnnooo", "ooonnnooo")),
            (std::vector<Stall>{{due(2) + kLatency, due(6)}}));
  // One stream went on: the prober was awake, the other was at a bound of its own.
  EXPECT_TRUE(silences(two_streams("ooonnnooo", "ooooooooo")).empty());
  // Nothing was demanded between.
  Evidence evidence = two_streams("ooo", "ooo");
  evidence.records[2].seq = 100;
  for (Record& record : evidence.records) {
    if (record.stream == StreamId(1)) record.scheduled += base::seconds(5);
    if (record.stream == StreamId(1)) record.invoked += base::seconds(5);
    if (record.stream == StreamId(1)) record.completed += base::seconds(5);
  }
  EXPECT_TRUE(silences(evidence).empty());
}

InstrumentResult check(const Evidence& evidence, bool required = false) {
  const auto quiet = silences(evidence);
  const auto views = views_of(evidence, quiet);
  return check_instrument(evidence, views, {required, due(20), due(30)});
}

TEST(Control, FailingWithTheServiceMakesTheVantageUnhealthy) {
  const std::string outage = times(20, 'o') + times(5, 'x') + times(20, 'o');
  EXPECT_TRUE(check(two_streams(outage, times(45, 'o'))).healthy);
  EXPECT_TRUE(check(two_streams(outage, times(22, 'o') + "x" + times(22, 'o'))).healthy)
      << "one failure alone is an accident";
  const InstrumentResult both = check(two_streams(outage, outage));
  EXPECT_FALSE(both.healthy);
  EXPECT_FALSE(both.control_healthy);
  EXPECT_EQ(both.detail, "orders/Control failed too (Refused)");
  EXPECT_TRUE(check(two_streams(outage, times(36, 'o') + times(5, 'x') + "oooo")).healthy)
      << "after it was over";
}

TEST(Instrument, MustHaveProvedItself) {
  Evidence evidence = two_streams(times(45, 'o'), times(45, 'o'));
  EXPECT_FALSE(check(evidence, true).healthy);
  evidence.streams.push_back(stream(StreamKind::Reference, 2));
  for (const Record& record :
       records(times(20, 'o') + times(5, 'x') + times(20, 'o'), StreamId(2))) {
    evidence.records.push_back(record);
  }
  evidence.reference_outages = {{Kind::Refuse, due(20) - millis(2), millis(50), {}}};
  EXPECT_TRUE(check(evidence, true).healthy);
  evidence.reference_outages[0].length = millis(90);
  EXPECT_FALSE(check(evidence, true).healthy);
}

TEST(Instrument, ListsItsStalls) {
  Evidence evidence = two_streams("ooonnnooo", "ooonnnooo");
  EXPECT_EQ(check(evidence).stalls.size(), 1U);
  evidence.stalls = {{due(2), due(6)}};
  EXPECT_EQ(check(evidence).stalls.size(), 1U) << "told and found once";
}

TEST(Stalls, AreSummedUpOnceAndThoseInTheOutageNamed) {
  const std::vector<Stall> stalls = {
      {due(0), due(4)}, {due(1), due(5)}, {due(10), due(12)}, {due(20), due(21)}};
  const StallSummary all = sum_up(stalls, due(12), due(20));
  EXPECT_EQ(all.count, 4U);
  EXPECT_EQ(all.longest, 4 * kInterval);
  EXPECT_EQ(all.total, 8 * kInterval) << "two streams stood still together";
  EXPECT_EQ(all.in_outage, (std::vector<Stall>{stalls[2], stalls[3]})) << "its ends included";
  EXPECT_TRUE(sum_up(stalls, kNever, kNever).in_outage.empty());
}

}  // namespace
}  // namespace drill::test
