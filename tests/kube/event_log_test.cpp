#include "kube/event_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube {
namespace {

using base::seconds;
using base::TimePoint;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint at(std::int64_t second) {
  return TimePoint(seconds(second));
}
base::WallTime wall(std::int64_t second) {
  return base::WallTime(seconds(1'000'000 + second));
}
Told told(const std::string& reason, const std::string& note = "",
          const std::string& object = "u1") {
  return {object, "Normal", reason, "Drill", note};
}
std::vector<std::string> texts(const std::vector<EventAction>& actions) {
  std::vector<std::string> out;
  for (const EventAction& action : actions) {
    if (const auto* create = std::get_if<event_action::Create>(&action)) {
      out.push_back(fmt::format("create {} {}", create->number, create->told.reason));
    } else {
      const auto& series = std::get<event_action::Series>(action);
      out.push_back(fmt::format("{} seen {} times, last at {}", series.number, series.count,
                                (series.last - wall(0)) / seconds(1)));
    }
  }
  return out;
}

class EventLogTest : public ::testing::Test {
 protected:
  std::vector<std::string> tell(const std::string& reason, std::int64_t second,
                                const std::string& object = "u1") {
    return texts(log_.tell(told(reason, "", object), at(second), wall(second)));
  }
  EventLog log_;
};

TEST_F(EventLogTest, TheSameThingAgainIsASeriesOfOneEvent) {
  EXPECT_THAT(tell("FaultBegun", 0), ElementsAre("create 1 FaultBegun"));
  EXPECT_THAT(tell("StepFailed", 1), ElementsAre("create 2 StepFailed"));
  EXPECT_THAT(tell("StepFailed", 10), ElementsAre("2 seen 2 times, last at 10"));
  for (int second = 20; second < 300; second += 10)
    EXPECT_THAT(tell("StepFailed", second), IsEmpty());
}

TEST_F(EventLogTest, TheEndOfASeriesIsWrittenSoThatItsCountIsRight) {
  tell("StepFailed", 0);
  tell("StepFailed", 1);
  tell("StepFailed", 2);
  tell("StepFailed", 3);
  EXPECT_EQ(log_.next_sweep(), at(363));
  EXPECT_THAT(texts(log_.sweep(at(362))), IsEmpty());
  EXPECT_THAT(texts(log_.sweep(at(363))), ElementsAre("1 seen 4 times, last at 3"));
  EXPECT_EQ(log_.next_sweep(), base::kNever);
  EXPECT_THAT(tell("StepFailed", 400), ElementsAre("create 2 StepFailed")) << "another occasion";
  tell("StepFailed", 401);
  tell("StepFailed", 402);
  EXPECT_THAT(tell("StepFailed", 800),
              ElementsAre("2 seen 3 times, last at 402", "create 3 StepFailed"))
      << "also when nobody swept in between";
}

TEST_F(EventLogTest, ALongSeriesIsWrittenOncePerHeartbeat) {
  int writes = 0;
  for (int second = 0; second < 7200; second += 60)
    writes += static_cast<int>(tell("StepFailed", second).size());
  EXPECT_EQ(writes, 5) << "create, the second, and three heartbeats";
}

TEST_F(EventLogTest, AnObjectThatTalksTooMuchIsNotListenedTo) {
  int begun = 0;
  for (int i = 0; i < 100; ++i) begun += static_cast<int>(tell(fmt::format("R{}", i), 0).size());
  EXPECT_EQ(begun, 25);
  EXPECT_EQ(log_.dropped(), 75U);
  EXPECT_THAT(tell("FaultBegun", 0, "u2"), ElementsAre("create 26 FaultBegun")) << "another object";
  EXPECT_THAT(tell("R99", 299), IsEmpty());
  EXPECT_THAT(tell("R98", 301), ElementsAre("create 27 R98")) << "one more per five minutes";
}

TEST_F(EventLogTest, ForgetsWhatIsOver) {
  for (int i = 0; i < 50; ++i) tell("FaultBegun", 0, fmt::format("u{}", i));
  EXPECT_GE(log_.remembered(), 50U);
  log_.sweep(at(10'000));
  EXPECT_EQ(log_.remembered(), 0U);
}

TEST_F(EventLogTest, LongTextsAreCutBetweenCharacters) {
  const auto actions = log_.tell(told("R", std::string(1023, 'x') + "ä"), at(0), wall(0));
  EXPECT_EQ(std::get<event_action::Create>(actions.at(0)).told.note, std::string(1023, 'x'));
}

}  // namespace
}  // namespace kube
