#include "kube/lease.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube {
namespace {

using base::millis;
using base::seconds;
using base::TimePoint;
using base::WallTime;
using How = lease_event::Answered::How;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TimePoint at(double second) {
  return TimePoint(base::Duration(static_cast<std::int64_t>(second * 1e9)));
}

std::string text(const LeaseAction& action) {
  struct Writer {
    std::string operator()(const lease_action::Read&) const { return "Read"; }
    std::string operator()(const lease_action::Write& write) const {
      const std::string holder = write.record.holder.empty() ? "nobody" : write.record.holder;
      if (write.create) return "Create " + holder;
      return fmt::format("Update {} of {} to {}, term {}", write.record.version,
                         base::human(write.record.duration), holder, write.record.transitions);
    }
    std::string operator()(const lease_action::Lead& lead) const {
      return fmt::format("Lead {} until {}", lead.epoch,
                         base::to_seconds(lead.until - TimePoint{}));
    }
    std::string operator()(const lease_action::Lost& lost) const { return "Lost: " + lost.why; }
    std::string operator()(const lease_action::WakeAt& wake) const {
      return fmt::format("WakeAt {}", base::to_seconds(wake.at - TimePoint{}));
    }
    std::string operator()(const lease_action::Ended& ended) const {
      return ended.released ? "Ended, released" : "Ended";
    }
  };
  return std::visit(Writer{}, action);
}

/// One candidate, spoken to by hand.
class LeaseTest : public ::testing::Test {
 protected:
  std::vector<std::string> step(const LeaseEvent& event, double second) {
    std::vector<std::string> out;
    for (const LeaseAction& action : lease_.step(event, at(second), WallTime{})) {
      if (const auto* write = std::get_if<lease_action::Write>(&action)) written_ = write->record;
      out.push_back(text(action));
    }
    return out;
  }
  std::vector<std::string> woke(double second) { return step(lease_event::Woke{}, second); }
  std::vector<std::string> seen(std::optional<LeaseRecord> record, double second) {
    return step(lease_event::Seen{std::move(record)}, second);
  }
  /// The read was answered with this.
  std::vector<std::string> read(std::optional<LeaseRecord> record, double second) {
    return step(lease_event::Answered{How::Done, std::move(record)}, second);
  }
  /// The write was done and made this version.
  std::vector<std::string> done(const std::string& version, double second) {
    written_.version = version;
    return step(lease_event::Answered{How::Done, written_}, second);
  }
  std::vector<std::string> conflict(double second) {
    return step(lease_event::Answered{How::Conflict}, second);
  }
  std::vector<std::string> failed(double second) {
    return step(lease_event::Answered{How::Failed}, second);
  }
  static LeaseRecord record(const std::string& holder, const std::string& version,
                            std::uint32_t transitions = 3) {
    return {holder, seconds(15), {}, {}, transitions, version};
  }
  /// Leads since second 0, from version "1" on.
  void take() {
    woke(0);
    read(std::nullopt, 0);
    ASSERT_THAT(done("1", 0.1), ElementsAre("Lead 0 until 10", "WakeAt 2"));
  }

