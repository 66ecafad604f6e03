#include "alert/user_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

base::TimePoint at(std::int64_t millis) {
  return base::TimePoint(base::millis(millis));
}
const UserId kAnn{1};
const UserId kBob{2};

UserGateSettings enforced() {
  UserGateSettings out;
  out.enforced = true;
  return out;
}

/// So many requests of a user, all at once. The numbers of those that run or wait.
std::vector<std::uint64_t> come(UserGate& gate, UserId user, int count, Turn turn,
                                std::int64_t millis = 0) {
  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < count; ++i) {
    const Move move = gate.arrive(user, 3, at(millis));
    EXPECT_EQ(move.turn, turn) << i;
    numbers.push_back(move.number);
  }
  return numbers;
}

UserRow row_of(const UserGate& gate, UserId user) {
  for (const UserRow& row : gate.rows()) {
    if (row.user == user) return row;
  }
  ADD_FAILURE() << "no such user";
  return {};
}

TEST(UserGate, TheSixthRequestWaitsForOneToEnd) {
  UserGate gate(enforced());
  come(gate, kAnn, 5, Turn::Run);
  const Move sixth = gate.arrive(kAnn, 3, at(0));
  EXPECT_EQ(sixth.turn, Turn::Wait);
  EXPECT_EQ(sixth.ask_at, at(10'000));
  EXPECT_EQ(gate.arrive(kBob, 1, at(0)).turn, Turn::Run) << "nobody waits for another user";
  EXPECT_EQ(gate.ask(kAnn, sixth.number, at(10)).turn, Turn::Wait) << "nothing has ended";
  EXPECT_THAT(gate.end(kAnn, base::millis(20), at(20)), ElementsAre(Wake{3, sixth.number}));
  EXPECT_EQ(gate.ask(kAnn, sixth.number, at(21)).turn, Turn::Run);
  EXPECT_EQ(gate.counts().waited, 1U);
  EXPECT_EQ(gate.counts().at_once, 6U);
  EXPECT_EQ(gate.counts().waits[0], 1U);
  EXPECT_DOUBLE_EQ(gate.counts().wait_seconds, 0.021);
  EXPECT_EQ(row_of(gate, kAnn).running, 5U);
}

TEST(UserGate, APlaceGoesToWhoCameFirstAlsoWhenAnotherAsksBefore) {
  UserGate gate(enforced());
  come(gate, kAnn, 5, Turn::Run);
  const auto waiting = come(gate, kAnn, 2, Turn::Wait);
  EXPECT_THAT(gate.end(kAnn, base::millis(1), at(5)), ElementsAre(Wake{3, waiting[0]}));
  EXPECT_EQ(gate.ask(kAnn, waiting[1], at(5)).turn, Turn::Wait);
  EXPECT_EQ(gate.arrive(kAnn, 3, at(5)).turn, Turn::Wait) << "behind those that wait";
  EXPECT_EQ(gate.ask(kAnn, waiting[0], at(6)).turn, Turn::Run);
}

TEST(UserGate, ALineHasAnEnd) {
  UserGateSettings settings = enforced();
  settings.waiting_max = 2;
  UserGate gate(settings);
  come(gate, kAnn, 5, Turn::Run);
  const auto waiting = come(gate, kAnn, 2, Turn::Wait);
  const Move eighth = gate.arrive(kAnn, 3, at(0));
  EXPECT_EQ(eighth.turn, Turn::Full);
  EXPECT_EQ(eighth.come_back, base::seconds(1));
  EXPECT_EQ(gate.counts().full, 1U);
  EXPECT_THAT(gate.abandon(kAnn, waiting[0], at(1)), IsEmpty());
  EXPECT_EQ(gate.arrive(kAnn, 3, at(1)).turn, Turn::Wait) << "who is gone has freed its place";
  EXPECT_EQ(gate.counts().abandoned, 1U);
}

TEST(UserGate, AWaitHasAnEnd) {
  UserGate gate(enforced());
  come(gate, kAnn, 5, Turn::Run);
  const auto waiting = come(gate, kAnn, 1, Turn::Wait);
  EXPECT_EQ(gate.ask(kAnn, waiting[0], at(9999)).turn, Turn::Wait);
  EXPECT_EQ(gate.ask(kAnn, waiting[0], at(10'000)).turn, Turn::Late);
  EXPECT_EQ(gate.counts().late, 1U);
  EXPECT_EQ(row_of(gate, kAnn).waiting, 0U);
  EXPECT_THAT(gate.end(kAnn, base::millis(1), at(10'001)), IsEmpty()) << "nobody waits any more";
}

TEST(UserGate, WhoIsGoneWithAPlaceItWasGivenPassesItOn) {
  UserGate gate(enforced());
  come(gate, kAnn, 5, Turn::Run);
  const auto waiting = come(gate, kAnn, 2, Turn::Wait);
  gate.end(kAnn, base::millis(1), at(1));
  EXPECT_THAT(gate.abandon(kAnn, waiting[0], at(2)), ElementsAre(Wake{3, waiting[1]}));
  EXPECT_EQ(gate.ask(kAnn, waiting[1], at(2)).turn, Turn::Run);
  EXPECT_EQ(row_of(gate, kAnn).running, 5U);
}

TEST(UserGate, WhatTheApplicationReportsThrottlesFromTheNextLookOn) {
  const struct {
    Reported what;
    double value;
    std::int64_t delay;
  } cases[] = {{Reported::Memory, 100e6 + 1, 1000},
               {Reported::Cpu, 8.34, 300},
               {Reported::DatabaseConnections, 3, 500}};
  for (const auto& one : cases) {
    UserGate gate(enforced());
    come(gate, kAnn, 1, Turn::Run);
    come(gate, kBob, 1, Turn::Run);
    EXPECT_TRUE(gate.report(kAnn, one.what, one.value, at(0)));
    come(gate, kAnn, 1, Turn::Run);
    gate.look(at(100));
    const Move slow = gate.arrive(kAnn, 3, at(200));
    EXPECT_EQ(slow.turn, Turn::Wait);
    EXPECT_EQ(slow.ask_at, at(200 + one.delay));
    EXPECT_EQ(gate.ask(kAnn, slow.number, at(199 + one.delay)).turn, Turn::Wait);
    EXPECT_EQ(gate.ask(kAnn, slow.number, at(200 + one.delay)).turn, Turn::Run);
    EXPECT_EQ(gate.arrive(kBob, 3, at(200)).turn, Turn::Run);
    EXPECT_EQ(gate.counts().violations[static_cast<std::size_t>(one.what)], 1U);
  }
}

TEST(UserGate, AReportIsOldAfterAWhile) {
  UserGate gate(enforced());
  come(gate, kAnn, 1, Turn::Run);
  gate.report(kAnn, Reported::Memory, 2e8, at(0));
  gate.look(at(90'000));
  EXPECT_EQ(row_of(gate, kAnn).answer.remedy, Remedy::Throttle);
  gate.look(at(90'001));
  EXPECT_EQ(row_of(gate, kAnn).answer.remedy, Remedy::None);
  EXPECT_EQ(gate.arrive(kAnn, 3, at(90'002)).turn, Turn::Run);
}

TEST(UserGate, ReportsOfNobodyAreNotKept) {
  UserGate gate(enforced());
  EXPECT_FALSE(gate.report(kAnn, Reported::Memory, 2e8, at(0)));
  EXPECT_EQ(gate.counts().reports_of_nobody, 1U);
  EXPECT_THAT(gate.rows(), IsEmpty());
}

TEST(UserGate, QueuedIsHalfOfTheQuotaAndIsolatedIsOneAtATime) {
  UserGateSettings settings = enforced();
  settings.users.strategy = Strategy::Priority;
  settings.ranks[kBob] = Rank::Low;
  UserGate gate(settings);
  for (const auto& [user, places] : {std::pair{kAnn, 2}, {kBob, 1}}) {
    come(gate, user, 1, Turn::Run);
    gate.report(user, Reported::Cpu, 50, at(0));
    gate.look(at(1));
    come(gate, user, places - 1, Turn::Run, 2);
    come(gate, user, 1, Turn::Wait, 2);
  }
}

TEST(UserGate, WhoMakesTheOthersSlowIsQueued) {
  UserGate gate(enforced());
  for (int i = 0; i < 120; ++i) {
    come(gate, kBob, 1, Turn::Run);
    gate.end(kBob, base::millis(i < 100 ? 10 : 30), at(0));
  }
  come(gate, kAnn, 2, Turn::Run);
  come(gate, kBob, 1, Turn::Run);
  gate.look(at(1));
  EXPECT_EQ(row_of(gate, kAnn).answer.remedy, Remedy::Queue);
  EXPECT_EQ(row_of(gate, kBob).answer.remedy, Remedy::None);
  come(gate, kAnn, 1, Turn::Wait, 2);
  come(gate, kBob, 3, Turn::Run, 2);
}

TEST(UserGate, AtOnceIsTheMostSinceTheLookBefore) {
  UserGate gate(enforced());
  come(gate, kAnn, 5, Turn::Run);
  const auto waiting = come(gate, kAnn, 1, Turn::Wait);
  gate.abandon(kAnn, waiting[0], at(10));
  gate.look(at(1000));
  EXPECT_EQ(gate.counts().violations[static_cast<std::size_t>(Violation::Concurrency)], 1U);
  EXPECT_EQ(row_of(gate, kAnn).usage.concurrent_requests, 6);
  gate.look(at(2000));
  EXPECT_EQ(row_of(gate, kAnn).usage.concurrent_requests, 5);
  EXPECT_THAT(row_of(gate, kAnn).violated, IsEmpty());
}

TEST(UserGate, WhatWaitsOutADelayIsNoViolationOfItsOwn) {
  UserGate gate(enforced());
  come(gate, kAnn, 1, Turn::Run);
  gate.report(kAnn, Reported::Memory, 2e8, at(0));
  gate.look(at(1));
  come(gate, kAnn, 10, Turn::Wait, 2);
  gate.look(at(500));
  EXPECT_EQ(gate.counts().violations[static_cast<std::size_t>(Violation::Concurrency)], 0U);
  gate.look(at(1003));  // now they wait for a place
  EXPECT_EQ(row_of(gate, kAnn).running, 5U);
  gate.look(at(2003));
  EXPECT_EQ(gate.counts().violations[static_cast<std::size_t>(Violation::Concurrency)], 1U);
}

TEST(UserGate, ThereAreTwelveUsersAndAPlaceIsFreeAgain) {
  UserGate gate(enforced());
  for (std::uint64_t id = 1; id <= 12; ++id) {
    gate.arrive(UserId{id}, 0, at(0));
    gate.end(UserId{id}, base::millis(1), at(1000));
  }
  const Move thirteenth = gate.arrive(UserId{13}, 0, at(11'000));
  EXPECT_EQ(thirteenth.turn, Turn::NoPlace);
  EXPECT_EQ(thirteenth.come_back, base::seconds(290));
  EXPECT_EQ(gate.counts().no_place, 1U);
  gate.look(at(301'000));
  EXPECT_THAT(gate.rows(), IsEmpty()) << "sessions that are idle end";
  EXPECT_EQ(gate.arrive(UserId{13}, 0, at(301'000)).turn, Turn::Run);
}

TEST(UserGate, ADryRunLetsAllInAndCounts) {
  UserGateSettings settings;
  settings.users.users_most = 1;
  UserGate gate(settings);
  come(gate, kAnn, 8, Turn::Run);
  EXPECT_EQ(gate.counts().would_wait, 3U);
  const Move second = gate.arrive(kBob, 0, at(0));
  EXPECT_EQ(second.turn, Turn::Run);
  EXPECT_EQ(second.number, 0U);
  EXPECT_EQ(gate.counts().would_refuse, 1U);
  gate.look(at(1));
  EXPECT_EQ(gate.counts().violations[static_cast<std::size_t>(Violation::Concurrency)], 1U);
  EXPECT_EQ(row_of(gate, kAnn).answer.remedy, Remedy::Throttle);
  EXPECT_EQ(gate.arrive(kAnn, 0, at(2)).turn, Turn::Run);
}

TEST(UserGate, OtherQuotasReachWhoWaitsAlready) {
  UserGate gate(enforced());
  come(gate, kAnn, 5, Turn::Run);
  const auto waiting = come(gate, kAnn, 3, Turn::Wait);
  UserGateSettings more = enforced();
  more.users.quota.concurrent_requests = 7;
  EXPECT_THAT(gate.use(more, at(1)), ElementsAre(Wake{3, waiting[0]}, Wake{3, waiting[1]}));
  EXPECT_THAT(gate.use({}, at(2)), ElementsAre(Wake{3, waiting[2]})) << "not enforced any more";
  for (const auto number : waiting) EXPECT_EQ(gate.ask(kAnn, number, at(3)).turn, Turn::Run);
  EXPECT_EQ(row_of(gate, kAnn).running, 8U);
  for (int i = 0; i < 8; ++i) gate.end(kAnn, base::millis(1), at(4));
  EXPECT_EQ(row_of(gate, kAnn).running, 0U);
}

TEST(UserGate, AResponseIsGradedWithoutItsWait) {
  UserGate gate(enforced());
  come(gate, kAnn, 1, Turn::Run);
  gate.end(kAnn, base::millis(300), at(300));
  EXPECT_EQ(row_of(gate, kAnn).figures.grade, 'B');
  come(gate, kAnn, 1, Turn::Run, 400);
  gate.end(kAnn, base::Duration(-1), at(9000));
  EXPECT_EQ(row_of(gate, kAnn).figures.responses, 1U) << "one that is not to be counted";
}

}  // namespace
}  // namespace alert
