#include "ingest/series_table.h"

#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "../metrics/promtool.h"

namespace ingest {
namespace {

using Labels = std::vector<RawLabel>;

TEST(SeriesTable, OrderAndSpellingOfLabelsMakeNoOtherSeries) {
  SeriesTable table;
  EXPECT_EQ(table.count("a.b", {{"x", "1"}, {"y", "2"}}, 2), Taken::Kept);
  EXPECT_EQ(table.count("a-b", {{"y", "2"}, {"x", "1"}}, 3), Taken::Kept);
  EXPECT_EQ(table.series(), 1u);
  EXPECT_EQ(table.value("a_b", {{"x", "1"}, {"y", "2"}}), 5.0);
  EXPECT_EQ(table.value("a_b", {}), std::nullopt);
}

TEST(SeriesTable, WhatTellsPeopleAndRequestsApartIsNoLabel) {
  SeriesTable table;
  for (int user = 0; user < 1000; ++user) {
    const std::string id = std::to_string(user);
    table.count("orders", {{"user_id", id}, {"Request_ID", id}, {"kind", "web"}}, 1);
  }
  EXPECT_EQ(table.series(), 1u);
  EXPECT_EQ(table.value("orders", {{"kind", "web"}}), 1000.0);
}

TEST(SeriesTable, IdentitiesAreKnownByTheirNames) {
  for (const char* name :
       {"user", "User", "user_id", "userId", "orderID", "REQUEST_ID", "id", "email", "trace_id"}) {
    EXPECT_TRUE(is_identity(name)) << name;
  }
  for (const char* name : {"paid", "grid", "user_agent", "kind", ""}) {
    EXPECT_FALSE(is_identity(name)) << name;
  }
}

TEST(SeriesTable, BeyondTheBoundsSumsStayRightInOther) {
  SeriesBounds bounds;
  bounds.names_max = 3;
  bounds.series_per_name_max = 4;
  SeriesTable table(bounds);
  double kept = 0;
  for (int number = 0; number < 100; ++number) {
    const std::string path = std::to_string(number);
    kept += table.count("hits", {{"path", path}}, 1) == Taken::Kept ? 1 : 0;
  }
  EXPECT_EQ(kept, 4);
  EXPECT_EQ(table.value("hits", {{"series", "other"}}), 96.0);
  for (int number = 0; number < 100; ++number) {
    table.count("name" + std::to_string(number), {}, 1);
    table.observe("timer" + std::to_string(number), {}, 5);
    table.see("set" + std::to_string(number), {}, std::to_string(number));
    EXPECT_NE(table.set("gauge" + std::to_string(number), {}, 5), Taken::Other);
  }
  // "hits", "name0" and "timer0" are the three that have a name of their own.
  EXPECT_EQ(table.value("name0", {}), 1.0);
  EXPECT_EQ(table.value("other", {{"series", "other"}}), 99.0);
  EXPECT_EQ(table.distribution("timer0", {})->count(), 1);
  EXPECT_EQ(table.distribution("other_distribution", {{"series", "other"}})->count(), 99);
  EXPECT_NEAR(*table.value("other_set", {{"series", "other"}}), 100, 10);
  EXPECT_LE(table.names(), 3u + 3u);
}

TEST(SeriesTable, NoMoreSeriesThanTheBoundWhateverIsSent) {
  SeriesTable table;
  for (int number = 0; number < 20'000; ++number) {
    const std::string name = "n" + std::to_string(number % 300);
    const std::string value = std::to_string(number);
    switch (number % 4) {
      case 0: table.count(name, {{"v", value}}, 1); break;
      case 1: table.set(name, {{"v", value}}, 1); break;
      case 2: table.observe(name, {{"v", value}}, 1); break;
      default: table.see(name, {{"v", value}}, value); break;
    }
  }
  const SeriesBounds bounds;
  EXPECT_LE(table.names(), bounds.names_max + 3);
  EXPECT_LE(table.series(), bounds.series_max + bounds.names_max + 3);
}

TEST(SeriesTable, ANameHasOneKindAndNoLineHasTwoOwners) {
  SeriesTable table;
  EXPECT_EQ(table.observe("took", {}, 1), Taken::Kept);
  EXPECT_EQ(table.set("took", {}, 1), Taken::Conflict);
  EXPECT_EQ(table.set("took_count", {}, 1), Taken::Conflict);
  EXPECT_EQ(table.set("hits_total", {}, 1), Taken::Kept);
  EXPECT_EQ(table.count("hits", {}, 1), Taken::Conflict);
  EXPECT_EQ(table.set("other_total", {}, 1), Taken::Conflict);
}

TEST(SeriesTable, FiguresThatAreNoneAreDropped) {
  SeriesTable table;
  const double nan = std::nan("");
  const double infinite = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinite, -1.0}) {
    EXPECT_EQ(table.count("a", {}, bad), Taken::Dropped);
  }
  for (const double bad : {nan, infinite, -infinite}) {
    EXPECT_EQ(table.set("b", {}, bad), Taken::Dropped);
    EXPECT_EQ(table.change("b", {}, bad), Taken::Dropped);
    EXPECT_EQ(table.observe("c", {}, bad), Taken::Dropped);
  }
  EXPECT_EQ(table.observe("c", {}, 1, 0), Taken::Dropped);
  EXPECT_EQ(table.count("", {}, 1), Taken::Dropped);
  EXPECT_EQ(table.count("big", {}, 1.7e308), Taken::Kept);
  EXPECT_EQ(table.count("big", {}, 1.7e308), Taken::Dropped);
  EXPECT_EQ(table.value("big", {}), 1.7e308);
}

