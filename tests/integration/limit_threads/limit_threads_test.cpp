// Threads that count in one table at once: what limit/windows.h, limit/table.h, limit/limiter.h and
// limit/concurrency.h promise for them. Under the tsan preset the races would be told as well.
#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "limit/concurrency.h"
#include "limit/limiter.h"

namespace limit {
namespace {

constexpr int kThreads = 4;

/// Runs `work(thread)` in all of them, begun together.
void together(const std::function<void(int)>& work) {
  std::atomic<int> ready{0};
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      ++ready;
      while (ready.load() < kThreads) std::this_thread::yield();
      work(thread);
    });
  }
}

TEST(LimitThreads, NoRequestIsLostInAWindow) {
  const Window window({kQuotaMax, base::seconds(100)}, 3);
  std::array<Word, 3> counter{};
  constexpr int kEach = 40'000;
  together([&](int) {
    for (int i = 0; i < kEach; ++i) {
      // Through several steps, whose begins all threads meet at about the same time.
      const auto now = base::TimePoint(base::seconds(1000) + i * base::millis(2));
      window.count(counter.data(), window.at(now), Sharing::Threads);
    }
  });
  const auto end = base::TimePoint(base::seconds(1000) + kEach * base::millis(2));
  EXPECT_EQ(window.estimate(counter.data(), window.at(end)), kThreads * kEach);
}

Request request_of(std::uint64_t client) {
  Request request;
  request.client = Address::v4(static_cast<std::uint32_t>(client));
  request.subject = {spread(client), {spread(client + 1'000'000)}};
  request.method = "GET";
  request.target = "/";
  return request;
}

TEST(LimitThreads, OneQuotaIsSharedByAllOfThem) {
  Settings settings;
  settings.rules[0].limits = {{1000, base::seconds(3600)}};
  const Rules rules = Rules::compile(settings).value();
  std::vector<Word> memory(Table::words_for(1024));
  Table table(memory);
  std::array<std::atomic<int>, 8> admitted{};
  together([&](int) {
    Limiter limiter(rules, table, Sharing::Threads);
    for (int i = 0; i < 8000; ++i) {
      const auto client = static_cast<std::size_t>(i) % admitted.size();
      const Decision decision =
          limiter.decide(request_of(client), base::TimePoint(base::seconds(1000)));
      if (decision.verdict == Verdict::Admit) ++admitted[client];
    }
  });
  for (const std::atomic<int>& one : admitted) {
    EXPECT_GE(one.load(), 1000);
    // Each thread may see the last free place at once, and may have met the key as a new one.
    EXPECT_LE(one.load(), 1000 + 2 * (kThreads - 1));
  }
}

TEST(LimitThreads, AFloodFromAllOfThemFreesNobody) {
  const Rules rules = Rules::compile(Settings{}).value();
  std::vector<Word> memory(Table::words_for(2048));
  Table table(memory);
  const auto now = base::TimePoint(base::seconds(1000));
  Limiter first(rules, table, Sharing::Threads);
  const Request limited = request_of(7);
  while (first.decide(limited, now).verdict == Verdict::Admit) {
  }
  std::atomic<int> freed{0};
  together([&](int thread) {
    Limiter limiter(rules, table, Sharing::Threads);
    base::Random random(static_cast<std::uint64_t>(thread) + 1);
    for (int i = 0; i < 20'000; ++i) {
      limiter.decide(request_of(random.next()), now);
      if (i % 50 == 0 && limiter.decide(limited, now).verdict == Verdict::Admit) ++freed;
    }
  });
  EXPECT_EQ(freed.load(), 0);
  EXPECT_GT(table.evictions(), 10'000u);
}

TEST(LimitThreads, NeverMoreRequestsOfAUserThanAllowed) {
  std::vector<Word> memory(64);
  Concurrency table(memory, {3, 2, 0});
  constexpr std::size_t kUsers = 6;
  std::array<std::atomic<int>, kUsers> running{};
  std::atomic<int> most{0};
  together([&](int thread) {
    base::Random random(static_cast<std::uint64_t>(thread) + 1);
    std::vector<std::pair<std::size_t, Ticket>> open;
    for (int i = 0; i < 20'000; ++i) {
      if (open.size() < 6 && random.chance(0.5)) {
        const std::size_t user = random.below(kUsers);
        const Ticket ticket = table.begin(spread(user + 1));
        // Where a thread stands still within a claim, the others' requests of its user go
        // uncounted.
        if (ticket.turn == Turn::Queue) table.abandon(ticket);
        if (ticket.turn != Turn::Admit || ticket.place == Ticket::kUncounted) continue;
        const int now = ++running[user];
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        open.emplace_back(user, ticket);
      } else if (!open.empty()) {
        --running[open.back().first];
        table.end(open.back().second);
        open.pop_back();
      }
    }
    for (const auto& [user, ticket] : open) {
      --running[user];
      table.end(ticket);
    }
  });
  EXPECT_EQ(most.load(), 3);
  EXPECT_EQ(table.users(), 0u);
  EXPECT_TRUE(std::all_of(memory.begin(), memory.end(), [](Word word) { return word == 0; }));
}

}  // namespace
}  // namespace limit
