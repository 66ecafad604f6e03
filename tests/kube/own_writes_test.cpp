#include "kube/own_writes.h"

#include <gtest/gtest.h>

namespace kube {
namespace {

using base::seconds;
using base::TimePoint;
using Ready = OwnWrites::Ready;
using Sight = OwnWrites::Sight;

const Key kA{"shop", "a"}, kB{"shop", "b"};
constexpr TimePoint at(std::int64_t second) {
  return TimePoint(seconds(second));
}

TEST(OwnWrites, WithoutAWriteEverythingIsNews) {
  OwnWrites own;
  EXPECT_EQ(own.saw(kA, "5"), Sight::News);
  EXPECT_EQ(own.may_reconcile(kA, at(0)), (OwnWrites::Readiness{Ready::Yes, {}}));
}

TEST(OwnWrites, TheCacheIsNotActedOnBeforeItHasTheLastWrite) {
  OwnWrites own;
  own.wrote(kA, "90", "100", at(0));
  EXPECT_EQ(own.may_reconcile(kA, at(0)), (OwnWrites::Readiness{Ready::Wait, at(2)}));
  EXPECT_EQ(own.may_reconcile(kB, at(0)).ready, Ready::Yes) << "another object";
  EXPECT_EQ(own.saw(kA, "90"), Sight::Older);
  EXPECT_EQ(own.may_reconcile(kA, at(1)).ready, Ready::Wait);
  EXPECT_EQ(own.saw(kA, "100"), Sight::Echo);
  EXPECT_EQ(own.may_reconcile(kA, at(1)).ready, Ready::Yes);
  EXPECT_EQ(own.waiting(), 0U);
}

TEST(OwnWrites, WhatSomebodyElseWroteInBetweenIsNotMissed) {
  OwnWrites own;
  own.wrote(kA, "90", "100", at(0));
  EXPECT_EQ(own.saw(kA, "95"), Sight::Older) << "not known when it was decided";
  EXPECT_EQ(own.saw(kA, "100"), Sight::News);
  own.wrote(kB, "", "110", at(0));  // created: deleted and created by somebody before
  EXPECT_EQ(own.saw(kB, "105"), Sight::Older);
  EXPECT_EQ(own.saw(kB, "110"), Sight::News);
}

TEST(OwnWrites, SomethingNewerIsNewsAndIncludesTheWrite) {
  OwnWrites own;
  own.wrote(kA, "90", "100", at(0));
  EXPECT_EQ(own.saw(kA, "103"), Sight::News);
  EXPECT_EQ(own.may_reconcile(kA, at(0)).ready, Ready::Yes);
}

TEST(OwnWrites, OfSeveralWritesTheLastCounts) {
  OwnWrites own;
  own.wrote(kA, "90", "100", at(0));
  own.wrote(kA, "90", "104", at(1));
  own.wrote(kA, "90", "102", at(1));  // its answer was overtaken
  EXPECT_EQ(own.saw(kA, "100"), Sight::Older);
  EXPECT_EQ(own.saw(kA, "102"), Sight::Older);
  EXPECT_EQ(own.saw(kA, "104"), Sight::Echo);
}

TEST(OwnWrites, AWatchThatTakesTooLongIsGoneRound) {
  OwnWrites own;
  own.wrote(kA, "90", "100", at(0));
  EXPECT_EQ(own.may_reconcile(kA, at(2)).ready, Ready::ReadLive);
  own.forget(kA);
  EXPECT_EQ(own.may_reconcile(kA, at(2)).ready, Ready::Yes);
}

TEST(OwnWrites, VersionsAreComparedAsNumbersOfAnyLength) {
  EXPECT_EQ(compare_versions("9", "10"), -1);
  EXPECT_EQ(compare_versions("10", "9"), 1);
  EXPECT_EQ(compare_versions("010", "10"), 0);
  EXPECT_EQ(compare_versions("18446744073709551616", "18446744073709551617"), -1);
  EXPECT_EQ(compare_versions("a", "a"), 0);
  EXPECT_EQ(compare_versions("a", "10"), 1) << "counts as something new";
  EXPECT_EQ(compare_versions("", "10"), 1);
}

}  // namespace
}  // namespace kube
