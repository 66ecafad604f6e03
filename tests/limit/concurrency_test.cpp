#include "limit/concurrency.h"

#include <algorithm>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace limit {
namespace {

TEST(Concurrency, FiveRunTenWaitAndTheRestIsRefused) {
  std::vector<Word> memory(64);
  Concurrency table(memory, {});
  std::vector<Turn> turns;
  for (int i = 0; i < 17; ++i) turns.push_back(table.begin(42).turn);
  EXPECT_EQ(std::count(turns.begin(), turns.begin() + 5, Turn::Admit), 5);
  EXPECT_EQ(std::count(turns.begin() + 5, turns.begin() + 15, Turn::Queue), 10);
  EXPECT_EQ(std::count(turns.begin() + 15, turns.end(), Turn::Refuse), 2);
  EXPECT_EQ(table.begin(43).turn, Turn::Admit) << "another user is not concerned";
  EXPECT_EQ(table.users(), 2u);
}

TEST(Concurrency, AWaitingRequestIsAdmittedWhenOneEnds) {
  std::vector<Word> memory(8);
  Concurrency table(memory, {1, 1, 0});
  const Ticket first = table.begin(42);
  Ticket second = table.begin(42);
  ASSERT_EQ(second.turn, Turn::Queue);
  EXPECT_FALSE(table.resume(second));
  EXPECT_TRUE(table.end(first)) << "one waits";
  EXPECT_TRUE(table.resume(second));
  EXPECT_EQ(second.turn, Turn::Admit);
  EXPECT_FALSE(table.end(second));
  EXPECT_EQ(table.users(), 0u);
  EXPECT_EQ(memory, std::vector<Word>(8, 0)) << "all places are free again";
}

TEST(Concurrency, AWaitingRequestThatIsGivenUpMakesRoom) {
  std::vector<Word> memory(8);
  Concurrency table(memory, {1, 1, 0});
  const Ticket first = table.begin(42);
  const Ticket second = table.begin(42);
  EXPECT_EQ(table.begin(42).turn, Turn::Refuse);
  table.abandon(second);
  EXPECT_EQ(table.begin(42).turn, Turn::Queue);
  table.end(first);
  EXPECT_EQ(table.users(), 1u) << "one still waits";
}

TEST(Concurrency, TwelveUsersAtOnceWhereTwelveAreAllowed) {
  std::vector<Word> memory(1024);
  Concurrency table(memory, {5, 0, 12});
  base::Random random(1);
  std::vector<Ticket> tickets;
  std::vector<std::uint64_t> users;
  for (int i = 0; i < 12; ++i) {
    users.push_back(random.next());
    tickets.push_back(table.begin(users.back()));
    ASSERT_EQ(tickets.back().turn, Turn::Admit);
  }
  EXPECT_EQ(table.begin(random.next()).turn, Turn::Refuse);
  EXPECT_EQ(table.begin(users[3]).turn, Turn::Admit) << "one that is there is no new user";
  table.end(tickets[0]);
  EXPECT_EQ(table.begin(random.next()).turn, Turn::Admit);
}

TEST(Concurrency, WithoutAPlaceARequestIsAdmittedAndNotCounted) {
  std::vector<Word> memory(8);
  Concurrency table(memory, {});
  for (std::uint64_t user = 1; user <= 8; ++user) table.begin(user * 3);
  const Ticket ticket = table.begin(100);
  EXPECT_EQ(ticket.turn, Turn::Admit);
  EXPECT_EQ(ticket.place, Ticket::kUncounted);
  EXPECT_EQ(table.uncounted(), 1u);
  EXPECT_FALSE(table.end(ticket));
  EXPECT_EQ(table.users(), 8u);
}

/// What is under way of one user, and the tickets for it.
struct UnderWay {
  std::vector<Ticket> running, waiting;
};

TEST(Concurrency, AgreesWithCountingEveryRequest) {
  const ConcurrencyLimits limits{3, 2, 0};
  std::vector<Word> memory(4096);
  Concurrency table(memory, limits);
  base::Random random(9);
  std::map<std::uint64_t, UnderWay> users;
  std::vector<std::uint64_t> names;
  for (int i = 0; i < 20; ++i) names.push_back(random.next());
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t name = names[random.below(names.size())];
    UnderWay& user = users[name];
    const std::uint64_t what = random.below(4);
    if (what <= 1) {
      const Ticket ticket = table.begin(name);
      const Turn expected = user.running.size() < 3   ? Turn::Admit
                            : user.waiting.size() < 2 ? Turn::Queue
                                                      : Turn::Refuse;
      ASSERT_EQ(ticket.turn, expected) << i;
      if (ticket.turn == Turn::Admit) user.running.push_back(ticket);
      if (ticket.turn == Turn::Queue) user.waiting.push_back(ticket);
    } else if (what == 2 && !user.running.empty()) {
      ASSERT_EQ(table.end(user.running.back()), !user.waiting.empty()) << i;
      user.running.pop_back();
    } else if (what == 3 && !user.waiting.empty()) {
      Ticket ticket = user.waiting.back();
      user.waiting.pop_back();
      if (table.resume(ticket)) {
        ASSERT_LT(user.running.size(), 3u) << i;
        user.running.push_back(ticket);
      } else {
        ASSERT_EQ(user.running.size(), 3u) << i;
        table.abandon(ticket);
      }
    }
  }
  EXPECT_EQ(table.uncounted(), 0u);
}

}  // namespace
}  // namespace limit
