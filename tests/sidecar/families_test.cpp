#include "sidecar/families.h"

#include <gtest/gtest.h>

namespace sidecar {
namespace {

constexpr const char* kPage =
    "# HELP hits_total How many.\n# TYPE hits_total counter\n"
    "hits_total{path=\"/a\",quote=\"x\\\"y\\\\z\\n,}\"} 5\nhits_total 2\n"
    "# HELP took_seconds Time.\n# TYPE took_seconds histogram\n"
    "took_seconds_bucket{m=\"GET\",le=\"0.5\"} 1\ntook_seconds_bucket{m=\"GET\",le=\"1.0\"} 3\n"
    "took_seconds_bucket{m=\"GET\",le=\"+Inf\"} 4\n"
    "took_seconds_sum{m=\"GET\"} 7.25\ntook_seconds_count{m=\"GET\"} 4\n"
    "# TYPE depth gauge\ndepth -1e3\n";

TEST(Families, AreReadAsTheyAreShown) {
  const auto families = read_families(kPage);
  ASSERT_EQ(families.size(), 3U);
  EXPECT_EQ(families[0].name, "hits_total");
  EXPECT_EQ(families[0].help, "How many.");
  EXPECT_EQ(families[0].kind, FamilyKind::Counter);
  EXPECT_EQ(families[0].series.at({}).value, 2);
  EXPECT_EQ(families[0].series.at({{"path", "/a"}, {"quote", "x\"y\\z\n,}"}}).value, 5);
  const Buckets& buckets = families[1].series.at({{"m", "GET"}}).buckets;
  EXPECT_EQ(buckets.bounds, (std::vector<double>{0.5, 1}));
  EXPECT_EQ(buckets.counts, (std::vector<double>{1, 2, 1}));
  EXPECT_EQ(buckets.sum, 7.25);
  EXPECT_EQ(buckets.count, 4);
  EXPECT_EQ(families[2].series.at({}).value, -1000);
  EXPECT_EQ(families[2].help, "");
}

TEST(Families, LeaveOutWhatIsOfAnotherForm) {
  for (const char* line : {"a", "a{", "a{b", "a{b=", "a{b=\"", "a{b=\"c\"", "a{b=\"c\"}",
                           "a{b=\"c\"}1", "a x", "a 1 2", "a{b=c} 1", "b 1", "a{b=\"\\"}) {
    const auto families = read_families(std::string("# TYPE a counter\n") + line + "\n");
    ASSERT_EQ(families.size(), 1U) << line;
    EXPECT_TRUE(families[0].series.empty()) << line;
  }
  EXPECT_TRUE(read_families("a 1\n").empty()) << "of no family";
}

TEST(Families, SinceIsWhatCameInBetween) {
  const auto before = read_families(kPage);
  const auto now = read_families(
      "# TYPE hits_total counter\nhits_total 12\nhits_total{new=\"1\"} 3\n"
      "# TYPE took_seconds histogram\n"
      "took_seconds_bucket{m=\"GET\",le=\"0.5\"} 1\ntook_seconds_bucket{m=\"GET\",le=\"1.0\"} 5\n"
      "took_seconds_bucket{m=\"GET\",le=\"+Inf\"} 7\n"
      "took_seconds_sum{m=\"GET\"} 10\ntook_seconds_count{m=\"GET\"} 7\n"
      "# TYPE depth gauge\ndepth 4\n");
  const auto between = since(now, before);
  EXPECT_EQ(between[0].series.at({}).value, 10);
  EXPECT_EQ(between[0].series.at({{"new", "1"}}).value, 3);
  const Buckets& buckets = between[1].series.at({{"m", "GET"}}).buckets;
  EXPECT_EQ(buckets.counts, (std::vector<double>{0, 2, 1}));
  EXPECT_EQ(buckets.count, 3);
  EXPECT_EQ(buckets.sum, 2.75);
  EXPECT_EQ(between[2].series.at({}).value, 4);
  // One that has begun anew: all of it is new.
  EXPECT_EQ(since(before, now)[0].series.at({}).value, 2);
}

}  // namespace
}  // namespace sidecar
