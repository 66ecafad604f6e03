#include "ingest/rum.h"

#include <gtest/gtest.h>

#include "../metrics/promtool.h"

namespace ingest {
namespace {

TEST(Rum, VitalsAndOwnTimingsAreRead) {
  const auto post = parse_rum(
      R"({"page": "/a", "metrics": [{"name": "LCP", "value": 1834.2, "id": "v3-1"},
          {"name": "CLS", "value": 0},
          {"name": "cart/load", "kind": "api", "value": 612}]})");
  ASSERT_TRUE(post) << post.error().message;
  EXPECT_EQ(post->refused, 0u);
  ASSERT_EQ(post->values.size(), 3u);
  EXPECT_EQ(post->values[0].kind, RumKind::Vital);
  EXPECT_EQ(post->values[0].value, 1834.2);
  EXPECT_EQ(post->values[2].kind, RumKind::Api);
  EXPECT_EQ(post->values[2].name, "cart/load");
  EXPECT_EQ(parse_rum(R"([{"name": "INP", "value": 40}])")->values.size(), 1u);
}

TEST(Rum, WhatNoBrowserMeasuresIsRefusedAndTheRestKept) {
  for (const char* bad : {
           R"({"name": "LCP", "value": -1})",
           R"({"name": "LCP", "value": 600001})",
           R"({"name": "LCP", "value": "12"})",
           R"({"name": "LCP"})",
           R"({"name": "CLS", "value": 1001})",
           R"({"name": "XYZ", "value": 1})",
           R"({"name": "lcp", "value": 1})",
           R"({"name": "a b", "kind": "api", "value": 1})",
           R"({"name": "", "kind": "api", "value": 1})",
           R"({"name": "a", "kind": "vital", "value": 1})",
           R"({"name": "a", "kind": "other", "value": 1})",
           R"({"name": "a", "kind": 1, "value": 1})",
           R"({"name": "a", "kind": "api", "value": 600001})",
           R"([1])",
           R"(null)",
       }) {
    const auto post = parse_rum(std::string("[") + bad + R"(, {"name": "TTFB", "value": 80}])");
    ASSERT_TRUE(post) << bad;
    EXPECT_EQ(post->refused, 1u) << bad;
    EXPECT_EQ(post->values.size(), 1u) << bad;
  }
}

TEST(Rum, APostHasItsBoundsOfSizeCountAndForm) {
  EXPECT_EQ(parse_rum(std::string(kRumBytesMax + 1, ' ')).error().code,
            base::Code::ResourceExhausted);
  std::string list = "[";
  for (std::size_t number = 0; number <= kRumMetricsMax; ++number) list += "1,";
  list.back() = ']';
  EXPECT_EQ(parse_rum(list).error().code, base::Code::ResourceExhausted);
  for (const char* bad : {"", "x", "1", "{}", R"({"metrics": 1})", "[1", R"({"metrics": {}})"}) {
    EXPECT_FALSE(parse_rum(bad)) << bad;
  }
  EXPECT_FALSE(parse_rum(std::string(1000, '[') + std::string(1000, ']')));
}

RumPost post(const std::string& name, RumKind kind, std::initializer_list<double> values) {
  RumPost out;
  for (const double value : values) out.values.push_back({name, kind, value});
  return out;
}

TEST(RumTable, FiguresAreOfTheLastThousand) {
  RumTable table;
  for (int value = 1; value <= 1500; ++value)
    table.take(post("LCP", RumKind::Vital, {value * 1.0}));
  const auto figures = table.figures(RumKind::Vital, "LCP");
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->count, 1500u);
  EXPECT_EQ(figures->min, 501);
  EXPECT_EQ(figures->max, 1500);
  EXPECT_EQ(figures->mean, 1000.5);
  EXPECT_EQ(figures->p75, 1250);
  EXPECT_EQ(figures->p95, 1450);
  EXPECT_EQ(figures->p99, 1490);
  EXPECT_FALSE(table.figures(RumKind::Vital, "INP"));
}

TEST(RumTable, SlowIsBeyondTheThresholdOfItsKind) {
  struct Case {
    RumKind kind;
    const char* name;
    double fast, slow;
  };
  for (const Case& test : {Case{RumKind::Api, "a", 500, 501},
                           {RumKind::Render, "a", 16, 16.1},
                           {RumKind::Operation, "a", 1000, 1001},
                           {RumKind::PageLoad, "a", 3000, 3001},
                           {RumKind::Vital, "CLS", 0.25, 0.26},
                           {RumKind::Vital, "LCP", 4000, 4001},
                           {RumKind::Vital, "INP", 500, 501}}) {
    RumTable table;
    table.take(post(test.name, test.kind, {test.fast, test.slow}));
    EXPECT_EQ(table.figures(test.kind, test.name)->slow, 1u) << name(test.kind) << test.name;
  }
}

TEST(RumTable, SlowIsWhatItIsToldFromWhenItIsTold) {
  RumTable table;
  table.take(post("a", RumKind::Api, {400}));
  table.set({.api = 300, .render = 1, .operation = 2, .page_load = 3});
  EXPECT_EQ(table.figures(RumKind::Api, "a")->slow, 0u);
  table.take(post("a", RumKind::Api, {300, 400}));
  EXPECT_EQ(table.figures(RumKind::Api, "a")->slow, 1u);
  for (const RumKind kind : {RumKind::Render, RumKind::Operation, RumKind::PageLoad}) {
    const double limit = kind == RumKind::Render ? 1 : kind == RumKind::Operation ? 2 : 3;
    table.take(post("b", kind, {limit, limit + 0.1}));
    EXPECT_EQ(table.figures(kind, "b")->slow, 1u) << name(kind);
  }
}

TEST(RumTable, OwnNamesHaveABound) {
  RumTable table;
  for (int number = 0; number < 1000; ++number) {
    table.take(post("t" + std::to_string(number), RumKind::Api, {1}));
    table.take(post("t" + std::to_string(number), RumKind::Render, {1}));
  }
  EXPECT_LE(table.metrics().size(), kRumCustomMax + 2);
  EXPECT_EQ(table.figures(RumKind::Api, "other")->count, 1000 - kRumCustomMax / 2);
  table.take(post("LCP", RumKind::Vital, {1}));
  EXPECT_TRUE(table.figures(RumKind::Vital, "LCP")) << "vitals are not among them";
}

TEST(RumTable, ThePageIsPrometheusText) {
  RumTable table;
  EXPECT_EQ(table.text(), "");
  table.take(post("LCP", RumKind::Vital, {100, 5000}));
  const std::string page = table.text();
  for (const char* line : {
           "# TYPE rum_value gauge\n",
           "rum_value{kind=\"vital\",name=\"LCP\",stat=\"mean\"} 2550\n",
           "rum_value{kind=\"vital\",name=\"LCP\",stat=\"p99\"} 5000\n",
           "rum_values_total{kind=\"vital\",name=\"LCP\"} 2\n",
           "rum_slow_values_total{kind=\"vital\",name=\"LCP\"} 1\n",
       }) {
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  }
  EXPECT_EQ(metrics::complaint(page), "");
}

}  // namespace
}  // namespace ingest