  Lease lease_{{.identity = "me"}};
  LeaseRecord written_;
};

TEST_F(LeaseTest, TakesALeaseThatIsNotThere) {
  EXPECT_THAT(woke(0), ElementsAre("Read"));
  EXPECT_THAT(read(std::nullopt, 0.01), ElementsAre("Create me"));
  EXPECT_FALSE(lease_.leads(at(0.01)));
  EXPECT_THAT(done("1", 0.02), ElementsAre("Lead 0 until 10.01", "WakeAt 2.01"));
  EXPECT_TRUE(lease_.leads(at(0.02)));
  EXPECT_EQ(lease_.holder(), "me");
}

TEST_F(LeaseTest, WaitsWhileAnotherHoldsItAndTakesItWhenItHasNotChangedForItsDuration) {
  woke(0);
  EXPECT_THAT(read(record("you", "7"), 0), ElementsAre("WakeAt 15"));
  EXPECT_THAT(seen(record("you", "8"), 2), ElementsAre("WakeAt 17"));
  EXPECT_THAT(seen(record("you", "8"), 9), ElementsAre("WakeAt 17")) << "nothing has changed";
  EXPECT_THAT(woke(17), ElementsAre("Update 8 of 15.0 s to me, term 4"));
  EXPECT_THAT(done("9", 17.1), ElementsAre("Lead 4 until 27", "WakeAt 19"));
}

TEST_F(LeaseTest, TakesALeaseThatWasGivenBackAtOnce) {
  woke(0);
  read(record("you", "7"), 0);
  EXPECT_THAT(seen(record("", "8"), 1), ElementsAre("Update 8 of 15.0 s to me, term 4"));
}

TEST_F(LeaseTest, WaitsForADeletedLeaseThatWasHeld) {
  woke(0);
  read(record("you", "7"), 0);
  EXPECT_THAT(seen(std::nullopt, 5), ElementsAre("WakeAt 20"));
  EXPECT_THAT(woke(20), ElementsAre("Create me"));
}

TEST_F(LeaseTest, OfTwoTakersOneReadsWhoWasFaster) {
  woke(0);
  read(record("", "7"), 0);
  EXPECT_THAT(conflict(0.1), ElementsAre("Read"));
  EXPECT_THAT(read(record("you", "8"), 0.2), ElementsAre("WakeAt 15.2"));
}

TEST_F(LeaseTest, DoesNotTryInALoop) {
  woke(0);
  read(record("", "7"), 0);
  conflict(0.1);
  read(record("", "8"), 0.2);
  EXPECT_THAT(conflict(0.3), ElementsAre("WakeAt 2.3"));
}

TEST_F(LeaseTest, TriesAgainWhenTheServerDoesNotAnswer) {
  woke(0);
  EXPECT_THAT(failed(5), ElementsAre("WakeAt 7"));
  EXPECT_THAT(woke(7), ElementsAre("Read"));
  read(std::nullopt, 7);
  EXPECT_THAT(failed(12), ElementsAre("WakeAt 14"));
  EXPECT_THAT(woke(14), ElementsAre("Create me"));
  EXPECT_THAT(conflict(14.1), ElementsAre("Read")) << "the first one had arrived";
  EXPECT_THAT(read(record("me", "1", 0), 14.2), ElementsAre("Update 1 of 15.0 s to me, term 1"));
}

TEST_F(LeaseTest, RenewsWithItsNextLookCountedFromTheSending) {
  take();
  EXPECT_THAT(woke(2), ElementsAre("Update 1 of 15.0 s to me, term 0", "WakeAt 10"));
  EXPECT_THAT(done("2", 2.5), ElementsAre("Lead 0 until 12", "WakeAt 4"));
  EXPECT_THAT(woke(4), ElementsAre("Update 2 of 15.0 s to me, term 0", "WakeAt 12"));
}

TEST_F(LeaseTest, StopsAtTheDeadlineThoughARenewalIsUnderWay) {
  take();
  woke(2);
  EXPECT_THAT(failed(7), ElementsAre("WakeAt 9"));
  EXPECT_THAT(woke(9), ElementsAre("Update 1 of 15.0 s to me, term 0", "WakeAt 10"));
  EXPECT_TRUE(lease_.leads(at(9.999)));
  EXPECT_FALSE(lease_.leads(at(10)));
  EXPECT_THAT(woke(10), ElementsAre("Lost: it could not be renewed for 10.0 s"));
  // Its answer comes after all: the term is over, a new one begins.
  EXPECT_THAT(done("2", 10.5), ElementsAre("Update 2 of 15.0 s to me, term 1"));
  EXPECT_THAT(done("3", 10.6), ElementsAre("Lead 1 until 20.5", "WakeAt 12.5"));
}

TEST_F(LeaseTest, AnAnswerAfterTheDeadlineIsNoLead) {
  woke(0);
  read(std::nullopt, 0);
  EXPECT_THAT(done("1", 10), ElementsAre("Update 1 of 15.0 s to me, term 1"));
}

TEST_F(LeaseTest, AsksTheServerWhenTheWatchShowsAnotherHolder) {
  take();
  EXPECT_THAT(seen(record("old", "0"), 0.5), ElementsAre("Read", "WakeAt 10"))
      << "the watch may be late";
  EXPECT_THAT(read(record("me", "1", 0), 0.6), ElementsAre("WakeAt 2"));
  seen(record("you", "5"), 1);
  EXPECT_THAT(read(record("you", "5"), 1.1), ElementsAre("Lost: 'you' holds it", "WakeAt 16.1"));
  EXPECT_FALSE(lease_.leads(at(1.1)));
}

TEST_F(LeaseTest, StopsWhenTheLeaseWasDeleted) {
  take();
  EXPECT_THAT(seen(std::nullopt, 1), ElementsAre("Read", "WakeAt 10"));
  EXPECT_THAT(read(std::nullopt, 1.1), ElementsAre("Lost: the Lease was deleted", "Create me"));
}

TEST_F(LeaseTest, ARenewalThatMeetsAConflictAsksWhoHoldsIt) {
  take();
  woke(2);
  EXPECT_THAT(conflict(2.1), ElementsAre("Read", "WakeAt 10"));
  EXPECT_THAT(read(record("me", "2", 0), 2.2),
              ElementsAre("Update 2 of 15.0 s to me, term 0", "WakeAt 10"))
      << "an earlier renewal had arrived";
  conflict(2.3);
  woke(4.3);
  EXPECT_THAT(read(record("you", "9"), 4.4), ElementsAre("Lost: 'you' holds it", "WakeAt 19.4"));
}

TEST_F(LeaseTest, GivesItBackWhenItStops) {
  take();
  EXPECT_THAT(step(lease_event::Stop{}, 1), ElementsAre("Update 1 of 1.00 s to nobody, term 0"));
  EXPECT_FALSE(lease_.leads(at(1)));
  EXPECT_THAT(done("2", 1.1), ElementsAre("Ended, released"));
  EXPECT_THAT(woke(2), ElementsAre());
}

TEST_F(LeaseTest, EndsWithoutWritingWhereItHoldsNothing) {
  woke(0);
  read(record("you", "7"), 0);
  EXPECT_THAT(step(lease_event::Stop{}, 1), ElementsAre("Ended"));
}

TEST_F(LeaseTest, ATakeThatArrivesWhileItStopsIsGivenBack) {
  woke(0);
  read(std::nullopt, 0);
  EXPECT_THAT(step(lease_event::Stop{}, 0.1), ElementsAre()) << "one request at a time";
  EXPECT_THAT(done("1", 0.2), ElementsAre("Update 1 of 1.00 s to nobody, term 0"));
  EXPECT_THAT(failed(5.2), ElementsAre("Ended"));
}

TEST(LeaseConfig, RefusesWhatCannotBeSafe) {
  EXPECT_TRUE(check({.identity = "me"}));
  EXPECT_TRUE(check({"me", seconds(3), seconds(2), millis(400)}));
  const std::pair<LeaseConfig, const char*> cases[] = {
      {{""}, "the identity is empty"},
      {{"me", seconds(2), seconds(1), millis(100)}, "the lease lasts 2.00 s"},
      {{"me", millis(15'500), seconds(10), seconds(2)}, "whole seconds"},
      {{"me", seconds(15), seconds(15), seconds(2)}, "shorter than the lease, 15.0 s"},
      {{"me", seconds(15), seconds(0), seconds(2)}, "the renew deadline is 0"},
      {{"me", seconds(15), seconds(10), seconds(10)}, "shorter than the renew deadline"},
      {{"me", seconds(15), seconds(10), seconds(0)}, "the time between renewals is 0"},
  };
  for (const auto& [config, message] : cases) {
    const auto refused = check(config);
    ASSERT_FALSE(refused) << message;
    EXPECT_THAT(refused.error().message, HasSubstr(message));
  }
}

}  // namespace
}  // namespace kube
