// The bounds of Metwally et al. 2005 against exact counts.
#include "limit/offenders.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "base/random.h"

namespace limit {
namespace {

OffenderId of_client(std::uint64_t value) {
  return {Bucket::Client, value};
}

using Exact = std::map<std::uint64_t, std::uint64_t>;

/// Few keys have most of the events, many have one or two.
std::uint64_t drawn(base::Random& random) {
  return static_cast<std::uint64_t>(std::pow(10.0, 5.0 * random.unit() * random.unit()));
}

void expect_bounds(const Offenders& offenders, const Exact& exact, std::uint64_t error_max) {
  const auto kept = offenders.top(offenders.counters());
  std::map<std::uint64_t, Offender> by_key;
  for (const Offender& one : kept) by_key[one.who.value] = one;
  for (const Offender& one : kept) {
    const auto found = exact.find(one.who.value);
    const std::uint64_t truth = found == exact.end() ? 0 : found->second;
    EXPECT_GE(one.count, truth);
    EXPECT_LE(one.count - one.error, truth);
    EXPECT_LE(one.error, error_max);
  }
  for (const auto& [key, truth] : exact) {
    if (truth > error_max) EXPECT_TRUE(by_key.contains(key)) << key << " had " << truth;
  }
}

TEST(Offenders, KeepTheBoundsOfSpaceSaving) {
  for (const std::size_t counters : {1U, 10U, 64U}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      base::Random random(seed);
      Offenders offenders(counters);
      Exact exact;
      for (int i = 0; i < 5000; ++i) {
        const std::uint64_t key = drawn(random);
        offenders.add(of_client(key));
        ++exact[key];
      }
      EXPECT_EQ(offenders.events(), 5000u);
      expect_bounds(offenders, exact, 5000 / counters);
    }
  }
}

TEST(Offenders, AreExactWhileThereAreFew) {
  Offenders offenders(4);
  for (const std::uint64_t key : {5U, 6U, 5U, 7U, 5U, 7U}) offenders.add(of_client(key));
  const std::vector<Offender> expected = {
      {of_client(5), 3, 0}, {of_client(7), 2, 0}, {of_client(6), 1, 0}};
  EXPECT_EQ(offenders.top(10), expected);
  EXPECT_EQ(offenders.top(1).size(), 1u);
}

TEST(Offenders, ANewOneTakesOverTheSmallestAndSaysSo) {
  Offenders offenders(2);
  offenders.add(of_client(1), 5);
  offenders.add(of_client(2), 3);
  offenders.add(of_client(3));
  const std::vector<Offender> expected = {{of_client(1), 5, 0}, {of_client(3), 4, 3}};
  EXPECT_EQ(offenders.top(2), expected);
}

TEST(Offenders, AnAddressGoesWithItsFingerprintAndIsForgottenWhenItIsAskedFor) {
  const Address here = Address::v4(0xC0000201), there = Address::v4(0xC0000202);
  Offenders offenders(2);
  offenders.add(of_client(1), 5, here);
  offenders.add(of_client(1));
  offenders.add(of_client(2), 3, there);
  EXPECT_EQ(offenders.top(2),
            (std::vector<Offender>{{of_client(1), 6, 0, here}, {of_client(2), 3, 0, there}}));
  offenders.add(of_client(3));
  EXPECT_EQ(offenders.top(2)[1].address, std::nullopt) << "that of the one before is not its own";
  Offenders sum(2), other(2);
  other.add(of_client(1));
  other.add(of_client(4), 9, there);
  sum.merge(other);
  sum.merge(offenders);
  EXPECT_EQ(sum.top(2)[0].address, there);
  EXPECT_EQ(sum.top(2)[1].address, here) << "of another thread that has seen it";
  sum.forget_addresses();
  for (const Offender& one : sum.top(2)) EXPECT_EQ(one.address, std::nullopt);
}

TEST(Offenders, OfSeveralThreadsAreMergedWithinTheSumOfTheBounds) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    base::Random random(seed);
    Offenders sum(32);
    Exact exact;
    for (int core = 0; core < 4; ++core) {
      Offenders one(32);
      for (int i = 0; i < 2000; ++i) {
        const std::uint64_t key = drawn(random);
        one.add(of_client(key));
        ++exact[key];
      }
      sum.merge(one);
    }
    EXPECT_EQ(sum.events(), 8000u);
    expect_bounds(sum, exact, 8000 / 32);
  }
}

}  // namespace
}  // namespace limit
