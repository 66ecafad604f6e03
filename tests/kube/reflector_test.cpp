#include "kube/reflector.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube {
namespace {

using base::TimePoint;
using reflect_event::Ended;
using reflect_event::Failed;
using reflect_event::Page;
using reflect_event::Woke;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;
using ::testing::MatchesRegex;

TimePoint at(double second) {
  return TimePoint(base::Duration(static_cast<std::int64_t>(second * 1e9)));
}
double second_of(TimePoint time) {
  return base::to_seconds(time - TimePoint{});
}

std::string text(const ReflectAction& action) {
  struct Writer {
    std::string operator()(const reflect_action::List& list) const {
      if (!list.next.empty()) return "List next " + list.next;
      return list.version.empty() ? "List newest" : "List from " + list.version;
    }
    std::string operator()(const reflect_action::Watch& watch) const {
      EXPECT_GE(watch.timeout_seconds, 300U);
      EXPECT_LE(watch.timeout_seconds, 600U);
      return std::string(watch.initial ? "Stream" : "Watch") +
             (watch.version.empty() ? " newest" : " from " + watch.version);
    }
    std::string operator()(const reflect_action::Close&) const { return "Close"; }
    std::string operator()(const reflect_action::Commit&) const { return "Commit"; }
    std::string operator()(const reflect_action::Discard&) const { return "Discard"; }
    std::string operator()(const reflect_action::WakeAt&) const { return ""; }
  };
  return std::visit(Writer{}, action);
}

class ReflectorTest : public ::testing::Test {
 protected:
  /// Everything but the alarm, which is kept in `wake`.
  std::vector<std::string> step(const ReflectEvent& event, double second) {
    std::vector<std::string> out;
    for (const ReflectAction& action : reflector_.step(event, at(second))) {
      if (const auto* one = std::get_if<reflect_action::WakeAt>(&action)) wake = second_of(one->at);
      if (const std::string words = text(action); !words.empty()) out.push_back(words);
    }
    return out;
  }
  Fate got(Change change, const std::string& version, double second) {
    return reflector_.got(change, version, false, at(second));
  }
  /// Has a copy of version 10 by a stream, and watches since `second`.
  void sync(double second = 0) {
    step(Woke{}, second);
    ASSERT_EQ(reflector_.got(Change::Bookmark, "10", true, at(second)), Fate::Commit);
  }
  Reflector with_pages() { return {{.streams = false}, 1}; }

