#include "cli/progress_view.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cli {
namespace {

using testing::HasSubstr;

runner::DrillStatus status() {
  runner::DrillStatus status;
  status.id = "database-failover-20261121-044224-1a2b";
  status.phase = "Recovery";
  status.state = "FailoverInProgress";
  status.elapsed_seconds = 42;
  status.rto_seconds = 300;
  status.rpo_seconds = 60;
  status.streams = {{"orders/W", true, false, true, 3.2, 1200, 31, 251, "Refused"},
                    {"control", false, true, true, 40, 800, 0, 0.4, ""}};
  status.events = {{1, 1, "PhaseBegan Baseline"}, {2, 26, "FaultBegun primary-dies"}};
  return status;
}

std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST(ProgressView, BlockNamesPhaseStreamsAndEventsWithinTheWidth) {
  for (const int columns : {40, 60, 100, 200}) {
    const auto block = progress_block(status(), {true, false, columns});
    std::string all;
    for (const std::string& line : block) {
      EXPECT_LT(width(line), static_cast<std::size_t>(columns) + 1) << line;
      all += line + "\n";
    }
    EXPECT_THAT(all, HasSubstr("Recovery"));
    EXPECT_THAT(all, HasSubstr("orders/W"));
    EXPECT_THAT(all, HasSubstr("primary-dies"));
    EXPECT_THAT(all, testing::Not(HasSubstr("\x1b")));
  }
}

TEST(ProgressView, AnOutageFitsANarrowTerminalWithItsObjective) {
  runner::DrillStatus down = status();
  down.outage_seconds = 150;
  const std::string line = progress_block(down, {true, false, 60})[2];
  EXPECT_LE(width(line), 60U) << line;
  EXPECT_THAT(line, testing::AllOf(HasSubstr("2 min 30 s"), HasSubstr("of RTO 5 min 00 s")));
}

TEST(ProgressView, FortyColumnsHaveRoomForWhatMatters) {
  runner::DrillStatus down = status();
  down.outage_seconds = 150;
  const auto block = progress_block(down, {true, false, 40});
  EXPECT_EQ(block[2], "  DOWN 2 min 30 s of RTO 5 min 00 s");
  EXPECT_THAT(block[3],
              testing::AllOf(HasSubstr("orders/W"), HasSubstr("bad"), HasSubstr("3.20 s")));
}

TEST(ProgressView, PastEventsAreToldInThePhaseTheyWereIn) {
  ProgressView view({false, false, 100});
  runner::DrillStatus ended = status();
  ended.phase = "Reporting";
  ended.events = {
      {1, 1, "PhaseBegan Baseline"}, {2, 2, "FaultBegun x"}, {3, 9, "PhaseBegan Reporting"}};
  const std::string text = view.show(ended);
  EXPECT_THAT(text, HasSubstr("2.00 s  Baseline    FaultBegun x"));
  EXPECT_THAT(text, HasSubstr("9.00 s  Reporting   PhaseBegan Reporting"));
}

TEST(ProgressView, OutageIsShownAgainstTheObjective) {
  runner::DrillStatus down = status();
  down.outage_seconds = 150;
  const auto block = progress_block(down, {true, false, 120});
  EXPECT_THAT(block[2], HasSubstr("DOWN"));
  EXPECT_THAT(block[2], HasSubstr("2 min 30 s"));
  EXPECT_THAT(block[2], HasSubstr("5 min 00 s"));
}

TEST(ProgressView, PlainStreamGetsEachEventOnceWithoutEscapes) {
  ProgressView view({false, false, 100});
  runner::DrillStatus now = status();
  const std::string first = view.show(now);
  EXPECT_THAT(first, HasSubstr("FaultBegun primary-dies"));
  EXPECT_THAT(first, testing::Not(HasSubstr("\x1b")));
  EXPECT_EQ(view.show(now), "");
  now.events.push_back({3, 27, "FaultProven primary-dies"});
  EXPECT_THAT(view.show(now), HasSubstr("FaultProven"));
}

TEST(ProgressView, EventsOfOneInstantAreAllTold) {
  ProgressView view({false, false, 100});
  runner::DrillStatus now = status();
  now.events = {{1, 5, "first"}};
  view.show(now);
  now.events.push_back({2, 5, "second"});
  EXPECT_THAT(view.show(now), HasSubstr("second"));
}

TEST(ProgressView, TerminalIsRedrawnInPlace) {
  ProgressView view({true, true, 100});
  const std::string first = view.show(status());
  const std::string second = view.show(status());
  EXPECT_THAT(second, testing::StartsWith("\x1b["));
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'),
            std::count(second.begin(), second.end(), '\n'));
}

TEST(ProgressView, AnRpoThatWasNotAskedForIsNotShown) {
  const auto shown = [](const runner::DrillStatus& status) {
    std::string all;
    for (const std::string& line : progress_block(status, {true, false, 200})) all += line + "\n";
    return all;
  };
  runner::DrillStatus one = status();
  EXPECT_THAT(shown(one), HasSubstr("RTO 5 min 00 s  RPO 1 min 00 s"));
  one.rpo_seconds.reset();
  EXPECT_THAT(shown(one), HasSubstr("RTO 5 min 00 s\n"));
}

}  // namespace
}  // namespace cli
