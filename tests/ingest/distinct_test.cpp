#include "ingest/distinct.h"

#include <string>

#include <gtest/gtest.h>

#include "ingest/clean_text.h"

namespace ingest {
namespace {

TEST(Distinct, IsWithinThreeStandardErrorsAtEverySize) {
  for (const int things : {0, 1, 2, 10, 100, 1000, 3000, 10'000, 100'000}) {
    Distinct distinct;
    for (int thing = 0; thing < things; ++thing) {
      distinct.add(hash_of("user-" + std::to_string(thing)));
    }
    const double allowed = things <= 10 ? 0.5 : 0.0975 * things;
    EXPECT_NEAR(distinct.estimate(), things, allowed);
  }
}

TEST(Distinct, TheSameThingCountsOnce) {
  Distinct distinct;
  for (int turn = 0; turn < 10'000; ++turn) distinct.add(hash_of("one"));
  EXPECT_NEAR(distinct.estimate(), 1, 0.01);
  distinct.clear();
  EXPECT_EQ(distinct.estimate(), 0);
}

TEST(Distinct, AnyHashIsTaken) {
  Distinct distinct;
  distinct.add(0);
  distinct.add(~std::uint64_t{0});
  EXPECT_NEAR(distinct.estimate(), 2, 0.01);
}

}  // namespace
}  // namespace ingest
