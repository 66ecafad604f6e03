// A million clients that were never seen before: no memory is taken, who was limited stays so, and
// who was welcome is served.
#include <gtest/gtest.h>

#include "base/random.h"
#include "limiter_fixture.h"
#include "support/allocations.h"

namespace limit {
namespace {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t kFlood = 150'000;
#else
constexpr std::uint64_t kFlood = 1'000'000;
#endif

constexpr base::Duration kStart = base::seconds(100'000);
constexpr std::size_t kKeys = kFlood / 16;  // the flood is many times what the table holds

/// A request of a client that nobody saw before. Keys as they come from the keyed hashes.
Request stranger(base::Random& random) {
  Request request;
  request.client = Address::v4(static_cast<std::uint32_t>(random.next()));
  request.subject = {random.next(), {random.next()}};
  request.method = "GET";
  request.target = "/";
  return request;
}

TEST(Flood, TakesNoMemoryFreesNobodyAndHarmsNobody) {
  LimiterBench bench(Settings{}, kKeys);
  base::Random random(11);
  const Request limited = bench.request(client(1));
  while (bench.decide(limited, kStart).verdict == Verdict::Admit) {
  }
  // Good clients: 40 of them, each with a request now and then, 300 in all, below the limit.
  std::vector<Request> good;
  for (std::uint32_t i = 0; i < 40; ++i) good.push_back(bench.request(client(1000 + i)));
  std::uint64_t asked = 0, served = 0, freed = 0, strangers = 0;
  const std::uint64_t before = test::allocations();
  for (std::uint64_t i = 0; i < kFlood; ++i) {
    const auto now = kStart + base::Duration(i * 1'200'000'000'000U / kFlood);  // in 20 minutes
    strangers += bench.decide(stranger(random), now).verdict == Verdict::Admit ? 1U : 0U;
    if (i % 100 == 0) {
      freed += bench.decide(limited, now).verdict == Verdict::Admit ? 1U : 0U;
    }
    if (i % (kFlood / 12'000) == 0) {
      ++asked;
      served += bench.decide(good[asked % good.size()], now).verdict == Verdict::Admit ? 1U : 0U;
    }
  }
  EXPECT_EQ(test::allocations() - before, 0u);
  EXPECT_EQ(freed, 0u);
  EXPECT_GE(asked, 12'000u);
  EXPECT_GE(served, asked * 99 / 100);
  EXPECT_EQ(strangers, kFlood);
  EXPECT_EQ(bench.table.untracked(), 0u);
  EXPECT_GE(bench.table.evictions(), kFlood) << "the flood was no flood";
}

TEST(Flood, OfOneAddressWithRotatedHeadersIsStoppedBeside) {
  LimiterBench bench(Settings{}, kKeys);
  base::Random random(12);
  std::uint64_t admitted = 0;
  for (std::uint64_t i = 0; i < kFlood / 10; ++i) {
    Request rotating = bench.request(client(1));
    rotating.subject.fingerprint = {random.next()};
    admitted += bench.decide(rotating, kStart).verdict == Verdict::Admit ? 1U : 0U;
    bench.decide(stranger(random), kStart);
  }
  EXPECT_LE(admitted, 500u);
}

TEST(Flood, AClientThatIsNearlyLimitedIsNotForgottenEither) {
  // An attacker who floods to be forgotten: between bursts of strangers it is still counted.
  LimiterBench bench(Settings{}, kKeys);
  base::Random random(13);
  const Request slow = bench.request(client(1));
  std::uint64_t admitted = 0;
  for (int i = 0; i < 100; ++i) bench.decide(slow, kStart);
  for (std::uint64_t i = 0; i < kFlood; ++i) {
    bench.decide(stranger(random), kStart);
    if (i % (kFlood / 1000) == 0) {
      admitted += bench.decide(slow, kStart).verdict == Verdict::Admit ? 1U : 0U;
    }
  }
  EXPECT_EQ(admitted, 400u);
}

}  // namespace
}  // namespace limit