TEST(SeriesTable, AGaugeThatIsSomebodyElsesIsNotKept) {
  SeriesTable table;
  double seen = 0;
  table.set_aside([&seen](std::string_view name, const auto& labels, double value) {
    if (name != "user.memory" || labels.empty()) return false;
    seen = value;
    return true;
  });
  EXPECT_EQ(table.set("user.memory", {{"user", "ann"}}, 7), Taken::Kept);
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(table.series(), 0u);
  EXPECT_EQ(table.set("user.memory", {}, 8), Taken::Kept);
  EXPECT_EQ(table.set("user.memory", {{"user", "ann"}}, INFINITY), Taken::Dropped);
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(table.series(), 1u);
}

TEST(SeriesTable, DifferentThingsAreShownOfTheLastWholeWindow) {
  SeriesTable table;
  for (int user = 0; user < 50; ++user) table.see("users", {}, std::to_string(user));
  EXPECT_NEAR(*table.value("users", {}), 50, 2);
  table.end_window();
  table.see("users", {}, "one");
  EXPECT_NEAR(*table.value("users", {}), 50, 2);
  table.end_window();
  EXPECT_NEAR(*table.value("users", {}), 1, 0.1);
}

TEST(SeriesTable, ThePageIsPrometheusText) {
  SeriesTable table;
  table.count("page.views", {{"path", "/a\"\\\n"}, {"le", "x"}}, 3);
  table.set("queue", {}, -2.5);
  table.see("users", {}, "a");
  EXPECT_EQ(table.text(),
            "# HELP page_views_total Sent by the application.\n"
            "# TYPE page_views_total counter\n"
            "page_views_total{le_=\"x\",path=\"/a\\\"\\\\?\"} 3\n"
            "# HELP queue Sent by the application.\n"
            "# TYPE queue gauge\n"
            "queue -2.5\n"
            "# HELP users_distinct Sent by the application.\n"
            "# TYPE users_distinct gauge\n"
            "users_distinct 1\n");
}

TEST(SeriesTable, PromtoolIsContentWithThePageWhateverNamesAndLabelsWere) {
  SeriesTable table({.names_max = 6});
  table.count("page.views", {{"path", "/a\"\\\n\xff\xc3\xa4"}, {"le", "x"}, {"__n", ""}}, 3);
  table.count("9 odd-name!", {{"", "x"}, {"a b", "1"}, {"a-b", "2"}}, 0.1);
  table.set("queue", {}, -2.5e-300);
  table.observe("took", {{"op", "x"}}, 15);
  table.observe("took", {}, 1e300, 1.0 / 3);
  table.see("users", {}, "a");
  for (int number = 0; number < 20; ++number) {
    table.count("n" + std::to_string(number), {}, 1);
    table.observe("h" + std::to_string(number), {}, 1);
    table.see("s" + std::to_string(number), {}, "x");
  }
  EXPECT_EQ(metrics::complaint(table.text()), "") << table.text();
}

TEST(SeriesTable, AHistogramsBucketsAddUp) {
  SeriesTable table;
  table.observe("took", {{"op", "x"}}, 15);
  table.observe("took", {{"op", "x"}}, 9e9, 2);
  std::istringstream page(table.text());
  std::string line;
  std::set<std::string> lines;
  while (std::getline(page, line)) EXPECT_TRUE(lines.insert(line).second) << line;
  for (const char* expected : {
           "# TYPE took histogram",
           "took_bucket{op=\"x\",le=\"10\"} 0",
           "took_bucket{op=\"x\",le=\"20\"} 1",
           "took_bucket{op=\"x\",le=\"5e+06\"} 1",
           "took_bucket{op=\"x\",le=\"+Inf\"} 3",
           "took_count{op=\"x\"} 3",
           "took_sum{op=\"x\"} 18000000015",
       }) {
    EXPECT_TRUE(lines.contains(expected)) << expected << "\n" << table.text();
  }
  EXPECT_EQ(lines.size(), Distribution::kBounds + 5);
}

TEST(SeriesTable, NamesOfOthersOnThePageAreConflicts) {
  SeriesTable table({.reserved = {"http_requests_total", "muster_"}});
  EXPECT_EQ(table.count("http.requests", {}, 1), Taken::Conflict);
  EXPECT_EQ(table.set("muster_x", {}, 1), Taken::Conflict);
  EXPECT_EQ(table.set("http.requests", {}, 1), Taken::Kept) << "another line";
}

}  // namespace
}  // namespace ingest