  Reflector reflector_{{}, 1};
  double wake = 0;
};

TEST_F(ReflectorTest, TheFirstCopyComesAsAStreamAndIsCommittedAtOnce) {
  EXPECT_THAT(step(Woke{}, 0), ElementsAre("Stream newest"));
  EXPECT_EQ(got(Change::Added, "3", 1), Fate::Stage);
  EXPECT_EQ(got(Change::Modified, "4", 1), Fate::Stage);
  EXPECT_EQ(got(Change::Deleted, "5", 1), Fate::Unstage);
  EXPECT_EQ(got(Change::Bookmark, "6", 1), Fate::Nothing) << "not the one that ends it";
  EXPECT_FALSE(reflector_.synced());
  EXPECT_EQ(reflector_.got(Change::Bookmark, "10", true, at(2)), Fate::Commit);
  EXPECT_TRUE(reflector_.synced());
  EXPECT_EQ(reflector_.version(), "10");
  EXPECT_EQ(got(Change::Added, "11", 3), Fate::Put);
  EXPECT_EQ(got(Change::Modified, "12", 3), Fate::Put);
  EXPECT_EQ(got(Change::Deleted, "13", 3), Fate::Remove);
  EXPECT_EQ(got(Change::Bookmark, "20", 3), Fate::Nothing);
  EXPECT_EQ(reflector_.version(), "20");
}

TEST_F(ReflectorTest, AStreamThatBreaksIsDroppedAndBegunAnew) {
  step(Woke{}, 0);
  got(Change::Added, "3", 1);
  EXPECT_THAT(step(Ended{}, 1), ElementsAre("Discard"));
  EXPECT_THAT(wake, AllOf(Ge(1.4), Le(1.8)));
  EXPECT_THAT(step(Woke{}, wake), ElementsAre("Stream newest"));
  EXPECT_FALSE(reflector_.synced());
}

TEST_F(ReflectorTest, AsksForPagesWhenStreamsAreRefused) {
  step(Woke{}, 0);
  EXPECT_THAT(step(Failed{.code = 422, .reason = "Invalid"}, 0.1),
              ElementsAre("Discard", "List from 0"));
  EXPECT_THAT(step(Page{"10", "t1"}, 0.2), ElementsAre("List next t1"));
  EXPECT_THAT(step(Page{"10", "t2"}, 0.3), ElementsAre("List next t2"));
  EXPECT_FALSE(reflector_.synced());
  EXPECT_THAT(step(Page{"10", ""}, 0.4), ElementsAre("Commit", "Watch from 10"));
  EXPECT_TRUE(reflector_.synced());
  EXPECT_EQ(reflector_.lists(), 2U) << "a stream and a list";
}

TEST_F(ReflectorTest, AsksForPagesWhenAStreamIsSilent) {
  step(Woke{}, 0);
  EXPECT_EQ(wake, 120);
  EXPECT_THAT(step(Woke{}, 120), ElementsAre("Close", "Discard", "List from 0"));
}

TEST_F(ReflectorTest, AnExpiredTokenBeginsAgainWithTheNewest) {
  reflector_ = with_pages();
  step(Woke{}, 0);
  step(Page{"10", "t1"}, 0.2);
  EXPECT_THAT(step(Failed{.code = 410, .reason = "Expired"}, 0.3),
              ElementsAre("Discard", "List newest"));
  EXPECT_THAT(step(Failed{.code = 410, .reason = "Expired"}, 0.4), ElementsAre("Discard"))
      << "not in a loop";
  EXPECT_GT(wake, 0.7);
}

TEST_F(ReflectorTest, AListThatIsTooMuchAtOnceIsAskedForInPages) {
  reflector_ = with_pages();
  EXPECT_THAT(step(Woke{}, 0), ElementsAre("List from 0"));
  EXPECT_THAT(step(Failed{.too_much = true, .message = "too large"}, 30), ElementsAre("Discard"));
  EXPECT_THAT(step(Woke{}, wake), ElementsAre("List newest"));
  EXPECT_THAT(step(Failed{.too_much = true}, 70), ElementsAre("Discard"));
  EXPECT_THAT(step(Woke{}, wake), ElementsAre("List newest")) << "until a list was whole";
  EXPECT_THAT(step(Page{"10", "t1"}, 80), ElementsAre("List next t1"));
  EXPECT_THAT(step(Page{"10", ""}, 81), ElementsAre("Commit", "Watch from 10"));
}

TEST_F(ReflectorTest, AWatchThatEndsGoesOnAtTheLastVersionWithoutListing) {
  sync();
  got(Change::Bookmark, "17", 100);
  EXPECT_THAT(step(Ended{}, 400), ElementsAre("Watch from 17"));
  EXPECT_EQ(reflector_.problem(), "");
  EXPECT_EQ(reflector_.lists(), 1U);
}

TEST_F(ReflectorTest, AServerThatIsBusyOrGoneIsAskedLaterWithoutListing) {
  const Failed cases[] = {{.code = 429, .reason = "TooManyRequests"},
                          {.code = 500, .reason = "InternalError"},
                          {.code = 503, .reason = "ServiceUnavailable"},
                          {.code = 401, .reason = "Unauthorized"},
                          {.code = 0, .message = "connection refused"}};
  for (const Failed& failure : cases) {
    reflector_ = {{}, 1};
    sync();
    EXPECT_THAT(step(failure, 5), ElementsAre()) << failure.code;
    EXPECT_THAT(wake, AllOf(Ge(5.4), Le(5.8)));
    EXPECT_NE(reflector_.problem(), "");
    EXPECT_THAT(step(Woke{}, 5.3), ElementsAre()) << "too early";
    EXPECT_THAT(step(Woke{}, wake), ElementsAre("Watch from 10"));
    EXPECT_EQ(reflector_.lists(), 1U);
    EXPECT_TRUE(reflector_.synced()) << "the copy is late, not wrong";
  }
}

TEST_F(ReflectorTest, WaitsAsLongAsTheServerAsksFor) {
  sync();
  step(Failed{.code = 429, .retry_after = base::seconds(7)}, 5);
  EXPECT_EQ(wake, 12);
}

TEST_F(ReflectorTest, AVersionThatIsGoneIsListedAnewNotOlderThanItAndThenTheNewest) {
  sync();
  EXPECT_THAT(step(Failed{.code = 410, .reason = "Expired"}, 5), ElementsAre("Stream from 10"));
  EXPECT_TRUE(reflector_.synced()) << "the old copy serves until the new one is whole";
  EXPECT_EQ(reflector_.version(), "10");
  EXPECT_THAT(step(Failed{.code = 410, .reason = "Expired"}, 6),
              ElementsAre("Discard", "Stream newest"));
  reflector_.got(Change::Bookmark, "40", true, at(7));
  EXPECT_EQ(reflector_.version(), "40");
  EXPECT_THAT(step(Ended{}, 300), ElementsAre("Watch from 40"));
}

TEST_F(ReflectorTest, AVersionTheServerHasNotReachedIsGivenUp) {
  sync();
  step(Failed{.code = 504, .reason = "Timeout", .version_too_large = true}, 5);
  EXPECT_THAT(step(Woke{}, wake), ElementsAre("Stream newest"));
}

TEST_F(ReflectorTest, AKindThatIsGoneIsListedAnew) {
  sync();
  step(Failed{.code = 404, .reason = "NotFound"}, 5);
  EXPECT_THAT(step(Woke{}, wake), ElementsAre("Stream from 10"));
}

TEST_F(ReflectorTest, AConnectionThatSaysNothingIsNotTrusted) {
  sync();
  got(Change::Modified, "11", 100);
  EXPECT_THAT(step(Woke{}, 120), ElementsAre());
  EXPECT_EQ(wake, 220);
  EXPECT_THAT(step(Woke{}, 220), ElementsAre("Close", "Watch from 11"));
  EXPECT_EQ(wake, 340);
}

TEST_F(ReflectorTest, AWatchThatEndsAtOnceIsNotRepeatedAtOnce) {
  sync();
  step(Ended{}, 200);
  EXPECT_THAT(step(Ended{}, 200.1), ElementsAre());
  EXPECT_EQ(reflector_.problem(), "the watch ended at once");
  EXPECT_GT(wake, 200.4);
}

TEST_F(ReflectorTest, TheBackOffDoublesAndIsForgottenAfterAGoodWatch) {
  sync();
  double now = 200;
  std::vector<double> pauses;
  step(Failed{.code = 500}, now);
  for (int i = 0; i < 8; ++i) {
    pauses.push_back(wake - now);
    now = wake;
    step(Woke{}, now);
    step(Failed{.code = 500}, now);
  }
  EXPECT_LE(pauses[0], 0.8);
  EXPECT_GE(pauses[3], 3.2);
  EXPECT_THAT(pauses[7], AllOf(Ge(15), Le(30)));
  now = wake;
  step(Woke{}, now);
  got(Change::Bookmark, "12", now + 60);
  step(Failed{.code = 500}, now + 130);
  EXPECT_LE(wake - now - 130, 0.8);
}

TEST_F(ReflectorTest, WhatComesTooLateIsIgnored) {
  sync();
  step(Failed{.code = 500}, 5);
  EXPECT_EQ(got(Change::Added, "11", 5.1), Fate::Nothing);
  EXPECT_THAT(step(Ended{}, 5.2), ElementsAre());
  EXPECT_THAT(step(Page{"9", ""}, 5.2), ElementsAre());
  EXPECT_EQ(reflector_.version(), "10");
}

}  // namespace
}  // namespace kube
